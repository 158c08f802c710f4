package dev.holdfast.repository;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import dev.holdfast.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * How index, snapshot and lock files look before they are sealed: in format 2 an encoding byte and
 * a zstd frame, or JSON as it is; in format 1 always JSON.
 */
final class Unpacked {

  private static final int ZSTD = 2;
  private static final int LEVEL = 3;

  /** The most that one file may expand to; restic keeps index files below 8 MiB. */
  private static final int MAX = 512 << 20;

  private Unpacked() {}

  static byte[] encode(byte[] json, int version) {
    if (version == 1) {
      return json;
    }
    byte[] compressed = Zstd.compress(json, LEVEL);
    byte[] encoded = new byte[compressed.length + 1];
    encoded[0] = ZSTD;
    System.arraycopy(compressed, 0, encoded, 1, compressed.length);
    return encoded;
  }

  static byte[] decode(byte[] encoded, String what) {
    if (encoded.length > 0 && (encoded[0] == '{' || encoded[0] == '[')) {
      return encoded;
    }
    if (encoded.length == 0 || encoded[0] != ZSTD) {
      throw new Failure.Corrupt(what + " has an unknown encoding");
    }
    var body = new ByteArrayInputStream(encoded, 1, encoded.length - 1);
    try (ZstdInputStream zstd = new ZstdInputStream(body)) {
      byte[] plain = zstd.readNBytes(MAX + 1);
      if (plain.length > MAX) {
        throw new Failure.Corrupt(what + " expands to more than " + MAX + " bytes");
      }
      return plain;
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " cannot be decompressed", null, e);
    }
  }
}
