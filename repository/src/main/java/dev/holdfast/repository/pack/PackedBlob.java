package dev.holdfast.repository.pack;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.crypto.MasterKey;

/**
 * Where a blob lies in its pack.
 *
 * @param offset bytes from the start of the pack
 * @param length bytes in the pack, envelope included
 * @param uncompressed bytes of the plaintext if it was compressed, else 0
 */
public record PackedBlob(BlobType type, Id id, int offset, int length, int uncompressed) {

  public boolean compressed() {
    return uncompressed != 0;
  }

  /** Bytes of the plaintext. */
  public int plainLength() {
    return compressed() ? uncompressed : length - MasterKey.OVERHEAD;
  }

  /** Bytes of this blob's entry in the pack's header. */
  public int headerEntry() {
    return compressed() ? PackHeader.COMPRESSED_ENTRY : PackHeader.PLAIN_ENTRY;
  }
}
