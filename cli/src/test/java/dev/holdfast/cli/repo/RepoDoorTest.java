package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Json;
import dev.holdfast.s3server.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a repository is named, where its password comes from, and what is said when it is wrong. */
class RepoDoorTest {

  @TempDir Path home;
  private Terminal terminal;
  private Path place;

  @BeforeEach
  void start() {
    terminal = Terminal.in(home);
    place = home.resolve("repository");
  }

  private String done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code())
        .as("%s%n%s%s", String.join(" ", words), result.out(), result.err())
        .isZero();
    return result.out();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(home.resolve(name), text);
  }

  @Test
  void passwordsComeFromEachPlaceInItsOrderAndAreTrimmed() throws IOException {
    String file = file("password", " kelp\n").toString();
    done("repo", "init", "-r", place.toString(), "--password-file", file);
    String wrong = file("wrong", "wrack").toString();
    Terminal mixed =
        Terminal.in(home)
            .with("RESTIC_REPOSITORY", place.toString())
            .with("RESTIC_PASSWORD", "wrack")
            .with("HOLDFAST_PASSWORD", "wrack");
    assertThat(mixed.run("repo", "snapshots").code()).isEqualTo(ExitCode.WRONG_KEY);
    assertThat(mixed.run("repo", "snapshots", "-p", file).code()).isZero();
    assertThat(mixed.run("repo", "snapshots", "--password-command", "printf 'kelp\\n'").code())
        .isZero();
    assertThat(mixed.with("HOLDFAST_PASSWORD", "kelp\n").run("repo", "snapshots").code()).isZero();
    Terminal restics = Terminal.in(home).with("RESTIC_REPOSITORY", place.toString());
    assertThat(restics.with("RESTIC_PASSWORD", "kelp").run("repo", "snapshots").code()).isZero();
    assertThat(restics.with("RESTIC_PASSWORD_FILE", wrong).run("repo", "snapshots").code())
        .isEqualTo(ExitCode.WRONG_KEY);
    assertThat(
            Terminal.in(home)
                .interactive(80, "kelp\n")
                .run("repo", "snapshots", "-r", place.toString())
                .code())
        .isZero();
  }

  @Test
  void theRepositoryMayStandBeforeTheVerbAsResticUsersTypeIt() {
    terminal.with("HOLDFAST_PASSWORD", "kelp");
    done("repo", "-r", place.toString(), "init");
    assertThat(done("repo", "--json", "--repo", place.toString(), "snapshots")).isEqualTo("[]\n");
    assertThat(terminal.run("repo", "-r", place.toString()).code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void whatIsMissingOrWrongHasItsCodeAndNextStep() {
    Terminal known = terminal.with("HOLDFAST_PASSWORD", "kelp");
    Terminal.Result none = known.run("repo", "snapshots", "-r", place.toString());
    assertThat(none.code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(none.err()).contains("There is no repository at", "holdfast repo init");
    assertThat(known.run("repo", "snapshots").err()).contains("--repo is missing");
    Terminal.Result sftp = known.run("repo", "snapshots", "-r", "sftp:host:/srv");
    assertThat(sftp.code()).isEqualTo(ExitCode.FAILED);
    assertThat(sftp.err()).contains("sftp:… is not supported");
    done("repo", "init", "-r", place.toString());
    Terminal.Result twice = known.run("repo", "init", "-r", place.toString());
    assertThat(twice.code()).isEqualTo(ExitCode.FAILED);
    assertThat(twice.err()).contains("already");
    Terminal.Result absent = known.run("repo", "snapshots", "-r", place.toString(), "0123abcd");
    assertThat(absent.code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(Terminal.in(home).run("repo", "snapshots", "-r", place.toString()).err())
        .contains("There is no password", "--password-file");
    assertThat(
            terminal
                .with("HOLDFAST_PASSWORD", "wrack")
                .run("repo", "snapshots", "-r", place.toString())
                .err())
        .doesNotContain("wrack");
  }

  @Test
  @Tag("EBS-24")
  void theRepositoryOfANamespaceLiesWhereVeleroPutsIt() {
    terminal.with("HOLDFAST_PASSWORD", "kelp");
    done("repo", "init", "--location", place.toString(), "--namespace", "shop");
    assertThat(place.resolve("restic/shop/config")).exists();
    assertThat(
            done(
                "repo",
                "snapshots",
                "--location",
                place.toString(),
                "--namespace",
                "shop",
                "--json"))
        .isEqualTo("[]\n");
    assertThat(
            terminal
                .run("repo", "snapshots", "--location", place.toString(), "--namespace", "../x")
                .code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void velerosPasswordOpensForReadingOnly() {
    Terminal velero = Terminal.in(home).with("HOLDFAST_PASSWORD", "static-passw0rd");
    String[] where = {"--location", place.toString(), "--namespace", "shop"};
    assertThat(velero.run("repo", "init", where[0], where[1], where[2], where[3]).code()).isZero();
    Terminal.Result read =
        Terminal.in(home).run("repo", "snapshots", where[0], where[1], where[2], where[3]);
    assertThat(read.code()).isZero();
    assertThat(read.err()).contains("Velero's published password");
    assertThat(Terminal.in(home).run("repo", "init", "-r", home.resolve("new").toString()).code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aBucketIsNamedAsResticNamesIt() throws Exception {
    Path buckets = Files.createDirectory(home.resolve("buckets"));
    try (S3Server server = S3Server.start(S3Server.Options.MEMORY.at(buckets)).bucket("kelp")) {
      String url = "s3:" + server.endpoint() + "/kelp/site/one";
      System.setProperty("aws.accessKeyId", server.accessKey());
      System.setProperty("aws.secretAccessKey", server.secretKey());
      try {
        terminal.with("HOLDFAST_PASSWORD", "kelp");
        done("repo", "init", "-r", url);
        var list = Json.MAPPER.readTree(done("repo", "snapshots", "-r", url, "--json"));
        assertThat(list.isArray()).isTrue();
      } finally {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
      }
      try (var files = Files.walk(buckets)) {
        assertThat(files.map(Path::toString)).anyMatch(path -> path.endsWith("site/one/config"));
      }
    }
  }
}
