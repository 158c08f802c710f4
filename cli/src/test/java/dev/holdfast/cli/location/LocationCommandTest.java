package dev.holdfast.cli.location;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void anS3LocationIsKeptWithVelerosKeys() throws IOException {
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
        "./minio-credentials",
        "--default");
    assertThat(done("location", "get").out())
        .contains("NAME")
        .contains("minio")
        .contains("emf-backups/site-1")
        .contains("true");
    assertThat(Files.readString(home.resolve(".config/holdfast/config.yaml")))
        .contains("kind: BackupStorageLocation")
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
  void checkWritesReadsAndLeavesNothing() throws IOException {
    Path folder = home.resolve("backups");
    done("location", "create", "b", "--path", folder.toString());
    assertThat(done("location", "check", "b").out())
        .contains("✔ writes, reads and deletes")
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
    done("location", "create", "g", "--provider", "gcp", "--bucket", "b");
    Terminal.Result result = terminal.run("backup", "get", "--location", "g");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("gcp");
  }

  @Test
  void whatElseIsInTheConfigurationStays() throws IOException {
    Path file = home.resolve("config.yaml");
    Files.writeString(file, "# mine\nother: [1, 2]\n");
    done("location", "create", "x", "--path", "/b", "--config-file", file.toString());
    assertThat(Files.readString(file)).contains("other:");
    Files.writeString(file, "locations: [\n");
    Terminal.Result broken = terminal.run("location", "get", "--config-file", file.toString());
    assertThat(broken.code()).isEqualTo(ExitCode.USAGE);
    assertThat(broken.err()).contains(file.toString()).contains("not valid YAML");
  }
}
