package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a check prints and ends with. */
@Tag("EMF-4")
class RepoCheckTest {

  @TempDir Path home;
  private Path place;
  private Path data;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    place = home.resolve("repository");
    data = Files.createDirectory(home.resolve("data"));
    byte[] large = new byte[100_000];
    new SplittableRandom(5).nextBytes(large);
    Files.write(data.resolve("large"), large);
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_HOST", "elsewhere")
            .with("RESTIC_REPOSITORY", place.toString());
    quickToOpen();
    assertThat(terminal.run("repo", "backup", data.toString()).code()).isZero();
  }

  /** Its password costs a thousandth of what {@code init} makes it cost. */
  private void quickToOpen() {
    var _ =
        Repository.init(
            Operation.start(),
            new DirectoryStore(place),
            "kelp",
            2,
            KeyFile.Cost.WEAK,
            null,
            new Repository.Identity("root", "reef"));
  }

  private List<Path> packs() throws IOException {
    return listed(place.resolve("data"));
  }

  private static List<Path> listed(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void anIntactRepositoryIsSaidToBe() throws Exception {
    Terminal.Result check = terminal.run("repo", "check", "--read-data");
    assertThat(check.code()).as(check.err()).isZero();
    assertThat(check.out().lines())
        .containsExactly(
            "create exclusive lock for repository",
            "load indexes",
            "check all packs",
            "check snapshots, trees and blobs",
            "read all data",
            "no errors were found");
    assertThat(Files.exists(place.resolve("locks")) ? listed(place.resolve("locks")) : List.of())
        .isEmpty();
    assertThat(terminal.run("repo", "check", "latest", "--read-data-subset", "1/2").code())
        .isZero();
  }

  @Test
  void lossesAreNamedWithWhatToDo() throws Exception {
    Path large =
        packs().stream().filter(pack -> pack.toFile().length() > 90_000).findFirst().orElseThrow();
    Files.delete(large);
    Terminal.Result check = terminal.run("repo", "check");
    assertThat(check.code()).isEqualTo(ExitCode.DAMAGED);
    assertThat(check.out()).doesNotContain("no errors");
    assertThat(check.err())
        .contains("pack " + large.getFileName() + ": does not exist")
        .contains("lacks 1 entry:", "  " + data + "/large")
        .contains("holdfast repo repair packs " + large.getFileName());
    Terminal.Result json = terminal.run("repo", "check", "--json");
    assertThat(json.code()).isEqualTo(ExitCode.DAMAGED);
    JsonNode summary = Json.MAPPER.readTree(json.out());
    assertThat(summary.path("message_type").asText()).isEqualTo("summary");
    assertThat(summary.path("num_errors").asInt()).isEqualTo(1);
    assertThat(summary.path("broken_packs").path(0).asText())
        .isEqualTo(large.getFileName().toString());
    assertThat(summary.path("affected").path(0).path("paths").toString())
        .isEqualTo("[\"" + data + "/large\"]");
    assertThat(Json.MAPPER.readTree(json.err()).path("message_type").asText()).isEqualTo("error");
  }

  @Test
  void theWayOutOfADamageIsTheOneThatIsSaid() throws Exception {
    for (Path index : listed(place.resolve("index"))) {
      Files.delete(index);
    }
    Terminal.Result lost = terminal.run("repo", "check");
    assertThat(lost.code()).isEqualTo(ExitCode.DAMAGED);
    assertThat(lost.err()).contains("run holdfast repo repair index");
    Terminal.Result index = terminal.run("repo", "-r", place.toString(), "repair", "index");
    assertThat(index.code()).as(index.err()).isZero();
    assertThat(index.out()).contains("adding pack file to index", "rebuilding index", "done");
    assertThat(terminal.run("repo", "check").code()).isZero();

    Path large =
        packs().stream().filter(pack -> pack.toFile().length() > 90_000).findFirst().orElseThrow();
    byte[] bytes = Files.readAllBytes(large);
    bytes[50] ^= 4;
    Files.delete(large);
    Files.write(large, bytes);
    assertThat(terminal.run("repo", "check").code()).isZero();
    assertThat(terminal.run("repo", "check", "--read-data").code()).isEqualTo(ExitCode.DAMAGED);
    String pack = large.getFileName().toString();
    Terminal.Result packs = terminal.run("repo", "repair", "packs", pack);
    assertThat(packs.out()).contains("lost 1");
    Terminal.Result would = terminal.run("repo", "repair", "snapshots", "-n", "--forget");
    assertThat(would.out()).contains("removed missing content", "would modify 1 snapshots");
    Terminal.Result snapshots = terminal.run("repo", "repair", "snapshots", "--forget");
    assertThat(snapshots.out()).contains("removed old snapshot", "modified 1 snapshots");
    assertThat(terminal.run("repo", "check", "--read-data").code()).isZero();
    assertThat(terminal.run("repo", "repair", "packs", "1234").code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void partsOfTheDataAreWrittenAsResticsUsersDo() {
    assertThat(RepoCheck.part("2/7")).isEqualTo(new PackSubset.Group(2, 7));
    assertThat(RepoCheck.part("2.5%")).isEqualTo(new PackSubset.Percent(2.5));
    assertThat(RepoCheck.part("10M")).isEqualTo(new PackSubset.Bytes(10 << 20));
    assertThat(terminal.run("repo", "check", "--read-data", "--read-data-subset=5%").code())
        .isEqualTo(ExitCode.USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0/2", "3/2", "1/257", "0%", "101%", "x", "0", "1/2/3", "NaN%", "-1%"})
  void noPartIsRefused(String part) {
    assertThatThrownBy(() -> RepoCheck.part(part)).isInstanceOf(Failure.Invalid.class);
  }
}
