package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.lock.LockFile;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each verb does in a repository that somebody elsewhere has locked. */
@Tag("EBS-24")
class RepoLockTest {

  @TempDir Path home;
  private Path place;
  private Terminal terminal;
  private Repository repository;

  @BeforeEach
  void start() throws IOException {
    place = home.resolve("repository");
    Path data = Files.createDirectory(home.resolve("data"));
    Files.writeString(data.resolve("file"), "file");
    repository =
        Repository.init(
            Operation.start(),
            new DirectoryStore(place),
            "kelp",
            2,
            KeyFile.Cost.WEAK,
            null,
            new Repository.Identity("root", "reef"));
    terminal =
        Terminal.in(home)
            .with("HOLDFAST_PASSWORD", "kelp")
            .with("RESTIC_REPOSITORY", place.toString());
    assertThat(run("backup " + data).code()).isZero();
  }

  private Terminal.Result run(String words) {
    List<String> all = new ArrayList<>(List.of("repo"));
    all.addAll(List.of(words.split(" ")));
    return terminal.run(all.toArray(String[]::new));
  }

  private Id lock(boolean exclusive, Duration age) {
    LockFile file =
        new LockFile(
            Instant.now().minus(age).toString(), exclusive, "wreck", "diver", 7, null, null, null);
    return repository.save(Operation.start(), RepositoryKeys.LOCKS, Json.bytes(file));
  }

  private List<String> locks() throws IOException {
    if (!Files.exists(place.resolve("locks"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(place.resolve("locks"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "forget --keep-last 1",
        "prune",
        "check",
        "repair index",
        "repair snapshots",
        "repair snapshots -n",
        "key remove 12345678"
      })
  void whatRemovesIsKeptOutByWhoeverReads(String words) throws Exception {
    Id held = lock(false, Duration.ZERO);
    Terminal.Result result = run(words);
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.LOCKED);
    assertThat(result.err())
        .contains("locked by PID 7 on wreck by diver", held.shortText(), "--retry-lock");
    assertThat(locks()).containsExactly(held.toString());
    assertThat(run("snapshots").code()).isZero();
    assertThat(run("ls latest").code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "snapshots",
        "ls latest",
        "find file",
        "dump latest /",
        "stats",
        "diff latest latest",
        "restore latest --target .restored"
      })
  void whatReadsWaitsForWhatRemovesOrGoesWithoutALock(String words) throws Exception {
    String verb = words.replace(".restored", home.resolve("restored").toString());
    lock(true, Duration.ZERO);
    Terminal.Result result = run(verb);
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.LOCKED);
    assertThat(result.err()).contains("locked exclusively by PID 7 on wreck");
    assertThat(run(verb + " --no-lock").code()).as(verb).isZero();
    assertThat(locks()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backup .",
        "forget --keep-last 1",
        "prune",
        "repair index",
        "repair snapshots",
        "copy",
        "key remove 12345678"
      })
  void whatWritesIsNotDoneWithoutALock(String words) throws Exception {
    String from = words.equals("copy") ? " --from-repo " + place : "";
    terminal.with("HOLDFAST_FROM_PASSWORD", "kelp");
    Terminal.Result result = run(words + from + " --no-lock");
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.USAGE);
    try (Stream<Path> files = Files.list(place.resolve("snapshots"))) {
      assertThat(files).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"forget --keep-last 1", "prune", "repair snapshots", "check"})
  void aDryRunNeedsNoLock(String words) {
    lock(true, Duration.ZERO);
    String dry = words.equals("check") ? "" : " -n";
    assertThat(run(words + dry).code()).isEqualTo(ExitCode.LOCKED);
    Terminal.Result result = run(words + dry + " --no-lock");
    assertThat(result.code()).as(result.err()).isZero();
  }

  /** It has seen another's lock, and pauses before it looks again. */
  private static boolean waitsForALock(Thread thread) {
    List<String> methods =
        Arrays.stream(thread.getStackTrace()).map(StackTraceElement::getMethodName).toList();
    return methods.contains("patiently") && methods.contains("pause") && !methods.contains("take");
  }

  @Test
  void retryLockWaitsUntilTheOtherOneIsDone() throws Exception {
    Id held = lock(true, Duration.ZERO);
    FutureTask<Terminal.Result> forget =
        new FutureTask<>(() -> run("forget --keep-last 1 --retry-lock 5m"));
    Thread other = Thread.ofPlatform().start(forget);
    await().atMost(Duration.ofMinutes(2)).until(() -> waitsForALock(other));
    Files.delete(place.resolve("locks/" + held));
    assertThat(forget.get().code()).isZero();
    assertThat(locks()).isEmpty();
    lock(true, Duration.ZERO);
    assertThat(run("prune --retry-lock 1s").code()).isEqualTo(ExitCode.LOCKED);
    assertThat(run("prune --retry-lock soon").code()).isEqualTo(ExitCode.USAGE);
    assertThat(run("prune --retry-lock -1s").code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void unlockRemovesWhatNobodyRefreshed() throws Exception {
    Id held = lock(false, Duration.ofMinutes(3));
    lock(true, Duration.ofMinutes(31));
    Terminal.Result old = run("backup " + home.resolve("data"));
    assertThat(old.code()).isEqualTo(ExitCode.LOCKED);
    assertThat(old.err()).contains("not refreshed for 31 minutes", "holdfast repo unlock");
    assertThat(run("unlock").err()).contains("removed 1 lock");
    assertThat(locks()).containsExactly(held.toString());
    assertThat(run("unlock --remove-all").code()).isZero();
    assertThat(locks()).isEmpty();
    assertThat(run("unlock").err()).isEmpty();
  }
}
