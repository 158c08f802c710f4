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
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every verb beside the restic command on one repository: what one wrote the other reads, and both
 * say the same. HOLDFAST_TEST_RESTIC names another restic than the one on the path.
 */
@Tag("EBS-24")
@Tag("EBS-38")
class RepoAndResticTest {

  private static final String RESTIC =
      System.getenv().getOrDefault("HOLDFAST_TEST_RESTIC", "restic");

  @TempDir Path home;
  private Path place;
  private Path data;
  private Terminal terminal;

  /** Of processes: with trees that are to be equal to those of this one. */
  private String zone = ZoneId.systemDefault().getId();

  @BeforeEach
  void start() throws Exception {
    assumeTrue(installed(), "the restic command is not installed: skipped");
    place = home.resolve("repository");
    data = Files.createDirectory(home.resolve("data"));
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_REPOSITORY", place.toString())
            .with("RESTIC_HOST", "reef");
    byte[] large = new byte[3 << 20];
    new SplittableRandom(5).nextBytes(large);
    Files.write(data.resolve("large"), large);
    Files.writeString(Files.createDirectories(data.resolve("a/b")).resolve("deep.txt"), "deep\n");
    Files.writeString(data.resolve("a/skip.log"), "log\n");
    Files.writeString(data.resolve("back\\slash \"<é>\"\t"), "odd\n");
    Files.createLink(data.resolve("hard"), data.resolve("a/b/deep.txt"));
    Files.createSymbolicLink(data.resolve("soft"), Path.of("a/b"));
    Files.write(data.resolve("sparse"), new byte[2 << 20]);
    Files.createDirectory(data.resolve("empty"));
    shell("printf raw > \"$(printf 'n\\377')\"; chmod 6755 a/skip.log; chmod 1777 a; mkfifo fifo");
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

  private static boolean installed() throws InterruptedException {
    try {
      return new ProcessBuilder(RESTIC, "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void shell(String script) throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-ec", script).directory(data.toFile()).inheritIO().start();
    assertThat(shell.waitFor()).isZero();
  }

  private String ours(String... words) {
    Terminal.Result result = terminal.run(withRepo(words));
    assertThat(result.code()).as("%s%n%s", result.out(), result.err()).isZero();
    return result.out();
  }

  private static String[] withRepo(String... words) {
    List<String> all = new ArrayList<>(List.of("repo"));
    all.addAll(List.of(words));
    return all.toArray(String[]::new);
  }

  private byte[] restic(byte[] in, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(RESTIC, "--no-cache", "-r", place.toString()));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(home, "restic", ".out");
    Path err = Files.createTempFile(home, "restic", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(data.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("RESTIC_PASSWORD", "kelp");
    builder.environment().put("TZ", zone);
    Process process = builder.start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(in);
    }
    assertThat(process.waitFor()).as(Files.readString(err)).isZero();
    return Files.readAllBytes(out);
  }

  private String restic(String... words) throws Exception {
    return new String(restic(new byte[0], words), StandardCharsets.UTF_8);
  }

  private JsonNode snapshots() throws Exception {
    return Json.MAPPER.readTree(restic("snapshots", "--json"));
  }

  private void check() throws Exception {
    assertThat(restic("check", "--read-data")).contains("no errors were found");
  }

  private static String listing(Path root) throws Exception {
    ProcessBuilder find =
        new ProcessBuilder(
            "sh",
            "-c",
            "cd \"$1\" && find . -mindepth 1 -printf '%p %y %m %U %G %T@ %n %l\\n' | LC_ALL=C sort",
            "sh",
            root.toString());
    Process process = find.start();
    byte[] out = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    return new String(out, StandardCharsets.ISO_8859_1);
  }

  private static void same(Path a, Path b) throws Exception {
    assertThat(listing(b)).isEqualTo(listing(a));
    for (String name : new String[] {"large", "a", "sparse", "hard"}) {
      Process diff =
          new ProcessBuilder(
                  "diff",
                  "-r",
                  "--no-dereference",
                  a.resolve(name).toString(),
                  b.resolve(name).toString())
              .inheritIO()
              .start();
      assertThat(diff.waitFor()).isZero();
    }
  }

  @Test
  void ofAbsoluteTargetsBothMakeTheSameTree() throws Exception {
    ours("init");
    ours("backup", data.toString(), "--tag", "x,y");
    restic("backup", data.toString(), "--force");
    JsonNode list = snapshots();
    assertThat(list).hasSize(2);
    Path two = Files.createDirectory(home.resolve("two"));
    Files.writeString(two.resolve("f"), "f");
    ours("backup", two.toString(), data.resolve("a/b").toString());
    restic("backup", two.toString(), data.resolve("a/b").toString(), "--force");
    list = snapshots();
    // The directories above the targets change with every file that is made beside them.
    assertThat(tree(list.get(0), data)).isEqualTo(tree(list.get(1), data));
    assertThat(tree(list.get(2), two)).isEqualTo(tree(list.get(3), two));
    assertThat(list.get(0).path("tags").toString()).isEqualTo("[\"x\",\"y\"]");
    assertThat(list.get(0).path("hostname").asText()).isEqualTo("reef");
    check();
  }

  /** The directory's line in ls: its metadata, and so its inode and times, without its tree. */
  private String tree(JsonNode snapshot, Path directory) throws Exception {
    return restic("ls", snapshot.path("id").asText(), directory.toString(), "--json", "--recursive")
        .lines()
        .skip(1)
        .toList()
        .toString();
  }

  @Test
  @Tag("KUR-38")
  void eachRestoresWhatTheOtherSaved() throws Exception {
    quickToOpen();
    ours("backup", data.toString());
    Path theirs = home.resolve("theirs");
    restic("restore", "latest", "--target", theirs.toString());
    same(data, theirs.resolve(data.toString().substring(1)));
    restic("backup", ".", "--host", "other");
    Path target = home.resolve("ours");
    ours(
        "restore",
        "latest",
        "--host",
        "other",
        "--target",
        target.toString(),
        "--verify",
        "--sparse");
    same(data, target);
    Path part = home.resolve("part");
    ours(
        "restore",
        "latest:" + data + "/a",
        "--host",
        "reef",
        "--target",
        part.toString(),
        "--include",
        "*.txt");
    assertThat(part.resolve("b/deep.txt")).hasContent("deep");
    assertThat(part.resolve("skip.log")).doesNotExist();
    check();
  }

  @Test
  void bothListFindAndCountTheSame() throws Exception {
    quickToOpen();
    ours("backup", data.toString());
    assertThat(nodes(ours("ls", "latest", "--json")))
        .isEqualTo(nodes(restic("ls", "latest", "--json")));
    assertThat(ours("ls", "latest", "-l").lines().toList())
        .isEqualTo(
            restic("ls", "latest", "-l", "-q")
                .lines()
                .filter(l -> !l.startsWith("snapshot"))
                .toList());
    String a = data.resolve("a").toString();
    assertThat(ours("ls", "latest", a).lines().toList())
        .isEqualTo(
            restic("ls", "latest", a).lines().filter(l -> !l.startsWith("snapshot")).toList());
    for (String[] words :
        new String[][] {
          {"find", "*.txt", "--json"},
          {"stats", "--json"},
          {"stats", "--mode", "files-by-contents", "--json"},
          {"stats", "--mode", "blobs-per-file", "--json"}
        }) {
      assertThat(without(ours(words))).as(words[0]).isEqualTo(without(restic(words)));
    }
  }

  /** restic before 0.17 leaves the inode out. */
  private static String without(String json) throws IOException {
    return Json.MAPPER.readTree(json).toString().replaceAll("\"inode\":\\d+,", "");
  }

  /** The members that every restic prints. */
  private static List<String> nodes(String lines) throws IOException {
    List<String> nodes = new ArrayList<>();
    for (String line : lines.lines().skip(1).toList()) {
      JsonNode node = Json.MAPPER.readTree(line);
      nodes.add(
          node.path("path").asText()
              + node.path("type")
              + node.path("size").asLong()
              + node.path("mode")
              + node.path("permissions")
              + node.path("mtime")
              + node.path("uid"));
    }
    return nodes;
  }

  @Test
  void bothSeeTheSameDifference() throws Exception {
    quickToOpen();
    ours("backup", data.toString());
    Files.writeString(data.resolve("a/new"), "new");
    Files.delete(data.resolve("empty"));
    Files.writeString(data.resolve("a/skip.log"), "changed");
    ours("backup", data.toString());
    JsonNode list = snapshots();
    String[] words = {
      "diff", list.get(0).path("short_id").asText(), list.get(1).path("short_id").asText()
    };
    assertThat(ours(words).lines().toList())
        .containsExactlyElementsOf(
            restic(words).lines().filter(line -> !line.startsWith("comparing")).skip(1).toList())
        .anyMatch(line -> line.startsWith("M    ") && line.endsWith("a/skip.log"));
  }

  @Test
  void aFileAndADirectoryAreDumped() throws Exception {
    quickToOpen();
    ours("backup", data.toString());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    terminal.piped(new ByteArrayInputStream(new byte[0]), out);
    ours("dump", "latest", data.resolve("large").toString());
    assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(data.resolve("large")));
    out.reset();
    ours("dump", "latest", "/");
    Path tar = Files.write(home.resolve("all.tar"), out.toByteArray());
    Path unpacked = Files.createDirectory(home.resolve("unpacked"));
    Process untar =
        new ProcessBuilder("tar", "-xpf", tar.toString(), "--xattrs", "-C", unpacked.toString())
            .inheritIO()
            .start();
    assertThat(untar.waitFor()).isZero();
    same(data, unpacked.resolve(data.toString().substring(1)));
  }

  @Test
  void streamsAreFiles() throws Exception {
    quickToOpen();
    byte[] stream = "one\ntwo\n".getBytes(StandardCharsets.UTF_8);
    terminal.piped(new ByteArrayInputStream(stream), OutputStream.nullOutputStream());
    ours("backup", "--stdin", "--stdin-filename", "dump.sql", "--tag", "db");
    assertThat(restic("dump", "latest", "dump.sql")).isEqualTo("one\ntwo\n");
    assertThat(snapshots().get(0).path("paths").toString()).isEqualTo("[\"/dump.sql\"]");
    restic(stream, "backup", "--stdin", "--stdin-filename", "theirs.sql", "--host", "reef");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    terminal.piped(new ByteArrayInputStream(new byte[0]), out);
    ours("dump", "latest", "theirs.sql", "--path", "/theirs.sql");
    assertThat(out.toByteArray()).isEqualTo(stream);
    Terminal.Result empty = terminal.run(withRepo("backup", "--stdin"));
    assertThat(empty.code()).isEqualTo(ExitCode.USAGE);
    assertThat(empty.err()).contains("Nothing came from the stream");
    ours("backup", "--stdin-from-command", "printf", "printed");
    assertThat(restic("dump", "latest", "/stdin", "--path", "/stdin")).isEqualTo("printed");
    Terminal.Result failed = terminal.run(withRepo("backup", "--stdin-from-command", "false"));
    assertThat(failed.code()).isNotZero();
    assertThat(snapshots()).hasSize(3);
    check();
  }

  @Test
  @Tag("EBS-29")
  @Tag("EBS-30")
  @Tag("EBS-31")
  void parentsAreFoundAndUnchangedFilesAreNotRead() throws Exception {
    quickToOpen();
    restic("backup", data.toString(), "--host", "reef");
    JsonNode first = Json.MAPPER.readTree(last(ours("backup", data.toString(), "--json")));
    assertThat(first.path("files_new").asLong() + first.path("files_changed").asLong()).isZero();
    assertThat(first.path("data_blobs").asLong()).isZero();
    assertThat(restic("backup", data.toString(), "--host", "reef", "--json"))
        .contains("\"files_new\":0,\"files_changed\":0");
    String skipped = ours("backup", data.toString(), "--skip-if-unchanged", "-n");
    assertThat(skipped).contains("Would add");
    assertThat(snapshots()).hasSize(3);
    assertThat(snapshots().get(1).path("parent")).isEqualTo(snapshots().get(0).path("id"));
  }

  private static String last(String lines) {
    return lines.lines().toList().getLast();
  }

  @Test
  void excludesAreRestics() throws Exception {
    quickToOpen();
    Path cache = Files.createDirectories(data.resolve("cache/deeper"));
    Files.writeString(
        data.resolve("cache/CACHEDIR.TAG"),
        "Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n");
    Files.writeString(cache.resolve("x"), "x");
    Path file =
        Files.writeString(home.resolve("excludes"), "# comment\n*.log\n\n$PREFIX/**/deep.txt\n");
    String[] words = {
      "backup",
      data.toString(),
      "--exclude-caches",
      "--exclude-file",
      file.toString(),
      "--iexclude",
      "EMPTY",
      "--exclude",
      "sp*[e]",
      "--exclude-larger-than",
      "1M"
    };
    terminal.with("PREFIX", data.toString());
    ours(words);
    List<String> saved = ours("ls", "latest").lines().toList();
    assertThat(saved)
        .noneMatch(line -> line.matches(".*(\\.log|deep.txt|empty|sparse|large|deeper.*)$"));
    assertThat(saved).anyMatch(line -> line.endsWith("/CACHEDIR.TAG"));
    Path listed = Files.writeString(home.resolve("list"), data + "/*.nothing-odd\n");
    assertThat(terminal.run(withRepo("backup", "--files-from", listed.toString())).code())
        .isEqualTo(ExitCode.NOT_FOUND);
    Files.writeString(listed, data + "/a/*\n# comment\n" + data + "/hard\n");
    ours("backup", "--files-from", listed.toString());
    assertThat(ours("ls", "latest", "--path", data + "/hard"))
        .contains(data + "/a/b/deep.txt", data + "/hard")
        .doesNotContain("sparse");
  }

  /** A process of its own, since a JVM decides at its start how it spells file names. */
  @Test
  void namesAreBytesWhateverTheLocale() throws Exception {
    quickToOpen();
    inCLocale("backup", ".", "--host", "reef");
    Path target = home.resolve("c-locale");
    inCLocale("restore", "latest", "--target", target.toString());
    same(data, target);
    Path theirs = home.resolve("theirs");
    restic("restore", "latest", "--target", theirs.toString());
    same(data, theirs);
  }

  private void inCLocale(String... words) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.holdfast.cli.Main",
                "repo"));
    command.addAll(List.of(words));
    ProcessBuilder java = new ProcessBuilder(command).directory(data.toFile()).inheritIO();
    java.environment().put("LC_ALL", "C");
    java.environment().put("RESTIC_REPOSITORY", place.toString());
    java.environment().put("HOLDFAST_PASSWORD", "kelp");
    java.environment().put("TZ", zone);
    assertThat(java.start().waitFor()).isZero();
  }

  /** Times are written with the zone of the process: in another zone every tree is another one. */
  @Test
  void inOneZoneBothMakeTheSameTreesAndInAnotherBothAreRead() throws Exception {
    quickToOpen();
    for (String one : new String[] {"Asia/Kolkata", "America/St_Johns", "UTC"}) {
      zone = one;
      inCLocale("backup", ".", "--host", "reef", "--force");
      restic("backup", ".", "--host", "reef", "--force");
      JsonNode list = snapshots();
      int last = list.size() - 1;
      assertThat(list.get(last).path("tree")).as(one).isEqualTo(list.get(last - 1).path("tree"));
    }
    assertThat(snapshots().get(0).path("time").asText()).endsWith("+05:30");
    zone = "Asia/Kolkata";
    assertThat(restic("backup", ".", "--host", "reef", "--json"))
        .contains("\"files_new\":0,\"files_changed\":0");
    assertThat(ours("snapshots").lines().toList().getLast()).isEqualTo("7 snapshots");
    check();
  }

  @Test
  void whatCannotBeReadIsSaidAndTheRestIsSaved() throws Exception {
    quickToOpen();
    Terminal.Result result =
        terminal.run(withRepo("backup", data.toString(), home.resolve("nothing").toString()));
    assertThat(result.code()).isEqualTo(ExitCode.PARTIAL);
    assertThat(result.err()).contains("nothing", "does not exist");
    assertThat(snapshots()).hasSize(1);
    Terminal.Result none = terminal.run(withRepo("backup", home.resolve("nothing").toString()));
    assertThat(none.code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(snapshots()).hasSize(1);
  }
}
