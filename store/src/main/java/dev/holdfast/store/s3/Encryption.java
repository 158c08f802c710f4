package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How the store encrypts what it holds. */
sealed interface Encryption {

  /** As the bucket is set up. */
  record BucketDefault() implements Encryption {}

  /**
   * With keys of the store.
   *
   * @param algorithm {@code AES256}, {@code aws:kms}, {@code aws:kms:dsse}
   */
  record Server(String algorithm, @Nullable String kmsKeyId) implements Encryption {}

  /**
   * SSE-C: with a key that goes along with every request.
   *
   * @param key base64 of 32 bytes
   */
  record Customer(String key, String keyMd5) implements Encryption {
    static final String ALGORITHM = "AES256";

    @Override
    public String toString() {
      return "Customer[key not shown]";
    }
  }

  static Encryption of(
      String where,
      @Nullable String algorithm,
      @Nullable String kmsKeyId,
      byte @Nullable [] customerKey) {
    if (customerKey != null && (kmsKeyId != null || algorithm != null)) {
      throw new Failure.Invalid(
          where + " has a customer key and also kmsKeyId or serverSideEncryption: only one can be");
    }
    if (customerKey != null) {
      if (customerKey.length != 32) {
        throw new Failure.Invalid(
            where + ": the customer key has " + customerKey.length + " bytes, not 32",
            "Make one with: head -c 32 /dev/urandom > FILE");
      }
      return new Customer(
          Base64.getEncoder().encodeToString(customerKey), Checksum.md5(customerKey, 32));
    }
    if (kmsKeyId != null && algorithm != null && !algorithm.startsWith("aws:kms")) {
      throw new Failure.Invalid(
          where + ": kmsKeyId goes with serverSideEncryption aws:kms, not " + algorithm);
    }
    if (kmsKeyId != null) {
      return new Server(algorithm == null ? "aws:kms" : algorithm, kmsKeyId);
    }
    return algorithm == null ? new BucketDefault() : new Server(algorithm, null);
  }
}
