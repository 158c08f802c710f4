package dev.holdfast.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.s3server.Gate;
import dev.holdfast.s3server.Gate.Verdict;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every key that a BackupStorageLocation of Velero can have, as it goes over the wire. */
@Tag("EMF-5")
@Tag("EMF-6")
class S3LocationTest {

  private static final Timeouts SHORT =
      new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), 2);

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private S3Server server;
  private Gate gate;

  @BeforeEach
  void start() {
    server = S3Server.start(S3Server.Options.MEMORY).bucket("keys");
    gate = Gate.before(server).rule(_ -> Verdict.PASS);
  }

  @AfterEach
  void stop() {
    gate.close();
    server.close();
  }

  private S3Fixture fixture() {
    return S3Fixture.of(gate.endpoint(), "keys", server.accessKey(), server.secretKey());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Header lines, lower case, of the requests that begin so. */
  private List<String> sent(String request) {
    List<String> lines = new ArrayList<>();
    gate.heads().stream()
        .filter(head -> head.startsWith(request))
        .forEach(head -> lines.addAll(Arrays.asList(head.toLowerCase(Locale.ROOT).split("\r\n"))));
    return lines;
  }

  /** What comes back does not matter here: not every server knows every header. */
  private void put(S3Fixture fixture, String key, byte[] body) {
    try (S3Store store = fixture.open(SHORT)) {
      store.put(op, key, new ByteArrayInputStream(body), PutOptions.NONE);
    } catch (Failure e) {
      assertThat(e).isNotInstanceOf(Failure.Invalid.class);
    }
  }

  @Test
  void encryptionByTheStoreGoesWithEveryUpload() {
    byte[] large = new byte[9_000_000];
    S3Fixture kms =
        fixture().with("serverSideEncryption", "aws:kms").with("kmsKeyId", "alias/backups");
    put(kms, "small", bytes("x"));
    put(kms, "large", large);
    assertThat(sent("PUT /keys/small"))
        .contains(
            "x-amz-server-side-encryption: aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id: alias/backups");
    assertThat(sent("POST /keys/large?uploads"))
        .contains(
            "x-amz-server-side-encryption: aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id: alias/backups");
    put(fixture().with("kmsKeyId", "only-a-key"), "implied", bytes("x"));
    assertThat(sent("PUT /keys/implied")).contains("x-amz-server-side-encryption: aws:kms");
    put(fixture().with("serverSideEncryption", "AES256"), "aes", bytes("x"));
    assertThat(sent("PUT /keys/aes")).contains("x-amz-server-side-encryption: aes256");
  }

  @Test
  void aCustomerKeyGoesWithEveryRequestForAnObject() throws Exception {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 7);
    Path file = Files.write(folder.resolve("key"), key);
    String header =
        "x-amz-server-side-encryption-customer-key: "
            + Base64.getEncoder().encodeToString(key).toLowerCase(Locale.ROOT);
    S3Fixture customer = fixture().with("customerKeyEncryptionFile", file.toString());
    put(customer, "small", bytes("x"));
    put(customer, "large", new byte[9_000_000]);
    try (S3Store store = customer.open(SHORT)) {
      assertThatThrownBy(
              () -> {
                var _ = store.head(op, "small");
                store.get(op, "small").close();
                throw new Failure.Absent("both were answered");
              })
          .isInstanceOf(Failure.class);
      assertThatThrownBy(() -> store.signedGet(op, "small", Duration.ofMinutes(1)))
          .as("a URL cannot carry the key")
          .isInstanceOf(Failure.class);
    }
    assertThat(sent("PUT /keys/small")).contains(header);
    assertThat(sent("POST /keys/large?uploads")).contains(header);
    assertThat(sent("HEAD /keys/small")).contains(header);

    Credentials secrets =
        reference ->
            "sse".equals(reference.name()) && "customer".equals(reference.key())
                ? key
                : fixture().credentials().read(reference);
    put(
        fixture().with("customerKeyEncryptionSecret", "sse/customer").credentials(secrets),
        "of-a-secret",
        bytes("x"));
    assertThat(sent("PUT /keys/of-a-secret")).contains(header);
  }

  @ParameterizedTest
  @CsvSource({
    "CRC32, x-amz-checksum-crc32: jNwWgw==",
    "CRC32C, x-amz-checksum-crc32c:",
    "SHA1, x-amz-checksum-sha1:",
    "SHA256, x-amz-checksum-sha256:",
  })
  void theChosenChecksumAndNoTrailerIsSent(String algorithm, String header) {
    put(fixture().with("checksumAlgorithm", algorithm), "one", bytes("x"));
    assertThat(sent("PUT /keys/one"))
        .anyMatch(line -> line.startsWith(header.split(": ", 2)[0]))
        .noneMatch(line -> line.contains("trailer"))
        .noneMatch(line -> line.contains("streaming-"));
  }

  @Test
  void anEmptyChecksumAlgorithmSendsNoneAndNoneIsCrc32() {
    put(fixture().with("checksumAlgorithm", ""), "none", bytes("x"));
    assertThat(sent("PUT /keys/none"))
        .noneMatch(line -> line.contains("checksum"))
        .noneMatch(line -> line.contains("trailer"))
        .anyMatch(line -> line.startsWith("content-md5:"));
    put(fixture(), "default", bytes("x"));
    assertThat(sent("PUT /keys/default"))
        .contains("x-amz-checksum-crc32: jNwWgw==".toLowerCase(Locale.ROOT));
  }

  @Test
  void theProfileChoosesTheCredentials() throws Exception {
    String file =
        """
        [default]
        aws_access_key_id = %s
        aws_secret_access_key = wrong
        [backups]
        aws_access_key_id = %s
        aws_secret_access_key = %s
        """
            .formatted(server.accessKey(), server.accessKey(), server.secretKey());
    S3Fixture both = fixture().credentials(_ -> bytes(file));
    try (S3Store store = both.with("profile", "backups").open(SHORT)) {
      assertThat(store.list(op, "").objects()).isEmpty();
    }
    try (S3Store store = both.open(SHORT)) {
      assertThatThrownBy(() -> store.list(op, "")).isInstanceOf(Failure.Denied.class);
    }
    try (S3Store store = both.with("profile", "nobody").open(SHORT)) {
      assertThatThrownBy(() -> store.list(op, ""))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("nobody");
    }
  }

  @Test
  void theCredentialsFileCanBeNamedInTheConfig() throws Exception {
    Path file =
        Files.write(
            folder.resolve("cloud"), fixture().credentials().read(new Credential("x", null)));
    var location = fixture().with("credentialsFile", file.toString()).location();
    var spec = location.spec();
    var without =
        new dev.holdfast.model.velero.BackupStorageLocation(
            location.apiVersion(),
            location.kind(),
            location.metadata(),
            new dev.holdfast.model.velero.BackupStorageLocation.Spec(
                spec.provider(), spec.config(), null, spec.objectStorage(), null, null, null, null),
            null);
    try (S3Store store =
        new S3Store(
            without,
            reference -> {
              throw new Failure.Absent("nobody asks for " + reference);
            })) {
      assertThat(store.list(op, "").objects()).isEmpty();
    }
  }

  @Test
  void thePublicUrlIsForSignedUrlsOnly() {
    try (S3Store store = fixture().with("publicUrl", "https://s3.example.org:8443").open(SHORT)) {
      store.put(op, "k", bytes("x"), PutOptions.NONE);
      assertThat(store.signedGet(op, "k", Duration.ofMinutes(1)).toString())
          .startsWith("https://s3.example.org:8443/keys/k?");
      assertThat(store.signedPut(op, "k", Duration.ofMinutes(1)).toString())
          .startsWith("https://s3.example.org:8443/keys/k?");
    }
    assertThat(gate.requests()).contains("PUT /keys/k");
  }

  @Test
  void withoutARegionTheStoreIsAsked() {
    var _ =
        gate.rule(asked ->
            asked.contains("location")
                ? new Gate.Refuse(
                    400, "AuthorizationHeaderMalformed", "x-amz-bucket-region: eu-west-3")
                : Verdict.PASS);
    try (S3Store store = fixture().with("region", null).open(SHORT)) {
      assertThat(store.signedGet(op, "k", Duration.ofMinutes(1)).toString())
          .contains("%2Feu-west-3%2Fs3%2F");
    }
  }

  @Test
  void theBucketIsPartOfTheHostNameUnlessThePathIsForced() {
    try (S3Store store =
        fixture()
            .with("s3ForcePathStyle", "false")
            .with("publicUrl", "https://s3.example.org")
            .open(SHORT)) {
      assertThat(store.signedGet(op, "k", Duration.ofMinutes(1)).getHost())
          .isEqualTo("keys.s3.example.org");
    }
  }

  @Test
  void anAuthorityOfOnesOwnIsTrustedOnlyIfItIsGiven() throws Exception {
    Path keyStore = folder.resolve("tls.p12");
    run(
        "keytool",
        "-genkeypair",
        "-alias",
        "s3",
        "-keyalg",
        "EC",
        "-dname",
        "CN=127.0.0.1",
        "-ext",
        "SAN=ip:127.0.0.1",
        "-storetype",
        "PKCS12",
        "-storepass",
        "changeit",
        "-keystore",
        keyStore.toString());
    String pem =
        run(
            "keytool",
            "-exportcert",
            "-rfc",
            "-alias",
            "s3",
            "-storepass",
            "changeit",
            "-keystore",
            keyStore.toString());
    S3Server.Options tls = S3Server.Options.MEMORY.with(new S3Server.Tls(keyStore, "changeit"));
    try (S3Server secure = S3Server.start(tls).bucket("keys")) {
      S3Fixture plain = S3Fixture.of(secure, "keys");
      try (S3Store store = plain.open(SHORT)) {
        assertThatThrownBy(() -> store.list(op, ""))
            .isInstanceOf(Failure.Unreachable.class)
            .hasMessageContaining("not trusted")
            .extracting(e -> ((Failure) e).next())
            .asString()
            .contains("caCert");
      }
      String base64 = Base64.getEncoder().encodeToString(bytes(pem));
      Credentials secrets =
          reference ->
              "ca".equals(reference.name()) ? bytes(pem) : plain.credentials().read(reference);
      for (S3Fixture trusting :
          List.of(
              plain.with("caCert", pem),
              plain.storage(new ObjectStorage("keys", null, base64, null)),
              plain
                  .storage(new ObjectStorage("keys", null, null, new Credential("ca", "ca.crt")))
                  .credentials(secrets),
              plain.with("insecureSkipTLSVerify", "true"))) {
        try (S3Store store = trusting.open(SHORT)) {
          store.put(op, "k", bytes("x"), PutOptions.NONE);
          assertThat(store.get(op, "k")).hasBinaryContent(bytes("x"));
        }
      }
      try (S3Store store = plain.with("caCert", "bm8gY2VydGlmaWNhdGU=").open(SHORT)) {
        assertThatThrownBy(() -> store.list(op, ""))
            .isInstanceOf(Failure.Invalid.class)
            .hasMessageContaining("caCert");
      }
    }
  }

  private static String run(String program, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", program).toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reigon | eu | unknown config reigon",
        "signatureVersion | 1 | signatureVersion 1 is not supported",
        "s3ForcePathStyle | yes | true or false",
        "insecureSkipTLSVerify | maybe | true or false",
        "enableSharedConfig | 2 | true or false",
        "checksumAlgorithm | MD5 | checksumAlgorithm MD5",
        "s3Url | ftp://x | not the URL of a server",
        "publicUrl | s3.example.org | not the URL of a server",
        "customerKeyEncryptionSecret | short/key | not 32",
      })
  void whatMakesNoSenseIsRefusedByName(String key, String value, String said) {
    S3Fixture wrong = fixture().with(key, value);
    assertThatThrownBy(wrong::open)
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("offsite")
        .hasMessageContaining(said);
  }

  @Test
  void whatContradictsItselfIsRefused() throws Exception {
    Path key = Files.write(folder.resolve("key"), new byte[32]);
    S3Fixture customer = fixture().with("customerKeyEncryptionFile", key.toString());
    for (S3Fixture both :
        List.of(
            customer.with("kmsKeyId", "k"),
            customer.with("serverSideEncryption", "AES256"),
            customer.with("customerKeyEncryptionSecret", "s/k"),
            fixture().with("serverSideEncryption", "AES256").with("kmsKeyId", "k"),
            fixture().storage(new ObjectStorage("a/b", null, null, null)),
            fixture().storage(new ObjectStorage("", null, null, null)),
            fixture().storage(new ObjectStorage("keys", "../other", null, null)),
            fixture()
                .storage(new ObjectStorage("keys", null, "eA==", new Credential("ca", "crt"))))) {
      assertThatThrownBy(both::open).isInstanceOf(Failure.Invalid.class);
    }
    URI endpoint = gate.endpoint();
    assertThat(endpoint.getPort()).isPositive();
    try (S3Store store =
        fixture()
            .storage(
                new ObjectStorage(
                    "arn:aws:s3::123456789012:accesspoint/one.mrap", null, null, null))
            .open()) {
      assertThat(store.describe()).contains("arn:aws:s3");
    }
  }
}
