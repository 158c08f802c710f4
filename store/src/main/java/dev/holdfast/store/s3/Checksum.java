package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;

/**
 * The checksum that goes with each upload beside its MD5. It is sent as a plain header, which
 * stores that do not know it ignore, and never as the SDK's trailer, on which older ones choke.
 */
enum Checksum {
  NONE(null),
  CRC32(ChecksumAlgorithm.CRC32),
  CRC32C(ChecksumAlgorithm.CRC32_C),
  SHA1(ChecksumAlgorithm.SHA1),
  SHA256(ChecksumAlgorithm.SHA256);

  private final @Nullable ChecksumAlgorithm algorithm;

  Checksum(@Nullable ChecksumAlgorithm algorithm) {
    this.algorithm = algorithm;
  }

  @Nullable ChecksumAlgorithm algorithm() {
    return algorithm;
  }

  /**
   * @param name as in {@code checksumAlgorithm}; empty for none
   */
  static Checksum named(String name, String where) {
    return switch (name) {
      case "" -> NONE;
      case "CRC32" -> CRC32;
      case "CRC32C" -> CRC32C;
      case "SHA1" -> SHA1;
      case "SHA256" -> SHA256;
      default ->
          throw new Failure.Invalid(
              where + ": checksumAlgorithm " + name + " is not known",
              "Use CRC32, CRC32C, SHA1, SHA256, or \"\" for none");
    };
  }

  /** Base64, as the header wants it. */
  String of(byte[] bytes, int length) {
    return switch (this) {
      case NONE -> "";
      case CRC32 -> crc(new CRC32(), bytes, length);
      case CRC32C -> crc(new CRC32C(), bytes, length);
      case SHA1 -> digest("SHA-1", bytes, length);
      case SHA256 -> digest("SHA-256", bytes, length);
    };
  }

  static String md5(byte[] bytes, int length) {
    return digest("MD5", bytes, length);
  }

  private static String crc(java.util.zip.Checksum crc, byte[] bytes, int length) {
    crc.update(bytes, 0, length);
    byte[] value = ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
    return Base64.getEncoder().encodeToString(value);
  }

  private static String digest(String algorithm, byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(bytes, 0, length);
      return Base64.getEncoder().encodeToString(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("This Java has no " + algorithm, e);
    }
  }
}
