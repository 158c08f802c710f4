package dev.holdfast.repository;

import com.github.luben.zstd.ZstdException;
import dev.holdfast.model.Failure;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.Arrays;

/**
 * Opens, decompresses and checks blobs in buffers that each thread uses again and again: nothing is
 * allocated for a blob. Thread-safe.
 */
public final class PlainBlobs {

  /** zstd makes at most 128 KiB of four bytes: 2^15 times as much. */
  private static final int MAX_RATIO = 15;

  private final MasterKey key;
  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  PlainBlobs(MasterKey key) {
    this.key = key;
  }

  /**
   * A plaintext.
   *
   * @param bytes valid until the thread's next call; the first {@code length} count
   */
  public record Plain(byte[] bytes, int length) {

    /** An array of its own. */
    public byte[] copy() {
      return Arrays.copyOf(bytes, length);
    }
  }

  private static final class Scratch {
    byte[] stored = new byte[64 << 10];
    byte[] plain = new byte[64 << 10];
  }

  /**
   * The plaintext of a blob.
   *
   * @param sealed holds the sealed blob at {@code offset}
   * @param limit bytes of {@code sealed} that count
   * @throws Failure.Corrupt unless the plaintext hashes to the blob's id
   */
  public Plain open(PackedBlob blob, byte[] sealed, int offset, int limit, Id pack) {
    if (limit - offset < blob.length()) {
      throw new Failure.Corrupt(what(blob, pack) + " is truncated");
    }
    Scratch own = scratch.get();
    int length = blob.length() - MasterKey.OVERHEAD;
    own.stored = room(own.stored, length);
    if (!key.open(sealed, offset, blob.length(), own.stored)) {
      throw new Failure.Corrupt(
          what(blob, pack) + " is damaged: its authentication tag does not match");
    }
    Plain plain = new Plain(own.stored, length);
    if (blob.compressed()) {
      if (blob.uncompressed() > (long) length << MAX_RATIO) {
        throw new Failure.Corrupt(what(blob, pack) + " cannot expand to what the index says");
      }
      own.plain = room(own.plain, blob.uncompressed());
      plain = new Plain(own.plain, decompress(own, length, blob, pack));
    }
    if (!Id.hash(plain.bytes, 0, plain.length).equals(blob.id())) {
      throw new Failure.Corrupt(
          what(blob, pack) + " is damaged: its content does not match its id");
    }
    return plain;
  }

  private static int decompress(Scratch own, int length, PackedBlob blob, Id pack) {
    try {
      int size = ZstdContexts.decompress(own.plain, blob.uncompressed(), own.stored, length);
      if (size == blob.uncompressed()) {
        return size;
      }
    } catch (ZstdException e) {
      // Said below.
    }
    throw new Failure.Corrupt(what(blob, pack) + " cannot be decompressed");
  }

  /** Larger than needed now, so that a little more next time needs no new one. */
  private static byte[] room(byte[] buffer, int length) {
    return buffer.length >= length ? buffer : new byte[Math.max(length, length + (length >> 2))];
  }

  private static String what(PackedBlob blob, Id pack) {
    return "The " + blob.type().text() + " blob " + blob.id() + " in pack " + pack.shortText();
  }
}
