package dev.holdfast.cli.location;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocationCommandTest {

  @TempDir Path home;
  private Terminal terminal;

  @BeforeEach
  void open() {
    terminal = Terminal.in(home);
  }

  private Terminal.Result done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code()).as("%s%n%s", String.join(" ", words), result.err()).isZero();
    return result;
  }

  @Test
  @Tag("EBS-8")
  @Tag("EMF-15")
  @Tag("EMF-16")
  @Tag("EMF-19")
  @Tag("EMF-17")
  void anS3LocationIsKeptWithVelerosKeys() throws IOException {
    Path credentials = Files.writeString(home.resolve("minio-credentials"), "[default]\n");
    done(
        "backup-location",
        "create",
        "minio",
        "--provider",
        "aws",
        "--bucket",
        "emf-backups",
        "--prefix",
        "site-1",
        "--config",
        "region=minio,s3ForcePathStyle=true,s3Url=http://minio-service:9000",
        "--credential",
        credentials.toString(),
        "--default");
    assertThat(done("location", "get").out())
        .contains("NAME")
        .contains("minio")
        .contains("emf-backups/site-1")
        .contains("true");
    Path file = home.resolve(".config/holdfast/config.yaml");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file))
        .contains("kind: BackupStorageLocation")
        .contains("name: " + credentials)
        .contains("s3Url: http://minio-service:9000")
        .contains("s3ForcePathStyle: \"true\"");
  }

  @Test
  void theOnlyOrDefaultLocationIsUsedWhereNoneIsNamed() {
    Path one = home.resolve("one");
    done("location", "create", "one", "--path", one.toString());
    assertThat(terminal.run("backup", "get").err()).contains(one.toString());
    done("location", "create", "two", "--path", home.resolve("two").toString(), "--default");
    assertThat(terminal.run("backup", "get").err()).contains(home.resolve("two").toString());
    done("location", "set", "one", "--default");
    assertThat(terminal.run("backup", "get").err()).contains(one.toString());
    done("location", "delete", "one", "--yes");
    assertThat(done("location", "get", "-o", "name").out())
        .isEqualTo("backupstoragelocation.velero.io/two\n");
  }

  @Test
  @Tag("EBS-8")
  void aDocumentIsALocation() throws IOException {
    Path file =
        Files.writeString(
            home.resolve("location.yaml"),
            """
            apiVersion: velero.io/v1
            kind: BackupStorageLocation
            metadata: {name: default, namespace: velero}
            spec:
              provider: holdfast.dev/directory
              config: {path: %s}
            """
                .formatted(home.resolve("there")));
    assertThat(terminal.run("backup", "get", "--location", file.toString()).err())
        .contains(home.resolve("there").toString());
    Files.writeString(file, "kind: ConfigMap\n");
    Terminal.Result other = terminal.run("backup", "get", "--location", file.toString());
    assertThat(other.code()).isEqualTo(ExitCode.USAGE);
    assertThat(other.err()).contains("BackupStorageLocation").contains(file.toString());
  }

  @Test
  void checkWritesReadsAndLeavesNothing() throws IOException {
    Path folder = home.resolve("backups");
    done("location", "create", "b", "--path", folder.toString());
    assertThat(done("location", "check", "b").out())
        .contains("✔ write: 100000 bytes")
        .contains("✔ read: whole, a range, its size, listed")
        .contains("✔ delete: gone")
        .contains("✔ put-if-absent: one of two writers wins")
        .contains("! signed URL: none")
        .contains("✔ is usable: " + folder);
    try (var files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void mistakesAreNamed() {
    assertThat(terminal.run("location", "create", "x").err()).contains("--provider is missing");
    assertThat(terminal.run("location", "create", "No_Good", "--path", "/b").code())
        .isEqualTo(ExitCode.USAGE);
    done("location", "create", "x", "--path", "/b");
    assertThat(terminal.run("location", "create", "x", "--path", "/b").err())
        .contains("already")
        .contains("backup-location set x");
    assertThat(terminal.run("location", "delete", "y", "--yes").code())
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(terminal.run("backup", "get", "--location", "nowhere").err())
        .contains("There is no location 'nowhere'")
        .contains("--location ./nowhere");
  }

  @Test
  void otherProvidersAreRefusedByName() {
    Terminal.Result result =
        terminal.run("location", "create", "g", "--provider", "gcp", "--bucket", "b");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("provider gcp").contains("Known are aws");
    assertThat(done("location", "get", "-o", "name").out()).isEmpty();
  }

  @Test
  void whatNoStoreCanBeOpenedWithIsNotKept() {
    assertThat(terminal.run("location", "create", "x", "--provider", "aws").err())
        .contains("names no bucket");
    String[] s3 = {"location", "create", "x", "--provider", "aws", "--bucket", "b"};
    Terminal.Result unknown = terminal.run(and(s3, "--config", "regoin=minio"));
    assertThat(unknown.code()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).contains("unknown config regoin").contains("region");
    Terminal.Result noFile = terminal.run(and(s3, "--secret-file", home + "/none"));
    assertThat(noFile.code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(noFile.err()).contains(home + "/none");
    assertThat(terminal.run(and(s3, "--access-mode", "WriteOnly")).err())
        .contains("ReadWrite or ReadOnly, not WriteOnly");
    assertThat(done("location", "get", "-o", "name").out()).isEmpty();

    done("location", "create", "x", "--path", "/b");
    assertThat(terminal.run("location", "set", "x", "--access-mode", "None").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(done("location", "get", "x", "-o", "yaml").out()).doesNotContain("accessMode");
    for (String verb : new String[] {"get", "set", "check"}) {
      assertThat(terminal.run("location", verb, "nowhere").code())
          .as(verb)
          .isEqualTo(ExitCode.NOT_FOUND);
    }
  }

  private static String[] and(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void velerosOwnDocumentIsTakenAndFlagsWin() throws IOException {
    Path file = home.resolve("location.yaml");
    Files.writeString(
        file,
        """
        apiVersion: velero.io/v1
        kind: BackupStorageLocation
        metadata: {name: offsite, namespace: velero}
        spec:
          provider: aws
          objectStorage: {bucket: emf-backups, prefix: old}
          config: {region: minio}
          backupSyncPeriod: 2m0s
        status: {phase: Available}
        """);
    done("location", "create", "-f", file.toString(), "--prefix", "new");
    assertThat(done("location", "get").out())
        .contains("offsite")
        .contains("emf-backups/new")
        .contains("Unknown");
    assertThat(done("location", "get", "offsite", "-o", "json").out())
        .contains("\"backupSyncPeriod\" : \"2m0s\"")
        .doesNotContain("Available");
  }

  @Test
  @Tag("EMF-8")
  void theLastCheckIsKeptUntilThePlaceChanges() throws IOException {
    Path folder = home.resolve("backups");
    done("location", "create", "b", "--path", folder.toString());
    assertThat(done("location", "get").out()).contains("Unknown");
    done("location", "check", "b");
    assertThat(done("location", "get").out()).contains("Available").doesNotContain("Unknown");
    done("location", "set", "b", "--default");
    assertThat(done("location", "get").out()).contains("Available");

    Path taken = Files.writeString(home.resolve("a-file"), "");
    done("location", "set", "b", "--path", taken.toString());
    assertThat(done("location", "get").out()).contains("Unknown");
    Terminal.Result failed = terminal.run("location", "check", "b");
    assertThat(failed.code()).isEqualTo(ExitCode.FAILED);
    assertThat(failed.out()).contains("✗ list").contains("is not usable: " + taken);
    assertThat(done("location", "get").out()).contains("Unavailable");
    assertThat(Files.readString(taken)).isEmpty();
  }

  @Test
  void aReadOnlyLocationIsOnlyRead() throws IOException {
    Path folder = Files.createDirectory(home.resolve("backups"));
    done("location", "create", "r", "--path", folder.toString(), "--access-mode", "ReadOnly");
    assertThat(done("location", "check", "r").out())
        .contains("✔ list: empty")
        .contains("- write: not tried, since the location is read-only");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatElseIsInTheConfigurationStays() throws IOException {
    Path file = home.resolve("config.yaml");
    Files.writeString(file, "# mine\nother: [1, 2]\n");
    done("location", "create", "x", "--path", "/b", "--config-file", file.toString());
    assertThat(Files.readString(file)).contains("other:");
    Files.writeString(file, Files.readString(file).replace("spec:", "added: by somebody\n  spec:"));
    done("location", "create", "y", "--path", "/c", "--config-file", file.toString());
    done("location", "set", "x", "--default", "--config-file", file.toString());
    assertThat(Files.readString(file)).contains("added: by somebody");
    Files.writeString(file, "locations: {x: 1}\n");
    assertThat(terminal.run("location", "get", "--config-file", file.toString()).err())
        .contains("locations is not a list");
    Files.writeString(file, "locations: [\n");
    Terminal.Result broken = terminal.run("location", "get", "--config-file", file.toString());
    assertThat(broken.code()).isEqualTo(ExitCode.USAGE);
    assertThat(broken.err()).contains(file.toString()).contains("not valid YAML");
  }
}
