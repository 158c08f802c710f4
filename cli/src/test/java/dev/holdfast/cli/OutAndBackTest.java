package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every verb of backup and restore, against a sandbox and a directory. */
class OutAndBackTest {

  @TempDir Path folder;
  private Shore shore;
  private Terminal terminal;

  @BeforeEach
  void start() {
    shore = new Shore(folder);
    terminal =
        Terminal.in(folder)
            .always(
                "--kubeconfig", shore.kubeconfig().toString(),
                "--location", folder.resolve("backups").toString());
  }

  @AfterEach
  void stop() {
    shore.close();
  }

  private Terminal.Result done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code()).as("%s%n%s", String.join(" ", words), result.err()).isZero();
    return result;
  }

  @Test
  @Tag("EMF-9")
  @Tag("EMF-20")
  @Tag("EMF-21")
  @Tag("EMF-22")
  @Tag("EMF-26")
  @Tag("SF-2")
  void aDeletedNamespaceComesBack() {
    assertThat(done("backup", "create", "shop", "-n", "shop").out())
        .startsWith("Backup shop Completed: ");
    shore.delete("namespaces/shop");
    assertThat(done("restore", "create", "back", "--from-backup", "shop").out())
        .startsWith("Restore back Completed: ");
    assertThat(shore.has("configmaps/shop/web")).isTrue();
    assertThat(shore.has("secrets/shop/key")).isTrue();
    assertThat(shore.has("services/shop/web")).isTrue();
  }

  @Test
  @Tag("EBS-12")
  void aSingleItemComesBackAlone() {
    done("backup", "create", "shop", "-n", "shop");
    shore.delete("configmaps/shop/web");
    shore.delete("configmaps/shop/prices");
    done("restore", "create", "--from-backup", "shop", "--item", "configmaps/shop/web");
    assertThat(shore.has("configmaps/shop/web")).isTrue();
    assertThat(shore.has("configmaps/shop/prices")).isFalse();
  }

  @Test
  void aPlanSaysWhatWouldBeDoneAndDoesNothing() throws IOException {
    done("backup", "create", "shop", "-n", "shop");
    assertThat(done("restore", "plan", "--from-backup", "shop", "--exit-code").out())
        .contains("identical");
    shore.delete("configmaps/shop/web");
    Terminal.Result plan = terminal.run("restore", "plan", "--from-backup", "shop", "--exit-code");
    assertThat(plan.code()).isEqualTo(ExitCode.DIFFERS);
    assertThat(plan.out()).contains("create    configmaps/shop/web").contains("Plan: 1 create");
    assertThat(shore.has("configmaps/shop/web")).isFalse();
    JsonNode json =
        Json.MAPPER.readTree(done("restore", "plan", "--from-backup", "shop", "-o", "json").out());
    assertThat(json.path("counts").path("create").asInt()).isEqualTo(1);
    assertThat(done("restore", "create", "--from-backup", "shop", "--dry-run").out())
        .contains("Plan: 1 create");
  }

  @Test
  void backupsAreListedInEveryForm() throws IOException {
    assertThat(terminal.run("backup", "get").code()).isEqualTo(ExitCode.NOT_FOUND);
    done("backup", "create", "one", "-n", "shop", "--labels", "team=a");
    done("backup", "create", "two", "-n", "shop");
    assertThat(done("backup", "get").out().lines())
        .hasSize(3)
        .first()
        .asString()
        .matches("NAME +STATUS +ERRORS +WARNINGS +CREATED +EXPIRES +STORAGE LOCATION +SELECTOR");
    assertThat(done("get", "backups", "-o", "name").out())
        .isEqualTo("backup.velero.io/one\nbackup.velero.io/two\n");
    assertThat(done("backup", "get", "-l", "team=a", "-o", "name").out())
        .isEqualTo("backup.velero.io/one\n");
    JsonNode list = Json.MAPPER.readTree(done("backup", "get", "-o", "json").out());
    assertThat(list.path("kind").asText()).isEqualTo("BackupList");
    assertThat(list.path("items")).hasSize(2);
    JsonNode one = new YAMLMapper().readTree(done("backup", "get", "one", "-o", "yaml").out());
    assertThat(one.path("kind").asText()).isEqualTo("Backup");
    assertThat(one.path("metadata").path("labels").path("team").asText()).isEqualTo("a");
  }

  @Test
  void aBackupIsDescribedLoggedAndVerified() {
    done("backup", "create", "shop", "-n", "shop");
    assertThat(done("backup", "describe", "shop", "--details").out())
        .contains("Phase:  Completed")
        .contains("Included:  shop")
        .contains("v1/ConfigMap:\n")
        .contains("- shop/web");
    assertThat(done("backup", "logs", "shop").out()).contains("level=info");
    assertThat(done("backup", "verify", "shop").out()).contains("Backup shop is sound");
    assertThat(done("backup", "verify", "shop", "--show").out()).contains("sha256sum");
  }

  @Test
  void anArchiveIsDownloadedOnce() {
    done("backup", "create", "shop", "-n", "shop");
    Path file = folder.resolve("shop.tar.gz");
    done("backup", "download", "shop", "-o", file.toString());
    assertThat(file).isNotEmptyFile();
    Terminal.Result again = terminal.run("backup", "download", "shop", "-o", file.toString());
    assertThat(again.code()).isEqualTo(ExitCode.FAILED);
    assertThat(again.err()).contains("exists already").contains("--force");
    done("backup", "download", "shop", "-o", file.toString(), "--force");
  }

  @Test
  void diffTellsWhatChangedWithoutSecrets() {
    done("backup", "create", "shop", "-n", "shop");
    assertThat(done("backup", "diff", "shop").out()).isEmpty();
    shore.delete("configmaps/shop/prices");
    shore.delete("secrets/shop/key");
    shore.create(
        "secrets", "shop", "{\"metadata\":{\"name\":\"key\"},\"data\":{\"token\":\"bmV3\"}}");
    shore.configMap("more", "x");
    Terminal.Result diff = terminal.run("backup", "diff", "shop");
    assertThat(diff.code()).isEqualTo(ExitCode.DIFFERS);
    assertThat(diff.out())
        .contains("removed  configmaps/shop/prices")
        .contains("added    configmaps/shop/more")
        .contains("changed  secrets/shop/key")
        .doesNotContain("aHVzaC1odXNo")
        .doesNotContain("bmV3");
  }

  @Test
  @Tag("SF-1")
  void backupsAreDeletedAndPrunedOnlyWithConsent() {
    for (String name : new String[] {"a", "b", "c"}) {
      done("backup", "create", name, "-n", "shop");
    }
    Terminal.Result refused = terminal.run("backup", "delete", "a");
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err()).contains("--yes");
    done("backup", "delete", "a", "--yes");
    assertThat(done("backup", "prune", "--keep-last", "1", "--dry-run").out()).contains("delete");
    assertThat(done("backup", "get", "-o", "name").out().lines()).hasSize(2);
    done("backup", "prune", "--keep-last", "1", "--confirm");
    assertThat(done("backup", "get", "-o", "name").out().lines()).hasSize(1);
  }

  @Test
  void whoIsAskedMaySayNo() {
    done("backup", "create", "a", "-n", "shop");
    Terminal asked =
        Terminal.in(folder)
            .interactive(80, "n\n")
            .always("--location", folder.resolve("backups").toString());
    Terminal.Result result = asked.run("backup", "delete", "a");
    assertThat(result.err()).contains("Delete backup a from").contains("Nothing was done");
    assertThat(done("backup", "get", "-o", "name").out()).isEqualTo("backup.velero.io/a\n");
  }

  @Test
  void documentsAreTakenAsTheyAreAndFlagsWin() throws IOException {
    Path file = folder.resolve("backup.yaml");
    Files.writeString(
        file,
        """
        apiVersion: velero.io/v1
        kind: Backup
        metadata:
          name: from-file
          namespace: velero
          labels: {team: a}
        spec:
          includedNamespaces: [shop]
          excludedResources: [secrets]
          ttl: 24h0m0s
        """);
    done("backup", "create", "-f", file.toString());
    done("backup", "create", "named", "-f", file.toString(), "--ttl", "48h");
    assertThat(done("backup", "describe", "from-file").out())
        .contains("team=a")
        .contains("TTL:  24h0m0s");
    assertThat(done("backup", "describe", "named").out())
        .contains("TTL:  48h0m0s")
        .contains("secrets");
    Path restore = folder.resolve("restore.yaml");
    Files.writeString(
        restore,
        """
        apiVersion: velero.io/v1
        kind: Restore
        metadata: {name: r}
        spec:
          backupName: from-file
          namespaceMapping: {shop: shop-copy}
        """);
    done("restore", "create", "-f", restore.toString());
    assertThat(shore.has("configmaps/shop-copy/web")).isTrue();
    assertThat(shore.has("secrets/shop-copy/key")).isFalse();
  }

  @Test
  void aScheduleGivesItsTemplateAndItsName() throws IOException {
    Path file = folder.resolve("schedule.yaml");
    Files.writeString(
        file,
        """
        apiVersion: velero.io/v1
        kind: Schedule
        metadata: {name: nightly, namespace: velero}
        spec:
          schedule: 0 1 * * *
          template:
            includedNamespaces: [shop]
        """);
    assertThat(done("backup", "create", "-f", file.toString()).out())
        .matches("(?s)Backup nightly-\\d{14} Completed.*");
  }

  @Test
  void restoresAreListedDescribedAndLogged() throws IOException {
    done("backup", "create", "shop", "-n", "shop");
    shore.delete("configmaps/shop/web");
    done("restore", "create", "r1", "--from-backup", "shop");
    assertThat(done("restore", "get").out()).contains("NAME").contains("r1").contains("Completed");
    assertThat(done("restore", "describe", "r1", "--details").out())
        .contains("Phase:")
        .contains("created    configmaps/shop/web\n")
        .contains("identical  configmaps/shop/prices\n");
    JsonNode items =
        Json.MAPPER
            .readTree(done("restore", "describe", "r1", "--details", "-o", "json").out())
            .path("items");
    assertThat(items)
        .extracting(item -> item.path("item").asText() + " " + item.path("outcome").asText())
        .contains("configmaps/shop/web created", "secrets/shop/key identical");
    assertThat(done("restore", "logs", "r1").out()).contains("level=");
    assertThat(terminal.run("restore", "describe", "nope").code()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  @Tag("SF-15")
  void recordsMayBeKeptOutsideTheLocation() {
    done("backup", "create", "shop", "-n", "shop");
    shore.delete("configmaps/shop/web");
    String state = folder.resolve("state").toString();
    done("restore", "create", "r1", "--from-backup", "shop", "--state", state);
    assertThat(done("restore", "get").out()).isEmpty();
    assertThat(done("restore", "get", "-o", "name", "--state", state).out()).contains("r1");
  }

  @Test
  void outputIsADocumentAloneWhereItIsAskedFor() throws IOException {
    Terminal.Result result = done("backup", "create", "x", "-n", "shop", "-o", "json");
    assertThat(Json.MAPPER.readTree(result.out()).path("kind").asText()).isEqualTo("Backup");
    assertThat(done("backup", "create", "y", "-n", "shop", "-o", "name", "-q").out())
        .isEqualTo("backup.velero.io/y\n");
  }

  @Test
  void quietPrintsNothingButTheResult() {
    Terminal.Result result = done("backup", "create", "x", "-n", "shop", "--quiet");
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines()).hasSize(1);
    assertThat(result.out().getBytes(StandardCharsets.UTF_8)).isNotEmpty();
  }
}
