package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.s3server.Gate;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import dev.holdfast.store.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every verb on a bucket, with restic beside us, and cut off from it midway. */
@Tag("EBS-24")
class RepoOnS3Test {

  @TempDir Path home;
  private S3Server server;
  private Gate gate;
  private Path data;
  private String url;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    Path buckets = Files.createDirectory(home.resolve("buckets"));
    server = S3Server.start(S3Server.Options.MEMORY.at(buckets)).bucket("kelp");
    gate = Gate.before(server);
    System.setProperty("aws.accessKeyId", server.accessKey());
    System.setProperty("aws.secretAccessKey", server.secretKey());
    data = Files.createDirectory(home.resolve("data"));
    byte[] large = new byte[300_000];
    new SplittableRandom(5).nextBytes(large);
    Files.write(data.resolve("large"), large);
    Files.writeString(Files.createDirectory(data.resolve("a")).resolve("deep.txt"), "deep\n");
    url = "s3:" + gate.endpoint() + "/kelp/site/one";
    quickToOpen(url, "kelp");
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_HOST", "reef")
            .with("RESTIC_REPOSITORY", url);
  }

  @AfterEach
  void stop() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    gate.close();
    server.close();
  }

  /** Its password costs a thousandth of what {@code init} makes it cost. */
  private static void quickToOpen(String url, String password) {
    var transport = new RepositoryUrl.Transport(null, false, null);
    try (ObjectStore store =
        Locations.open(RepositoryUrl.parse(url, transport), Credentials.FILES)) {
      var _ =
          Repository.init(
              Operation.start(),
              store,
              password,
              2,
              KeyFile.Cost.WEAK,
              null,
              new Repository.Identity("root", "reef"));
    }
  }

  private Terminal.Result run(String... words) {
    List<String> all = new ArrayList<>(List.of("repo"));
    all.addAll(List.of(words));
    return terminal.run(all.toArray(String[]::new));
  }

  private String ours(String... words) {
    Terminal.Result result = run(words);
    assertThat(result.code())
        .as("%s%n%s%n%s", String.join(" ", words), result.out(), result.err())
        .isZero();
    return result.out();
  }

  private List<Path> objects(String below) throws IOException {
    Path folder = home.resolve("buckets/kelp/site/one").resolve(below);
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private String restic(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("restic", "--no-cache", "-r", url));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(home, "restic", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("RESTIC_PASSWORD", "kelp");
    builder.environment().put("AWS_ACCESS_KEY_ID", server.accessKey());
    builder.environment().put("AWS_SECRET_ACCESS_KEY", server.secretKey());
    int status = builder.start().waitFor();
    String text = Files.readString(out);
    assertThat(status).as(text).isZero();
    return text;
  }

  private static boolean resticIsThere() throws InterruptedException {
    try {
      return new ProcessBuilder("restic", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void saveTwice() throws IOException {
    ours("backup", data.toString(), "--tag", "one");
    Files.writeString(data.resolve("a/new"), "new\n");
    ours("backup", data.toString(), "--tag", "two");
  }

  @Test
  void savedLookedIntoAndRestored() throws Exception {
    saveTwice();
    assertThat(Json.MAPPER.readTree(ours("snapshots", "--json"))).hasSize(2);
    assertThat(ours("ls", "latest")).contains(data + "/a/new");
    assertThat(ours("find", "deep.*")).contains(data + "/a/deep.txt");
    assertThat(ours("stats")).contains("Snapshots processed");
    assertThat(ours("diff", id(0), id(1))).contains("+    " + data + "/a/new");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    terminal.piped(new ByteArrayInputStream(new byte[0]), out);
    ours("dump", "latest", data + "/large");
    assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(data.resolve("large")));
    Path target = home.resolve("target");
    ours("restore", "latest:" + data, "--target", target.toString(), "--verify");
    assertThat(target.resolve("large")).hasSameBinaryContentAs(data.resolve("large"));
    assertThat(target.resolve("a/new")).hasContent("new");
    assertThat(ours("check", "--read-data")).contains("no errors were found");
    assertThat(objects("locks")).isEmpty();
  }

  private String id(int index) throws IOException {
    return Json.MAPPER.readTree(ours("snapshots", "--json")).path(index).path("short_id").asText();
  }

  @Test
  void resticAndWeInTurn() throws Exception {
    assumeTrue(resticIsThere(), "the restic command is not installed: skipped");
    saveTwice();
    restic("backup", data.toString(), "--host", "reef");
    assertThat(restic("check", "--read-data")).contains("no errors were found");
    ours("forget", "--keep-last", "1", "--prune", "--max-unused", "0");
    assertThat(restic("check", "--read-data")).contains("no errors were found");
    restic("forget", "latest", "--prune");
    assertThat(ours("check", "--read-data")).contains("no errors were found");
    assertThat(objects("data")).isEmpty();
  }

  @Test
  void copiesLocksAndPasswords() throws Exception {
    saveTwice();
    String copy = "s3:" + gate.endpoint() + "/kelp/site/two";
    quickToOpen(copy, "laver");
    terminal.with("RESTIC_REPOSITORY", copy).with("HOLDFAST_PASSWORD", "laver");
    terminal.with("HOLDFAST_FROM_PASSWORD", "kelp");
    assertThat(ours("copy", "--from-repo", url)).contains("saved, copied from source snapshot");
    assertThat(ours("copy", "--from-repo", url)).doesNotContain("saved, copied");
    assertThat(ours("check", "--read-data")).contains("no errors were found");
    terminal.with("RESTIC_REPOSITORY", url).with("HOLDFAST_PASSWORD", "kelp");
    Path lock = home.resolve("buckets/kelp/site/one/locks/" + "1".repeat(64));
    Files.createDirectories(lock.getParent());
    Files.writeString(lock, "torn");
    assertThat(run("prune").code()).isEqualTo(ExitCode.LOCKED);
    ours("unlock", "--remove-all");
    ours("prune");
    assertThat(run("key", "remove", "ffffffff").code()).isEqualTo(ExitCode.NOT_FOUND);
    String password = Files.writeString(home.resolve("new"), "wrack\n").toString();
    ours("key", "passwd", "--new-password-file", password);
    assertThat(objects("keys")).hasSize(1);
    assertThat(run("key", "list").code()).isEqualTo(ExitCode.WRONG_KEY);
    terminal.with("HOLDFAST_PASSWORD", "wrack");
    assertThat(ours("key", "list").lines().filter(line -> line.startsWith("*"))).hasSize(1);
  }

  @Test
  void damageIsFoundAndMended() throws Exception {
    saveTwice();
    Files.delete(objects("index").getFirst());
    assertThat(run("check").code()).isEqualTo(ExitCode.DAMAGED);
    ours("repair", "index");
    assertThat(ours("check")).contains("no errors were found");
    Path pack =
        objects("data").stream()
            .filter(file -> file.toFile().length() > 290_000)
            .findFirst()
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(pack);
    bytes[99] ^= 1;
    Files.write(pack, bytes);
    assertThat(run("check", "--read-data").code()).isEqualTo(ExitCode.DAMAGED);
    Terminal.Result restore = run("restore", "latest", "--target", home.resolve("t").toString());
    assertThat(restore.code()).isEqualTo(ExitCode.PARTIAL);
    assertThat(restore.err()).contains(data + "/large");
    assertThat(home.resolve("t" + data + "/a/new")).hasContent("new");
    assertThat(run("repair", "packs", pack.getFileName().toString()).out()).contains("lost 1");
    ours("repair", "snapshots", "--forget");
    assertThat(ours("check", "--read-data")).contains("no errors were found");
  }

  /** As if the process, or its way to the bucket, had ended; VerbFaultsTest tries every write. */
  @Test
  void cutOffAfterSomeWrites() throws Exception {
    for (String[] words :
        new String[][] {
          {"backup", data.toString()},
          {"forget", "--keep-last", "1", "--prune", "--max-unused", "0"}
        }) {
      boolean cut = true;
      for (int writes = 0; cut; writes += 3) {
        Files.writeString(data.resolve("a/round"), String.join(" ", words) + writes);
        ours("backup", data.toString());
        int[] left = {writes};
        gate.rule(request ->
            !request.startsWith("GET") && !request.startsWith("HEAD") && left[0]-- <= 0
                ? Gate.Verdict.error(403, "AccessDenied")
                : Gate.Verdict.PASS);
        Terminal.Result result = run(words);
        gate.rule(_ -> Gate.Verdict.PASS);
        cut = result.code() != 0 || left[0] < 0;
        if (result.code() != 0) {
          assertThat(result.err()).contains("Error: ").doesNotContain("\tat ");
        }
        assertThat(run("check", "--read-data", "--no-lock").code()).as(result.err()).isZero();
        ours("unlock", "--remove-all");
        ours(words);
        assertThat(ours("check", "--read-data")).contains("no errors were found");
        assertThat(writes).isLessThan(60);
      }
    }
  }
}
