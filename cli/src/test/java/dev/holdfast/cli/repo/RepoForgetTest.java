package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What forget and prune print and do, beside the restic command with the same flags. */
@Tag("EBS-24")
class RepoForgetTest {

  private static final String RESTIC =
      System.getenv().getOrDefault("HOLDFAST_TEST_RESTIC", "restic");

  /** Only a newer restic has it. */
  private static final Pattern SIZE = Pattern.compile("\\bSize\\b|[0-9.]+ [KMG]?i?B\\b");

  @TempDir Path home;
  private Path place;
  private Path data;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    place = home.resolve("repository");
    data = Files.createDirectory(home.resolve("data"));
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_REPOSITORY", place.toString());
    var _ =
        Repository.init(
            Operation.start(),
            new DirectoryStore(place),
            "kelp",
            2,
            KeyFile.Cost.WEAK,
            null,
            new Repository.Identity("root", "reef"));
    SplittableRandom random = new SplittableRandom(5);
    String[] tags = {"a", "a,b", "", "b", "", ""};
    for (int i = 0; i < tags.length; i++) {
      byte[] own = new byte[30_000];
      random.nextBytes(own);
      Files.write(data.resolve("own"), own);
      Files.write(data.resolve("more-" + i), own);
      ours(
          "backup",
          data.toString(),
          "--host",
          i % 3 == 2 ? "shore" : "reef",
          "--time",
          "2026-0" + (i / 2 + 1) + "-1" + i % 2 + " 10:00:00",
          "--tag",
          tags[i]);
    }
  }

  private Terminal.Result run(String... words) {
    List<String> all = new ArrayList<>(List.of("repo"));
    all.addAll(List.of(words));
    return terminal.run(all.toArray(String[]::new));
  }

  private String ours(String... words) {
    Terminal.Result result = run(words);
    assertThat(result.code()).as("%s%n%s", result.out(), result.err()).isZero();
    return result.out();
  }

  private String restic(String... words) throws Exception {
    assumeTrue(installed(), "the restic command is not installed: skipped");
    List<String> command = new ArrayList<>(List.of(RESTIC, "--no-cache", "-r", place.toString()));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(home, "restic", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("RESTIC_PASSWORD", "kelp");
    int status = builder.start().waitFor();
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(status).as(text).isZero();
    return text;
  }

  private static boolean installed() throws InterruptedException {
    try {
      return new ProcessBuilder(RESTIC, "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private List<String> snapshots() throws IOException {
    List<String> ids = new ArrayList<>();
    Json.MAPPER
        .readTree(ours("snapshots", "--json"))
        .forEach(one -> ids.add(one.path("short_id").asText()));
    return ids;
  }

  private long packs() throws IOException {
    try (Stream<Path> files = Files.walk(place.resolve("data"))) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  /** The words of the lines that both print. */
  private static List<String> words(String out) {
    return out.lines()
        .filter(line -> line.startsWith("keep ") || line.matches("(ID|[0-9a-f]{8}|  +\\S).*"))
        .map(line -> SIZE.matcher(line).replaceAll("").strip().replaceAll("\\s+", " "))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--keep-last 1",
        "--keep-last 2 --keep-tag a,b",
        "-l 1 -d 2 -m 2 --group-by host",
        "--keep-within 1m --keep-tag b --group-by=",
        "--keep-monthly 1 --group-by tags -c",
        "--keep-yearly unlimited --keep-within-daily 2d --group-by host,tags",
        "--keep-weekly 2 --host reef",
        "--keep-hourly 1 --tag a --tag b"
      })
  void theSameIsKeptInTheSameColumns(String flags) throws Exception {
    List<String> words = new ArrayList<>(List.of("forget", "-n"));
    words.addAll(List.of(flags.split(" ")));
    String[] all = words.toArray(String[]::new);
    if (!flags.contains("unlimited")) {
      assertThat(words(ours(all))).containsExactlyInAnyOrderElementsOf(words(restic(all)));
    }
    words.add("--json");
    String[] json = words.toArray(String[]::new);
    if (!flags.contains("unlimited")) {
      assertThat(groups(ours(json))).containsExactlyInAnyOrderElementsOf(groups(restic(json)));
    }
    assertThat(groups(ours(json))).isNotEmpty();
    assertThat(snapshots()).hasSize(6);
  }

  private static List<String> groups(String json) throws IOException {
    String last = json.lines().filter(line -> line.startsWith("[")).findFirst().orElseThrow();
    List<String> groups = new ArrayList<>();
    for (JsonNode group : Json.MAPPER.readTree(last)) {
      List<String> reasons = new ArrayList<>();
      group.path("reasons").forEach(reason -> reasons.add(reason.path("matches").toString()));
      groups.add(
          group.path("tags")
              + " "
              + group.path("host")
              + group.path("paths")
              + ids(group.path("keep"))
              + ids(group.path("remove"))
              + reasons);
    }
    return groups;
  }

  private static List<String> ids(JsonNode list) {
    List<String> ids = new ArrayList<>();
    list.forEach(one -> ids.add(one.path("id").asText()));
    return ids;
  }

  @Test
  void aDryRunAndNoPolicyRemoveNothing() throws Exception {
    long packs = packs();
    List<String> before = snapshots();
    Terminal.Result would = run("forget", "--keep-last", "1", "-n", "--prune");
    assertThat(would.code()).isZero();
    assertThat(would.err()).contains("Would have removed the following snapshots:");
    assertThat(would.out()).contains("Would have made the following changes:", "to delete:");
    Terminal.Result none = run("forget");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("No policy was given: nothing was removed");
    assertThat(run("forget", "--unsafe-allow-remove-all").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("forget", "--keep-last", "-1").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("forget", "--keep-tag", "nobody-has-it").err()).contains("keeps no snapshot");
    assertThat(run("forget", "--keep-within", "tomorrow").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("forget", "--keep-last", "1", "--yes").err()).contains("--keep-yearly");
    assertThat(run("forget", "ffffffff").code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("forget", "--keep-last", "1", "--group-by", "colour").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(snapshots()).isEqualTo(before);
    assertThat(packs()).isEqualTo(packs);
  }

  @Test
  void namedSnapshotsGoAndTheirDataWithPrune() throws Exception {
    List<String> before = snapshots();
    Terminal.Result named = run("forget", before.get(0), before.get(1));
    assertThat(named.err()).contains("removed 2 snapshots");
    assertThat(snapshots()).isEqualTo(before.subList(2, 6));
    Terminal.Result all = run("forget", "--unsafe-allow-remove-all", "--host", "shore");
    assertThat(all.code()).as(all.err()).isZero();
    assertThat(snapshots()).hasSize(2);
    long packs = packs();
    String pruned = ours("prune", "--max-unused", "0");
    assertThat(pruned).contains("this removes:", "to delete:", "unused size after prune: 0 B");
    assertThat(packs()).isLessThan(packs);
    assertThat(ours("check", "--read-data")).contains("no errors were found");
    assertThat(restic("check", "--read-data")).contains("no errors were found");
  }

  @Test
  void bothWouldPruneTheSame() throws Exception {
    ours("forget", "--keep-last", "1", "--group-by", "");
    for (String[] words :
        new String[][] {
          {"prune", "-n"},
          {"prune", "-n", "--max-unused", "0"},
          {"prune", "-n", "--max-unused", "unlimited"},
          {"prune", "-n", "--max-unused", "10k"},
          {"prune", "-n", "--max-unused", "0", "--repack-cacheable-only"}
        }) {
      assertThat(figures(ours(words)))
          .as(String.join(" ", words))
          .isEqualTo(figures(restic(words)));
    }
    JsonNode json = Json.MAPPER.readTree(ours("prune", "-n", "--json").lines().toList().getLast());
    assertThat(json.isObject()).isTrue();
    for (String bad : List.of("x", "100%", "-1%", "5 apples")) {
      assertThat(run("prune", "--max-unused", bad).code()).as(bad).isEqualTo(ExitCode.USAGE);
    }
    long packs = packs();
    ours("prune", "--max-repack-size", "1k");
    ours("prune", "--max-unused", "0");
    assertThat(packs()).isLessThan(packs);
    assertThat(figures(restic("prune", "-n", "--max-unused", "0")).toString()).contains("0 B");
    assertThat(restic("check", "--read-data")).contains("no errors were found");
  }

  private static List<String> figures(String out) {
    return out.lines()
        .filter(line -> line.matches("(to repack|this removes|to delete|total prune|remaining).*"))
        .map(line -> line.replaceAll("\\s+", " "))
        .toList();
  }
}
