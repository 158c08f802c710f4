package dev.holdfast.repository.pack;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.crypto.MasterKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pack in memory: blobs are sealed straight into its buffer. One thread at a time. The buffer is
 * used again after {@link #reset()}.
 */
public final class PackBuilder {

  /** Packs of a small backup stay small. */
  private static final int START = 1 << 20;

  /** Beyond this a pack will be whole: grown little by little, it would be in memory twice. */
  private static final int SMALL = 4 * START;

  private final MasterKey key;
  private final List<PackedBlob> blobs = new ArrayList<>();
  private final int expected;
  private byte[] buffer;
  private int size;
  private int header;

  /**
   * @param expected bytes that a full pack has; the buffer grows up to it, and beyond if it must
   */
  public PackBuilder(MasterKey key, int expected) {
    this.key = key;
    this.expected = expected;
    this.buffer = new byte[Math.min(expected, START)];
  }

  /** Bytes of the pack if it were finished now. */
  public int size() {
    return size + header + MasterKey.OVERHEAD + PackHeader.LENGTH_FIELD;
  }

  public boolean isEmpty() {
    return blobs.isEmpty();
  }

  /** Whether the pack has at most so many bytes with a sealed blob of this length, or only that. */
  public boolean fits(int sealed, int most) {
    return blobs.isEmpty() || size() + (long) sealed + PackHeader.COMPRESSED_ENTRY <= most;
  }

  /**
   * Seals a blob into the pack.
   *
   * @param stored what is stored: the plaintext or its compressed form
   * @param uncompressed bytes of the plaintext if {@code stored} is compressed, else 0
   */
  public PackedBlob add(
      BlobType type, Id id, byte[] stored, int offset, int length, int uncompressed) {
    int sealed = Math.addExact(length, MasterKey.OVERHEAD);
    reserve(sealed);
    key.seal(stored, offset, length, buffer, size);
    return added(new PackedBlob(type, id, size, sealed, uncompressed));
  }

  /**
   * Takes over a blob that is sealed already: a repack within one repository need not decrypt it.
   */
  public PackedBlob addSealed(PackedBlob blob, byte[] sealed, int offset) {
    reserve(blob.length());
    System.arraycopy(sealed, offset, buffer, size, blob.length());
    return added(new PackedBlob(blob.type(), blob.id(), size, blob.length(), blob.uncompressed()));
  }

  private PackedBlob added(PackedBlob blob) {
    blobs.add(blob);
    size += blob.length();
    header += blob.headerEntry();
    return blob;
  }

  private void reserve(int more) {
    long needed = (long) size + more;
    if (needed > buffer.length) {
      long grown = Math.max(needed, Math.min(needed <= SMALL ? SMALL : expected, expected));
      buffer = Arrays.copyOf(buffer, Math.toIntExact(grown));
    }
  }

  /** A finished pack; its bytes are valid until the builder is reset. */
  public record Pack(Id id, byte[] bytes, int length, List<PackedBlob> blobs) {}

  /** Writes header and length, and hashes the whole. */
  public Pack finish() {
    byte[] plain = PackHeader.write(blobs);
    int sealed = plain.length + MasterKey.OVERHEAD;
    reserve(sealed + PackHeader.LENGTH_FIELD);
    key.seal(plain, 0, plain.length, buffer, size);
    int end = size + sealed;
    ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN).putInt(end, sealed);
    end += PackHeader.LENGTH_FIELD;
    return new Pack(Id.hash(buffer, 0, end), buffer, end, List.copyOf(blobs));
  }

  /** Empty again. */
  public void reset() {
    blobs.clear();
    size = 0;
    header = 0;
  }
}
