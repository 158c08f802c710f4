package dev.holdfast.cli.location;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.s3server.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command against a bucket of an S3 server that checks signatures. */
class BucketTest {

  @TempDir Path home;
  private Path buckets;
  private S3Server server;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    buckets = Files.createDirectory(home.resolve("buckets"));
    server = S3Server.start(S3Server.Options.MEMORY.at(buckets)).bucket("emf-backups");
    terminal = Terminal.in(home);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Terminal.Result done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code())
        .as("%s%n%s%s", String.join(" ", words), result.out(), result.err())
        .isZero();
    return result;
  }

  private void create(String bucket, String secretKey) throws IOException {
    Path credentials = home.resolve("minio-credentials");
    Files.writeString(
        credentials,
        "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
            .formatted(server.accessKey(), secretKey));
    done(
        "backup-location",
        "create",
        "minio",
        "--provider",
        "aws",
        "--bucket",
        bucket,
        "--prefix",
        "site-1",
        "--secret-file",
        credentials.toString(),
        "--backup-location-config",
        "region=minio,s3ForcePathStyle=true,s3Url=" + server.endpoint());
  }

  private String configuration() throws IOException {
    return Files.readString(home.resolve(".config/holdfast/config.yaml"));
  }

  private long objects() throws IOException {
    try (var files = Files.walk(buckets)) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  @Tag("EMF-5")
  @Tag("EMF-6")
  @Tag("EMF-8")
  @Tag("EMF-15")
  @Tag("EMF-16")
  @Tag("EMF-17")
  @Tag("EMF-19")
  void aBucketIsConfiguredAndValidated() throws IOException {
    create("emf-backups", server.secretKey());
    assertThat(done("backup-location", "check", "minio").out())
        .contains("✔ list: empty")
        .contains("✔ write")
        .contains("✔ read")
        .contains("✔ delete")
        .contains("✔ put-if-absent")
        .contains("✔ signed URL")
        .contains("✔ is usable: s3://emf-backups/site-1 at " + server.endpoint());
    assertThat(objects()).isZero();
    assertThat(done("backup-location", "get").out())
        .contains("emf-backups/site-1")
        .contains("Available");
    assertThat(configuration()).doesNotContain(server.secretKey());
  }

  @Test
  @Tag("EMF-8")
  void aMissingBucketFailsTheCheckAndIsNamed() throws IOException {
    create("nowhere", server.secretKey());
    Terminal.Result result = terminal.run("backup-location", "check", "minio");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.out())
        .contains("✗ list: ")
        .contains("nowhere")
        .contains("\n  → ")
        .contains("- write: not tried");
    assertThat(done("backup-location", "get").out()).contains("Unavailable");
  }

  @Test
  @Tag("EMF-8")
  @Tag("EMF-17")
  void aWrongKeyFailsTheCheckAndIsNotPrinted() throws IOException {
    create("emf-backups", "not-the-secret-key");
    Terminal.Result result = terminal.run("backup-location", "check", "minio");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.out())
        .contains("✗ list: ")
        .contains("aws_secret_access_key")
        .contains("✗ is not usable");
    String all = result.out() + result.err() + configuration();
    assertThat(all).doesNotContain("not-the-secret-key").doesNotContain(server.secretKey());
  }

  @Test
  @Tag("EMF-5")
  @Tag("EMF-11")
  void aNamespaceComesBackFromABucket() throws IOException {
    try (Shore shore = new Shore(home)) {
      create("emf-backups", server.secretKey());
      terminal.always("--kubeconfig", shore.kubeconfig().toString(), "--location", "minio");
      done("backup", "create", "shop", "-n", "shop");
      assertThat(buckets.resolve("emf-backups/site-1/backups/shop/velero-backup.json"))
          .isNotEmptyFile();
      assertThat(buckets.resolve("emf-backups/site-1/backups/shop/shop.tar.gz")).isNotEmptyFile();
      done("backup", "verify", "shop");

      shore.delete("namespaces/shop");
      done("restore", "create", "back", "--from-backup", "shop");
      assertThat(shore.has("configmaps/shop/web")).isTrue();
      assertThat(shore.has("secrets/shop/key")).isTrue();
      assertThat(shore.has("services/shop/web")).isTrue();
    }
  }
}
