package dev.holdfast.s3server;

import java.net.URI;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server in this process, on the loopback interface: checks signatures, knows conditional
 * writes, ranges, multipart. Buckets are folders of a directory, or live in memory.
 */
public final class S3Server implements AutoCloseable {

  /**
   * @param directory holds one folder per bucket; null keeps all in memory
   * @param port 0 for any free one
   * @param tls null for plain HTTP
   */
  public record Options(
      @Nullable Path directory, int port, String accessKey, String secretKey, @Nullable Tls tls) {

    /** In memory, on any free port. */
    public static final Options MEMORY = new Options(null, 0, "holdfast", "holdfast-secret", null);

    public Options at(Path directory) {
      return new Options(directory, port, accessKey, secretKey, tls);
    }

    public Options on(int port) {
      return new Options(directory, port, accessKey, secretKey, tls);
    }

    public Options with(Tls tls) {
      return new Options(directory, port, accessKey, secretKey, tls);
    }
  }

  /**
   * @param keyStore PKCS #12
   */
  public record Tls(Path keyStore, String password) {}

  private final Options options;
  private final BlobStore blobs;
  private final S3Proxy server;

  private S3Server(Options options, BlobStore blobs, S3Proxy server) {
    this.options = options;
    this.blobs = blobs;
    this.server = server;
  }

  /**
   * Listens when this returns.
   *
   * @throws IllegalStateException if it cannot, for example because the port is taken
   */
  public static S3Server start(Options options) {
    Properties properties = new Properties();
    Path directory = options.directory();
    if (directory != null) {
      properties.setProperty("jclouds.filesystem.basedir", directory.toAbsolutePath().toString());
    }
    BlobStore blobs = BlobStores.create(directory == null ? "transient" : "filesystem", properties);
    S3Proxy.Builder builder =
        S3Proxy.builder()
            .blobStore(blobs)
            .awsAuthentication(
                AuthenticationType.AWS_V2_OR_V4, options.accessKey(), options.secretKey())
            // A body signed as a whole is held in memory: the largest part that a client may send.
            .v4MaxNonChunkedRequestSize(128L << 20);
    Tls tls = options.tls();
    if (tls == null) {
      builder.endpoint(URI.create("http://127.0.0.1:" + options.port()));
    } else {
      builder.secureEndpoint(URI.create("https://127.0.0.1:" + options.port()));
      builder.keyStore(tls.keyStore().toAbsolutePath().toString(), tls.password());
    }
    S3Proxy server = builder.build();
    try {
      server.start();
    } catch (Exception e) {
      blobs.close();
      throw new IllegalStateException(
          "The S3 server cannot listen on port " + options.port() + ": " + e.getMessage(), e);
    }
    return new S3Server(options, blobs, server);
  }

  /** Makes a bucket, unless it is there. */
  public S3Server bucket(String name) {
    if (!blobs.containerExists(name)) {
      blobs.createContainer(name);
    }
    return this;
  }

  public int port() {
    return options.tls() == null ? server.getPort() : server.getSecurePort();
  }

  /** For example {@code http://127.0.0.1:39151}. */
  public URI endpoint() {
    return URI.create((options.tls() == null ? "http" : "https") + "://127.0.0.1:" + port());
  }

  public String accessKey() {
    return options.accessKey();
  }

  public String secretKey() {
    return options.secretKey();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("The S3 server did not stop: " + e.getMessage(), e);
    } finally {
      blobs.close();
    }
  }
}
