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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passwords and copies, beside the restic command. */
@Tag("EBS-24")
class RepoKeyAndCopyTest {

  @TempDir Path home;
  private Path place;
  private Path data;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    place = home.resolve("repository");
    data = Files.createDirectory(home.resolve("data"));
    byte[] large = new byte[2 << 20];
    new SplittableRandom(5).nextBytes(large);
    Files.write(data.resolve("large"), large);
    Files.writeString(Files.createDirectories(data.resolve("a/b")).resolve("deep"), "deep\n");
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_HOST", "reef")
            .with("RESTIC_REPOSITORY", place.toString());
    quickToOpen();
    ours("backup", data.toString(), "--tag", "one");
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

  private String ours(String... words) {
    return with(terminal, words);
  }

  private static String with(Terminal terminal, String... words) {
    Terminal.Result result = terminal.run(all(words));
    assertThat(result.code()).as("%s%n%s", result.out(), result.err()).isZero();
    return result.out();
  }

  private static String[] all(String... words) {
    List<String> all = new ArrayList<>(List.of("repo"));
    all.addAll(List.of(words));
    return all.toArray(String[]::new);
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(home.resolve(name), text).toString();
  }

  private Set<String> files(String directory) throws IOException {
    try (Stream<Path> files = Files.walk(place.resolve(directory))) {
      return new HashSet<>(
          files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList());
    }
  }

