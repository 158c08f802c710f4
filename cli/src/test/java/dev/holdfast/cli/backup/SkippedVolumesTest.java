package dev.holdfast.cli.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.cli.Terminal.Result;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Volumes that a backup cannot save: they are named, and the rest is saved. */
class SkippedVolumesTest {

  @TempDir Path folder;
  private Shore shore;
  private Terminal terminal;

  @BeforeEach
  void start() {
    shore = new Shore(folder);
    terminal =
        Terminal.in(folder)
            .always(
                "--kubeconfig", shore.kubeconfig() + "", "--location", folder.resolve("b") + "");
  }

  @AfterEach
  void stop() {
    shore.close();
  }

  private void pod(String volume) {
    shore.create(
        "pods",
        "shop",
        """
        {"metadata": {"name": "agent"},
         "spec": {
           "containers": [
             {"name": "agent", "image": "agent:1",
              "volumeMounts": [{"name": "logs", "mountPath": "/logs"}]}],
           "volumes": [%s]}}
        """
            .formatted(volume));
  }

  private JsonNode described() throws IOException {
    return Json.MAPPER.readTree(terminal.run("backup", "describe", "b", "-o", "json").out());
  }

  @Test
  @Tag("KUR-31")
  void aHostPathIsAWarningAndTheRestIsSaved() throws IOException {
    pod("{\"name\": \"logs\", \"hostPath\": {\"path\": \"/var/log\"}}");
    Result result = terminal.run("backup", "create", "b", "-n", "shop");
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.OK);
    assertThat(result.err()).contains("Warning: ").contains("volume logs is a hostPath");
    assertThat(described().path("warnings").toString()).contains("volume logs is a hostPath");
    assertThat(terminal.run("backup", "describe", "b", "--details").out())
        .contains("- shop/agent")
        .contains("- shop/prices");
  }

  @Test
  void aVolumeWithDataIsAnErrorUnlessObjectsAloneAreMeant() throws IOException {
    pod("{\"name\": \"logs\", \"emptyDir\": {}}");
    Result result = terminal.run("backup", "create", "b", "-n", "shop");
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.PARTIAL);
    assertThat(result.err()).contains("Error: ").contains("logs");
    assertThat(described().path("errors").toString()).contains("logs");
    assertThat(described().path("backupVolumes").toString()).contains("skipped");
    Result meant =
        terminal.run("backup", "create", "objects", "-n", "shop", "--snapshot-volumes=false");
    assertThat(meant.code()).as(meant.err()).isEqualTo(ExitCode.OK);
  }
}
