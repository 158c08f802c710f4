package dev.holdfast.repository.pack;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.crypto.MasterKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The end of a pack: {@code EncryptedHeader || length of EncryptedHeader (uint32, little-endian)},
 * one entry a blob in the order of the pack (restic design, "Pack Format").
 */
public final class PackHeader {

  static final int PLAIN_ENTRY = 1 + 4 + Id.SIZE;
  static final int COMPRESSED_ENTRY = PLAIN_ENTRY + 4;

  /** Bytes of the length field. */
  public static final int LENGTH_FIELD = 4;

  private static final int MAX_HEADER = 16 << 20;
  private static final int COMPRESSED = 2;

  private PackHeader() {}

  /** Bytes of a pack with these blobs: check and prune compute the same from the index. */
  public static long packSize(List<PackedBlob> blobs) {
    long size = MasterKey.OVERHEAD + LENGTH_FIELD;
    for (PackedBlob blob : blobs) {
      size += blob.length() + blob.headerEntry();
    }
    return size;
  }

  /** The plaintext of the header. */
  static byte[] write(List<PackedBlob> blobs) {
    int size = blobs.stream().mapToInt(PackedBlob::headerEntry).sum();
    ByteBuffer header = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    byte[] id = new byte[Id.SIZE];
    for (PackedBlob blob : blobs) {
      int kind = blob.type().ordinal() + (blob.compressed() ? COMPRESSED : 0);
      header.put((byte) kind).putInt(blob.length());
      if (blob.compressed()) {
        header.putInt(blob.uncompressed());
      }
      blob.id().write(id, 0);
      header.put(id);
    }
    return header.array();
  }

  /**
   * The length of the encrypted header, read from the last four bytes of the pack.
   *
   * @throws Failure.Corrupt if no header of that length fits
   */
  public static int encryptedLength(byte[] tail, long packSize, String pack) {
    int at = tail.length - LENGTH_FIELD;
    if (at < 0) {
      throw new Failure.Corrupt(pack + " is too short");
    }
    int length = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    if (length < MasterKey.OVERHEAD + PLAIN_ENTRY
        || length > MAX_HEADER
        || length + (long) LENGTH_FIELD > packSize) {
      throw new Failure.Corrupt(pack + " has a header of an impossible length: " + length);
    }
    return length;
  }

  /**
   * Reads the plaintext of a header.
   *
   * @throws Failure.Corrupt if it is malformed
   */
  public static List<PackedBlob> read(byte[] plain, String pack) {
    ByteBuffer header = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
    List<PackedBlob> blobs = new ArrayList<>();
    long offset = 0;
    while (header.hasRemaining()) {
      int kind = header.get();
      boolean compressed = kind >= COMPRESSED;
      if (kind < 0 || kind > 3 || header.remaining() < (compressed ? 8 : 4) + Id.SIZE) {
        throw new Failure.Corrupt("The header of " + pack + " is malformed");
      }
      int length = header.getInt();
      int uncompressed = compressed ? header.getInt() : 0;
      if (length < MasterKey.OVERHEAD || uncompressed < 0 || offset + length > Integer.MAX_VALUE) {
        throw new Failure.Corrupt("The header of " + pack + " names an impossible length");
      }
      Id id = Id.of(plain, header.position());
      header.position(header.position() + Id.SIZE);
      BlobType type = BlobType.values()[kind & 1];
      blobs.add(new PackedBlob(type, id, (int) offset, length, uncompressed));
      offset += length;
    }
    return blobs;
  }
}
