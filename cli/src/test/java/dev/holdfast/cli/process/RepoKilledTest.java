package dev.holdfast.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Main;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups as processes, killed or interrupted while they write: restic finds no error. */
@Tag("EBS-24")
class RepoKilledTest {

  @TempDir Path folder;
  private Path place;
  private Path data;
  private Launched launched;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    place = folder.resolve("repository");
    data = Files.createDirectory(folder.resolve("data"));
    launched = Launched.in(folder);
    terminal =
        Terminal.in(folder)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_REPOSITORY", place.toString());
    Files.writeString(folder.resolve("password"), "kelp\n");
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

  @AfterEach
  void stop() {
    launched.endAll();
  }

  /** By their names alone: files that are being written come and go. */
  private long packs() {
    File[] directories = place.resolve("data").toFile().listFiles();
    return Stream.ofNullable(directories)
        .flatMap(Arrays::stream)
        .flatMap(directory -> Stream.ofNullable(directory.list()).flatMap(Arrays::stream))
        .filter(name -> name.length() == 64)
        .count();
  }

  @Test
  void tooLittleMemoryIsSaidSo() throws Exception {
    for (int i = 0; i < 4; i++) {
      byte[] bytes = new byte[24 << 20];
      new SplittableRandom(i).nextBytes(bytes);
      Files.write(data.resolve("large-" + i), bytes);
    }
    Path script = folder.resolve("holdfast");
    Files.writeString(
        script, Launched.java(Main.class).replace("-XX:+UseSerialGC", "-XX:+UseSerialGC -Xmx32m"));
    Launched.Running small =
        launched.start("repo", "backup", "-r", "repository", "-p", "password", "data");
    assertThat(small.code()).isEqualTo(ExitCode.FAILED);
    assertThat(small.err())
        .contains("the memory that this command may take is not enough", "--memory")
        .doesNotContain("\tat ");
  }

  /**
   * A backup of new data, stopped when it has written some packs. It cannot end before: one of its
   * files, the last one, is a hole that takes hours to read.
   */
  private Launched.Running stopped(RandomGenerator random, String signal) throws Exception {
    try (RandomAccessFile endless = new RandomAccessFile(endless().toFile(), "rw")) {
      endless.setLength(1L << 43);
    }
    for (int i = 0; i < 8; i++) {
      byte[] bytes = new byte[4 << 20];
      random.nextBytes(bytes);
      Files.write(data.resolve("file-" + i), bytes);
    }
    long before = packs();
    int more = 1 + random.nextInt(5);
    Launched.Running running =
        launched.start(
            "repo",
            "backup",
            "-r",
            "repository",
            "-p",
            "password",
            "--pack-size",
            "4",
            "--limit-upload",
            "20000",
            "data");
    await()
        .pollInterval(Duration.ofMillis(3))
        .until(() -> packs() >= before + more || !running.alive());
    assertThat(running.alive()).as(running.err()).isTrue();
    return running.signal(signal);
  }

  private Path endless() {
    return data.resolve("then-endless");
  }

  @Test
  void killedWhileItWrites() throws Exception {
    Seeded.check(
        2,
        random -> {
          assertThat(stopped(random, "KILL").code()).isEqualTo(137);
          noErrors();
        });
    // The lock of what was killed is in nobody's way, and what it stored is not stored again.
    Files.delete(endless());
    Terminal.Result backup = terminal.run("repo", "backup", data.toString());
    assertThat(backup.code()).as(backup.err()).isZero();
    assertThat(terminal.run("repo", "prune").code()).isZero();
    noErrors();
  }

  @Test
  void interruptedWhileItWrites() throws Exception {
    Seeded.check(
        1,
        random -> {
          Launched.Running running = stopped(random, "INT");
          assertThat(running.code()).isEqualTo(ExitCode.INTERRUPTED);
          assertThat(running.err()).contains("Interrupted").doesNotContain("\tat ");
          try (Stream<Path> locks = Files.list(place.resolve("locks"))) {
            assertThat(locks).isEmpty();
          } catch (java.nio.file.NoSuchFileException e) {
            // an empty directory need not be there
          }
          noErrors();
        });
  }

  private void noErrors() throws Exception {
    Terminal.Result check = terminal.run("repo", "check", "--read-data", "--no-lock");
    assertThat(check.out()).as(check.err()).contains("no errors were found");
    if (resticIsThere()) {
      Path out = Files.createTempFile(folder, "restic", ".out");
      ProcessBuilder restic =
          new ProcessBuilder("restic", "--no-cache", "-r", place.toString(), "check", "--no-lock")
              .redirectErrorStream(true)
              .redirectOutput(out.toFile());
      restic.environment().put("RESTIC_PASSWORD", "kelp");
      assertThat(restic.start().waitFor()).as(Files.readString(out)).isZero();
    }
  }

  private static boolean resticIsThere() throws InterruptedException {
    try {
      return new ProcessBuilder("restic", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
