package dev.holdfast.cli.location;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.s3server.Gate;
import dev.holdfast.s3server.Gate.Verdict;
import dev.holdfast.s3server.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Backups into and restores from stores that are wrong, closed, full or dying. */
@Tag("EMF-11")
class BadStoreTest {

  @TempDir static Path home;
  private static Shore shore;
  private static S3Server server;
  private static Gate gate;
  private static Terminal terminal;

  @BeforeAll
  static void start() throws IOException {
    shore = new Shore(home);
    server = S3Server.start(S3Server.Options.MEMORY).bucket("shop-backups");
    gate = Gate.before(server);
    terminal = Terminal.in(home).always("--kubeconfig", shore.kubeconfig().toString());
    location("store", "shop-backups", server.secretKey());
    location("nowhere", "no-such-bucket", server.secretKey());
    location("wrong-key", "shop-backups", "a-guessed-secret");
    assertThat(backup("good", "store").code()).isZero();
  }

  @AfterAll
  static void stop() {
    gate.close();
    server.close();
    shore.close();
  }

  @BeforeEach
  void letEverythingThrough() {
    var _ = gate.rule(_ -> Verdict.PASS);
  }

  private static void location(String name, String bucket, String secretKey) throws IOException {
    Path credentials = home.resolve(name + "-credentials");
    Files.writeString(
        credentials,
        "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
            .formatted(server.accessKey(), secretKey));
    Terminal.Result made =
        Terminal.in(home)
            .run(
                "backup-location",
                "create",
                name,
                "--provider=aws",
                "--bucket=" + bucket,
                "--secret-file=" + credentials,
                "--config=region=us-east-1,s3ForcePathStyle=true,s3Url=" + gate.endpoint());
    assertThat(made.code()).as(made.err()).isZero();
  }

  private static Terminal.Result backup(String name, String location) {
    return terminal.run("backup", "create", name, "-n", "shop", "--location", location);
  }

  private static void refused(Terminal.Result result, int code, String... said) {
    assertThat(result.code()).as(result.err()).isEqualTo(code);
    assertThat(result.err())
        .contains("Error: ")
        .contains("\n  → ")
        .contains(said)
        .doesNotContain("\tat ")
        .doesNotContain("a-guessed-secret")
        .doesNotContain(server.secretKey());
  }

  private static String backups() {
    return terminal.run("backup", "get", "-o", "name", "--location", "store").out();
  }

  @Test
  void aMissingBucketIsNamed() {
    refused(backup("x", "nowhere"), ExitCode.NOT_FOUND, "The bucket no-such-bucket at http://");
    refused(
        terminal.run("backup", "get", "--location", "nowhere"),
        ExitCode.NOT_FOUND,
        "no-such-bucket");
  }

  @Test
  void aWrongKeyIsNamedAndNotPrinted() {
    refused(backup("x", "wrong-key"), ExitCode.FAILED, "secret key does not fit the access key");
  }

  @Test
  void aWrongRegionIsNamedWithTheRightOne() {
    var _ =
        gate.rule(_ ->
            new Gate.Refuse(
                400, "AuthorizationHeaderMalformed", "x-amz-bucket-region: eu-central-1"));
    refused(backup("x", "store"), ExitCode.USAGE, "eu-central-1", "Set config.region");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "403 | AccessDenied | may read and write this bucket",
        "507 | XMinioStorageFull | the store is full",
      })
  void aStoreThatTakesNothingLeavesNothing(int status, String code, String said) {
    var _ =
        gate.rule(asked -> asked.startsWith("PUT") ? Verdict.error(status, code) : Verdict.PASS);
    refused(backup("refused", "store"), ExitCode.FAILED, said);
    letEverythingThrough();
    assertThat(backups()).isEqualTo("backup.velero.io/good\n");
  }

  @ParameterizedTest
  @CsvSource({"2", "4", "7"})
  void aStoreThatDiesMidwayLeavesNoBackupAndTheNextOneIsWhole(int survived) {
    AtomicInteger writes = new AtomicInteger();
    var _ =
        gate.rule(asked ->
            writes.get() >= survived
                    || asked.startsWith("PUT") && writes.incrementAndGet() >= survived
                ? Verdict.CUT
                : Verdict.PASS);
    refused(backup("dies-" + survived, "store"), ExitCode.FAILED, "connection failed");
    letEverythingThrough();
    assertThat(backups()).doesNotContain("dies-");
    String next = "after-" + survived;
    assertThat(backup(next, "store").code()).isZero();
    assertThat(terminal.run("backup", "verify", next, "--location", "store").code()).isZero();
    assertThat(terminal.run("backup", "delete", next, "--yes", "--location", "store").code())
        .isZero();
  }

  @Test
  @Tag("SF-15")
  void aRestoreFromAReadOnlyStoreKeepsItsRecordsElsewhere() {
    var _ =
        gate.rule(asked ->
            asked.startsWith("PUT") || asked.startsWith("POST") || asked.startsWith("DELETE")
                ? Verdict.error(403, "AccessDenied")
                : Verdict.PASS);
    shore.delete("configmaps/shop/web");
    String[] restore = {
      "restore", "create", "r1", "--from-backup", "good", "--location", "store", "--quiet"
    };
    refused(terminal.run(restore), ExitCode.FAILED, "--state");
    String state = home.resolve("state").toString();
    Terminal.Result done =
        terminal.run(
            "restore",
            "create",
            "r1",
            "--from-backup",
            "good",
            "--location",
            "store",
            "--state",
            state);
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(shore.has("configmaps/shop/web")).isTrue();
    assertThat(
            terminal
                .run("restore", "get", "-o", "name", "--location", "store", "--state", state)
                .out())
        .isEqualTo("restore.velero.io/r1\n");
  }

  @Test
  void aFullDiskAndAReadOnlyDiskAreSaidSo() throws Exception {
    Path disk = Files.createDirectory(home.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString()),
        "only root with the right to mount can test a full disk");
    try {
      Files.write(disk.resolve("filler"), new byte[40_000]);
      refused(backup("x", disk.toString()), ExitCode.FAILED, "No space left", disk.toString());
      assertThat(disk.resolve("backups/x/velero-backup.json")).doesNotExist();
      assertThat(run("mount", "-o", "remount,ro", disk.toString())).isTrue();
      refused(backup("x", disk.toString()), ExitCode.FAILED, "Read-only", disk.toString());
    } finally {
      run("umount", "-l", disk.toString());
    }
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
  }
}
