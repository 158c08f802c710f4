package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;

/** URLs by which somebody without credentials reads or writes one object for a while. */
final class SignedUrls {

  private final S3Config config;
  private final S3Connection connection;
  private final S3Failures failures;

  SignedUrls(S3Config config, S3Connection connection, S3Failures failures) {
    this.config = config;
    this.connection = connection;
    this.failures = failures;
  }

  URI get(String key, Duration valid) {
    refuseCustomerKey();
    return failures.telling(
        "Signing a URL for " + key,
        () -> {
          var request =
              connection
                  .presigner()
                  .presignGetObject(p ->
                      p.signatureDuration(valid)
                          .getObjectRequest(
                              g -> g.bucket(config.bucket()).key(config.prefix() + key)));
          return uri(request.url());
        });
  }

  URI put(String key, Duration valid) {
    refuseCustomerKey();
    return failures.telling(
        "Signing a URL for " + key,
        () -> {
          var request =
              connection
                  .presigner()
                  .presignPutObject(p ->
                      p.signatureDuration(valid)
                          .putObjectRequest(
                              g -> g.bucket(config.bucket()).key(config.prefix() + key)));
          return uri(request.url());
        });
  }

  private static URI uri(java.net.URL url) {
    try {
      return url.toURI();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("The SDK made a URL that is none", e);
    }
  }

  private void refuseCustomerKey() {
    if (config.encryption() instanceof Encryption.Customer) {
      throw new Failure.Unsupported(
          "A signed URL of " + config.describe() + " would be useless without its customer key",
          "Use serverSideEncryption instead of a customer key");
    }
  }
}