  private String restic(Path repository, String password, String... words) throws Exception {
    assumeTrue(installed(), "the restic command is not installed: skipped");
    List<String> command = new ArrayList<>(List.of("restic", "--no-cache"));
    command.addAll(List.of("-r", repository.toString()));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(home, "restic", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("RESTIC_PASSWORD", password);
    builder.environment().put("RESTIC_FROM_PASSWORD", "kelp");
    int status = builder.start().waitFor();
    String text = Files.readString(out);
    return status == 0 ? text : "status " + status + ": " + text;
  }

  private static boolean installed() throws InterruptedException {
    try {
      return new ProcessBuilder("restic", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private int code(String password, String... words) {
    return terminal.with("HOLDFAST_PASSWORD", password).run(all(words)).code();
  }

  @Test
  void aPasswordIsReplacedWithoutWritingData() throws Exception {
    Set<String> before = files("data");
    String old = files("keys").iterator().next();
    assertThat(ours("key", "passwd", "--new-password-file", file("new", "wrack\n")))
        .startsWith("saved new key as ");
    assertThat(files("data")).isEqualTo(before);
    assertThat(files("keys")).hasSize(1).doesNotContain(old);
    assertThat(code("kelp", "snapshots")).isEqualTo(ExitCode.WRONG_KEY);
    assertThat(code("wrack", "check", "--read-data")).isZero();
    assertThat(restic(place, "kelp", "snapshots")).contains("wrong password");
    assertThat(restic(place, "wrack", "check", "--read-data")).contains("no errors were found");
  }

  @Test
  void eachSideOpensWithThePasswordThatTheOtherAdded() throws Exception {
    ours("key", "add", "--new-password-file", file("new", "wrack"), "--user", "dulse");
    assertThat(restic(place, "wrack", "snapshots")).contains(data.toString());
    String third = file("third", "laver");
    assertThat(restic(place, "kelp", "key", "add", "--new-password-file", third)).contains("saved");
    assertThat(code("laver", "snapshots")).isZero();
    JsonNode keys = Json.MAPPER.readTree(with(terminal, "key", "list", "--json"));
    assertThat(keys).hasSize(3);
    JsonNode theirs =
        Json.MAPPER.readTree(restic(place, "laver", "key", "list", "--json", "--no-lock"));
    assertThat(byId(keys)).isEqualTo(byId(theirs));
    String listed = with(terminal, "key", "list");
    assertThat(listed.lines().filter(line -> line.startsWith("*"))).hasSize(1);
    assertThat(listed).contains(" ID", "User", "Host", "Created", "dulse");
  }

  /** restic before 0.18 shortens ids. */
  private static Set<String> byId(JsonNode keys) {
    Set<String> set = new HashSet<>();
    keys.forEach(key ->
        set.add(
            key.path("id").asText().substring(0, 8)
                + key.path("current")
                + key.path("userName")
                + key.path("hostName")
                + key.path("created")));
    return set;
  }

  @Test
  void theKeyInUseIsNotRemoved() throws Exception {
    String own = files("keys").iterator().next();
    Terminal.Result refused = terminal.run("repo", "key", "remove", own.substring(0, 8));
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err()).contains("is the one that opened the repository");
    assertThat(terminal.run("repo", "key", "remove", "ffff0000").code())
        .isEqualTo(ExitCode.NOT_FOUND);
    ours("key", "add", "--new-password-file", file("new", "wrack"));
    terminal.with("HOLDFAST_PASSWORD", "wrack");
    assertThat(ours("key", "remove", own.substring(0, 8))).isEqualTo("removed key " + own + "\n");
    assertThat(code("kelp", "snapshots")).isEqualTo(ExitCode.WRONG_KEY);
    assertThat(code("wrack", "snapshots")).isZero();
    assertThat(terminal.run("repo", "key", "add", "--new-password-file", file("none", " ")).code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aCopyHoldsTheSameAndOnlyWhatIsMissing() throws Exception {
    Files.writeString(data.resolve("a/new"), "new\n");
    ours("backup", data.toString(), "--tag", "two");
    Path other = home.resolve("other");
    Terminal there =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "wrack")
            .with("RESTIC_REPOSITORY", other.toString())
            .with("RESTIC_FROM_REPOSITORY", place.toString())
            .with("HOLDFAST_FROM_PASSWORD", "kelp");
    with(there, "init", "--copy-chunker-params");
    assertThat(with(there, "copy", "--tag", "one")).contains("saved, copied from source snapshot");
    assertThat(with(there, "copy"))
        .contains("was already copied to snapshot", "saved, copied from source snapshot");
    assertThat(with(there, "check", "--read-data")).contains("no errors were found");
    assertThat(restic(other, "wrack", "check", "--read-data")).contains("no errors were found");
    JsonNode copies = Json.MAPPER.readTree(restic(other, "wrack", "snapshots", "--json"));
    JsonNode originals = Json.MAPPER.readTree(restic(place, "kelp", "snapshots", "--json"));
    assertThat(copies).hasSize(2);
    for (int i = 0; i < 2; i++) {
      assertThat(copies.get(i).path("original")).isEqualTo(originals.get(i).path("id"));
      assertThat(copies.get(i).path("tree")).isEqualTo(originals.get(i).path("tree"));
      assertThat(copies.get(i).path("tags")).isEqualTo(originals.get(i).path("tags"));
      assertThat(copies.get(i).has("parent")).isFalse();
    }
    // restic takes our copies for what it would have made itself.
    String again = restic(other, "wrack", "copy", "--from-repo", place.toString(), "--verbose");
    assertThat(again).doesNotContain("saved");
    // The same polynomial: a backup finds all of its chunks.
    assertThat(with(there, "backup", data.toString(), "--json", "--force"))
        .contains("\"data_blobs\":0");
  }

  @Test
  void whatResticCopiedIsNotCopiedAgain() throws Exception {
    Path other = home.resolve("other");
    restic(other, "wrack", "init", "--from-repo", place.toString(), "--copy-chunker-params");
    restic(other, "wrack", "copy", "--from-repo", place.toString());
    Terminal there =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "wrack")
            .with("RESTIC_REPOSITORY", other.toString());
    assertThat(
            with(
                there,
                "copy",
                "--from-repo",
                place.toString(),
                "--from-password-file",
                file("source", "kelp\n")))
        .contains("was already copied")
        .doesNotContain("saved, copied");
    assertThat(with(there, "check")).contains("no errors were found");
  }

  @Test
  void aCopyOntoItselfOrFromADamagedSourceIsRefused() throws Exception {
    Terminal.Result itself =
        terminal
            .with("HOLDFAST_FROM_PASSWORD", "kelp")
            .run("repo", "copy", "--from-repo", place.toString());
    assertThat(itself.code()).isEqualTo(ExitCode.USAGE);
    assertThat(itself.err()).contains("same repository");
    Path other = home.resolve("other");
    Terminal there =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "wrack")
            .with("HOLDFAST_FROM_PASSWORD", "kelp")
            .with("RESTIC_REPOSITORY", other.toString());
    with(there, "init");
    for (String pack : files("data")) {
      Files.delete(place.resolve("data/" + pack.substring(0, 2) + "/" + pack));
    }
    Terminal.Result lost = there.run("repo", "copy", "--from-repo", place.toString());
    assertThat(lost.code()).isEqualTo(ExitCode.DAMAGED);
    assertThat(with(there, "snapshots", "--json").getBytes(StandardCharsets.UTF_8))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("[]\n");
  }
}
