package dev.holdfast.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.sandbox.http.Faults.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, kill -9 and two at once, with processes: what they leave, and that it goes on. */
class InterruptTest {

  private static final int ITEMS = 40;

  @TempDir Path folder;
  private Shore shore;
  private Path location;
  private Terminal terminal;
  private Launched launched;

  @BeforeEach
  void start() throws IOException {
    shore = new Shore(folder);
    location = folder.resolve("backups");
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig().toString(), "--location", location + "");
    launched = Launched.in(folder);
    for (int i = 0; i < ITEMS; i++) {
      shore.configMap("many-" + i, "x");
    }
  }

  @AfterEach
  void stop() {
    launched.endAll();
    shore.close();
  }

  private Launched.Running start(String... words) throws IOException {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--kubeconfig", "./kubeconfig", "--location", "./backups"));
    return launched.start(all.toArray(String[]::new));
  }

  private Terminal.Result done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code()).as("%s%n%s", String.join(" ", words), result.err()).isZero();
    return result;
  }

  private long present() {
    return java.util.stream.IntStream.range(0, ITEMS)
        .filter(i -> shore.has("configmaps/shop/many-" + i))
        .count();
  }

  /** A restore of the shop that has made some of its items and waits for an answer. */
  private Launched.Running halfRestored() throws IOException {
    done("backup", "create", "shop", "-n", "shop");
    shore.delete("namespaces/shop");
    AtomicInteger created = new AtomicInteger();
    shore
        .sandbox()
        .faults()
        .often(
            Kind.SILENCE,
            1,
            request ->
                request.method().equals("POST")
                    && request.path().endsWith("/configmaps")
                    && created.incrementAndGet() > ITEMS / 4);
    Launched.Running running =
        start("restore", "create", "back", "--from-backup", "shop", "--parallel", "1");
    await().until(() -> created.get() > ITEMS / 4 || !running.alive());
    assertThat(running.alive()).as(running.err()).isTrue();
    return running;
  }

  /** A backup of the shop that waits for the answer to a list. */
  private Launched.Running halfSaved() throws IOException {
    CountDownLatch asked = new CountDownLatch(1);
    shore
        .sandbox()
        .faults()
        .next(
            Kind.SILENCE,
            1,
            request -> {
              boolean list =
                  request.method().equals("GET")
                      && request.path().endsWith("/configmaps")
                      && !request.flag("watch");
              if (list) {
                asked.countDown();
              }
              return list;
            });
    Launched.Running running = start("backup", "create", "shop", "-n", "shop");
    await().until(() -> asked.getCount() == 0 || !running.alive());
    assertThat(running.alive()).as(running.err()).isTrue();
    return running;
  }

  private void assertWholeAgain() {
    assertThat(present()).isEqualTo(ITEMS);
    assertThat(shore.has("secrets/shop/key")).isTrue();
    assertThat(shore.has("services/shop/web")).isTrue();
    assertThat(done("restore", "get", "back").out()).contains("Completed");
    assertThat(done("restore", "plan", "--from-backup", "shop").out())
        .contains("identical")
        .doesNotContain("create")
        .doesNotContain("differs");
  }

  @Test
  @Tag("SF-23")
  void controlCDuringABackupLeavesNothingAndTheNameIsFree() throws Exception {
    Launched.Running running = halfSaved().signal("INT");
    assertThat(running.code()).as(running.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(running.err()).contains("Interrupted").doesNotContain("\tat ");
    assertThat(running.out()).isEmpty();
    assertThat(location.resolve("backups/shop")).doesNotExist();
    shore.sandbox().faults().clear();
    done("backup", "create", "shop", "-n", "shop");
  }

  @Test
  @Tag("SF-23")
  void controlCDuringARestoreStopsItAndTheSameCommandGoesOn() throws Exception {
    Launched.Running running = halfRestored().signal("INT");
    assertThat(running.code()).as(running.err()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(running.err()).contains("Interrupted").doesNotContain("\tat ");
    shore.sandbox().faults().clear();
    assertThat(present()).isBetween(1L, ITEMS - 1L);
    done("restore", "create", "back", "--from-backup", "shop");
    assertWholeAgain();
  }

  @Test
  @Tag("EMF-14")
  void aRestoreThatWasKilledIsResumed() throws Exception {
    Launched.Running running = halfRestored().signal("KILL");
    assertThat(running.code()).isEqualTo(137);
    shore.sandbox().faults().clear();
    assertThat(present()).isBetween(1L, ITEMS - 1L);
    assertThat(done("restore", "resume", "back").out()).startsWith("Restore back Completed: ");
    assertWholeAgain();
    assertThat(done("restore", "resume", "back").out())
        .isEqualTo("Restore back has ended already: Completed\n");
  }

  @Test
  void ofTwoBackupsWithOneNameTheSecondIsLockedOut() throws Exception {
    Launched.Running first = halfSaved();
    Terminal.Result second = terminal.run("backup", "create", "shop", "-n", "shop");
    assertThat(second.code()).as(second.err()).isEqualTo(ExitCode.LOCKED);
    assertThat(second.err()).contains("Error: ").contains("shop").contains("\n  → ");
    shore.sandbox().faults().clear();
    assertThat(first.code()).as(first.err()).isZero();
    done("backup", "verify", "shop");
  }

  @Test
  void aBackupThatWasKilledIsNoBackup() throws Exception {
    assertThat(halfSaved().signal("KILL").code()).isEqualTo(137);
    shore.sandbox().faults().clear();
    assertThat(terminal.run("backup", "get", "-o", "name").out()).doesNotContain("shop");
    assertThat(terminal.run("restore", "create", "--from-backup", "shop").code())
        .isEqualTo(ExitCode.NOT_FOUND);
    Path claim = location.resolve("backups/shop/holdfast-claim.json");
    assertThat(claim).exists();
    assertThat(Files.readString(claim)).contains("\"run\"");
  }
}
