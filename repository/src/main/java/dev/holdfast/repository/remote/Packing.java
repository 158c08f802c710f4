package dev.holdfast.repository.remote;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.model.Failure;
import java.nio.ByteBuffer;

/** Texts on the stream: their length, then zstd. */
final class Packing {

  private static final int LARGEST = 256 << 20;

  private Packing() {}

  static byte[] pack(byte[] plain) {
    byte[] packed = Zstd.compress(plain, 1);
    return ByteBuffer.allocate(4 + packed.length).putInt(plain.length).put(packed).array();
  }

  static byte[] open(byte[] packed) {
    if (packed.length < 4) {
      throw new Failure.Corrupt("A text of the other end is cut off");
    }
    return decompress(packed, 4, packed.length - 4, ByteBuffer.wrap(packed).getInt());
  }

  /**
   * @throws Failure.Corrupt unless it has exactly this length
   */
  static byte[] decompress(byte[] packed, int offset, int length, int plain) {
    if (plain < 0 || plain > LARGEST) {
      throw new Failure.Corrupt("The other end announces " + plain + " bytes at once");
    }
    byte[] target = new byte[plain];
    try {
      long size = Zstd.decompressByteArray(target, 0, plain, packed, offset, length);
      if (size == plain) {
        return target;
      }
    } catch (ZstdException e) {
      // said below
    }
    throw new Failure.Corrupt("What the other end sent cannot be decompressed");
  }
}
