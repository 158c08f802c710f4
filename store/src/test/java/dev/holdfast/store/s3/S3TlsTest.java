package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.ObjectStoreContract;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same promises over TLS with a certificate authority of one's own. */
@Tag("EMF-5")
class S3TlsTest extends ObjectStoreContract {

  private static final AtomicInteger BUCKETS = new AtomicInteger();
  @TempDir private static Path folder;
  private static S3Server server;
  private static String pem;

  private String bucket = "";

  @BeforeAll
  static void start() throws Exception {
    Path keys = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "s3",
                "-keyalg",
                "EC",
                "-validity",
                "2",
                "-dname",
                "CN=holdfast test",
                "-ext",
                "san=ip:127.0.0.1",
                "-ext",
                "bc=ca:true",
                "-storetype",
                "PKCS12",
                "-storepass",
                "password",
                "-keystore",
                keys.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, "password".toCharArray());
    }
    pem =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(store.getCertificate("s3").getEncoded())
            + "\n-----END CERTIFICATE-----\n";
    server = S3Server.start(S3Server.Options.MEMORY.with(new S3Server.Tls(keys, "password")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected ObjectStore emptyStore() {
    bucket = "bucket-" + BUCKETS.incrementAndGet();
    server.bucket(bucket);
    return trusting(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  private S3Store trusting(String caCert) {
    return S3Fixture.of(server, bucket)
        .storage(new ObjectStorage(bucket, null, caCert, null))
        .open();
  }

  @Override
  protected HttpClient http() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("keys.p12"))) {
      trusted.load(in, "password".toCharArray());
    }
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("s3", trusted.getCertificate("s3"));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(certificates);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }

  @Test
  void doesNotTrustAnUnknownAuthority() {
    try (S3Store store =
        S3Fixture.of(server, bucket)
            .open(new Timeouts(Timeouts.DEFAULT.connect(), Timeouts.DEFAULT.idle(), 1))) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("not trusted")
          .extracting(e -> ((Failure) e).next())
          .asString()
          .contains("caCert");
    }
  }

  @Test
  void trustsWhatCaCertRefNames() {
    S3Fixture fixture = S3Fixture.of(server, bucket);
    ObjectStorage storage =
        new ObjectStorage(bucket, null, null, new Credential("ca-secret", "ca.crt"));
    try (S3Store store =
        fixture
            .storage(storage)
            .credentials(reference ->
                "ca-secret".equals(reference.name())
                    ? pem.getBytes(StandardCharsets.US_ASCII)
                    : fixture.credentials().read(reference))
            .open()) {
      assertThat(store.list(op, "").objects()).isEmpty();
    }
  }

  @Test
  void skipsTheCheckWhenAskedTo() {
    try (S3Store store =
        S3Fixture.of(server, bucket).with("insecureSkipTLSVerify", "true").open()) {
      assertThat(store.list(op, "").objects()).isEmpty();
    }
  }

  @Test
  void saysThatTheCertificateIsNone() {
    try (S3Store store = trusting("-----BEGIN CERTIFICATE-----\nrubbish\n")) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("caCert");
    }
  }
}
