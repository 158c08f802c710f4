package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Claim;
import dev.holdfast.archive.Documents;
import dev.holdfast.engine.backup.Pruning.Decision;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Times;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("SF-1")
class BackupsTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  @TempDir Path folder;
  private DirectoryStore store;
  private Backups backups;
  private final Operation op =
      Operation.start(Clock.fixed(NOW, ZoneOffset.UTC), new SplittableRandom(1));

  @BeforeEach
  void start() {
    store = new DirectoryStore(folder);
    backups = new Backups(store);
  }

  private void put(String name, String namespace, Instant time, String phase) {
    put(name, namespace, time, phase, time.plus(Duration.ofDays(30)));
  }

  private void put(String name, String namespace, Instant time, String phase, Instant expires) {
    var spec =
        Json.read(
            ("{\"includedNamespaces\":[\"" + namespace + "\"]}").getBytes(StandardCharsets.UTF_8),
            Backup.Spec.class,
            "spec");
    var status =
        Json.read(
            Json.bytes(
                java.util.Map.of(
                    "phase",
                    phase,
                    "version",
                    1,
                    "formatVersion",
                    "1.1.0",
                    "startTimestamp",
                    Times.text(time),
                    "expiration",
                    Times.text(expires))),
            Backup.Status.class,
            "status");
    var document =
        new Backup(Backup.API_VERSION, Backup.KIND, ObjectMeta.named("velero", name), spec, status);
    BackupKeys keys = new BackupKeys(name);
    write(keys.archive(), "x");
    write(keys.claim(), "{}");
    store.put(op, keys.backupJson(), Documents.backup(document), PutOptions.NONE);
  }

  private void write(String key, String text) {
    store.put(op, key, text.getBytes(StandardCharsets.UTF_8), PutOptions.NONE);
  }

  private List<String> names() {
    return backups.list(op).stream().map(Backups.Listed::name).toList();
  }

  private static List<String> chosen(List<Decision> decisions, Predicate<Decision> which) {
    return decisions.stream().filter(which).map(Decision::name).toList();
  }

  private static KeepPolicy keep(int last, int daily, int weekly, int monthly, int yearly) {
    return new KeepPolicy(last, daily, weekly, monthly, yearly, null, false);
  }

  @Test
  void listsWhatVeleroMade() {
    try (var bucket = new DirectoryStore(Fixtures.path("velero-bucket"))) {
      var list = new Backups(bucket).list(op);
      assertThat(list.stream().map(Backups.Listed::name))
          .containsExactly("harbour-crane", "harbour-full");
      assertThat(list).allMatch(backup -> backup.problem() == null);
      assertThat(new Backups(bucket).logs(op, "harbour-full", null)).contains("level=info");
    }
  }

  @Test
  void oneThatCannotBeReadDoesNotHideTheOthers() {
    put("good", "shop", NOW, "Completed");
    write("backups/bad/velero-backup.json", "{");
    write("backups/begun/begun.tar.gz", "x");
    assertThat(backups.list(op))
        .extracting(Backups.Listed::phase)
        .containsExactly("Unreadable", "Completed");
    assertThat(names()).containsExactly("bad", "good");
  }

  @Test
  void anAbsentOneIsAbsent() {
    assertThatThrownBy(() -> backups.get(op, "nothing"))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("no backup 'nothing'");
    assertThatThrownBy(() -> backups.delete(op, "nothing")).isInstanceOf(Failure.Absent.class);
  }

  @Test
  void deletingBeginsWithTheDocumentAndEndsWithNothing() throws IOException {
    put("old", "shop", NOW, "Completed");
    write("plugins/holdfast/backups/old/uid/verified.json", "{}");
    put("older", "shop", NOW, "Completed");
    for (int n = 1; ; n++) {
      put("old", "shop", NOW, "Completed");
      var dying = new DyingStore(store, n, DyingStore.Death.FOR_GOOD_BEFORE);
      try {
        new Backups(dying).delete(op, "old");
        break;
      } catch (Failure.Unreachable e) {
        boolean whole = Files.exists(folder.resolve("backups/old/old.tar.gz"));
        assertThat(backups.exists(op, "old")).as("operation " + n).isIn(whole, false);
      }
    }
    assertThat(names()).containsExactly("older");
    assertThat(folder.resolve("plugins/holdfast/backups/old")).doesNotExist();
    assertThat(folder.resolve("backups/old")).doesNotExist();
  }

  @Test
  void oneThatIsBeingWrittenIsNeitherDeletedNorPruned() throws IOException {
    write(
        new BackupKeys("busy").claim(),
        new String(Claim.create("r", "w", NOW.minusSeconds(60)).toBytes(), StandardCharsets.UTF_8));
    age();
    assertThatThrownBy(() -> backups.delete(op, "busy")).isInstanceOf(Failure.Locked.class);
    assertThat(backups.prune(op, keep(1, 0, 0, 0, 0), false))
        .containsExactly(new Decision("busy", true, "is being written"));
  }

  @Test
  void whatADeadRunLeftIsCollected() throws IOException {
    write(
        new BackupKeys("dead").claim(),
        new String(
            Claim.create("r", "w", NOW.minus(Duration.ofHours(3))).toBytes(),
            StandardCharsets.UTF_8));
    write("backups/dead/dead.tar.gz", "x");
    write("backups/half-deleted/half-deleted.tar.gz", "x");
    age();
    put("good", "shop", NOW.minus(Duration.ofDays(400)), "Completed");
    var decisions = backups.prune(op, KeepPolicy.ALL, true);
    assertThat(chosen(decisions, d -> !d.keep())).containsExactly("dead", "half-deleted");
    assertThat(folder.resolve("backups/dead/dead.tar.gz")).as("a dry run").exists();
    backups.prune(op, KeepPolicy.ALL, false);
    assertThat(folder.resolve("backups/dead")).doesNotExist();
    assertThat(folder.resolve("backups/half-deleted")).doesNotExist();
    assertThat(names()).containsExactly("good");
  }

  private void age() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(NOW.minus(Duration.ofHours(2))));
      }
    }
  }

  @Test
  void keepsTheNewestOfEachDayWeekMonthAndYear() {
    IntStream.concat(IntStream.range(0, 60), IntStream.of(320, 325, 326, 690, 700))
        .forEach(day -> put("b-" + day, "shop", NOW.minus(Duration.ofDays(day)), "Completed"));
    var kept = chosen(backups.prune(op, keep(2, 3, 2, 3, 2), true), Decision::keep);
    // NOW is a Saturday: the week before ended six days ago; October ended 21 days ago.
    assertThat(kept).containsExactlyInAnyOrder("b-0", "b-1", "b-2", "b-6", "b-21", "b-52", "b-325");
  }

  @Test
  void backupsOfOtherThingsAreJudgedApart() {
    put("bank-1", "bank", NOW.minus(Duration.ofDays(20)), "Completed");
    for (int i = 1; i <= 4; i++) {
      put("shop-" + i, "shop", NOW.minus(Duration.ofDays(i)), "Completed");
    }
    backups.prune(op, keep(2, 0, 0, 0, 0), false);
    assertThat(names()).containsExactly("bank-1", "shop-1", "shop-2");
  }

  @Test
  void theNewestCompleteOneStaysWhateverFailsAfterIt() {
    put("good", "shop", NOW.minus(Duration.ofDays(9)), "Completed", NOW.minus(Duration.ofDays(1)));
    for (int i = 1; i <= 4; i++) {
      put("partial-" + i, "shop", NOW.minus(Duration.ofDays(i)), "PartiallyFailed");
    }
    put("failed", "shop", NOW.minus(Duration.ofDays(1)), "Failed");
    put("failed-before", "shop", NOW.minus(Duration.ofDays(10)), "Failed");
    backups.prune(op, new KeepPolicy(1, 0, 0, 0, 0, null, true), false);
    assertThat(names()).containsExactly("failed", "good", "partial-1");
  }

  @Test
  void expiredOnesGoOnlyOnRequest() {
    put("new", "shop", NOW, "Completed");
    put("old", "shop", NOW.minus(Duration.ofDays(40)), "Completed", NOW.minus(Duration.ofDays(10)));
    assertThat(chosen(backups.prune(op, KeepPolicy.ALL, true), d -> !d.keep())).isEmpty();
    var policy = new KeepPolicy(0, 0, 0, 0, 0, null, true);
    assertThat(chosen(backups.prune(op, policy, true), d -> !d.keep())).containsExactly("old");
  }

  @Test
  void withinKeepsAllThatAreYounger() {
    for (int i = 1; i <= 9; i++) {
      put("b-" + i, "shop", NOW.minus(Duration.ofDays(i)), "Completed");
    }
    @Nullable Duration within = Duration.ofDays(3).plusHours(1);
    var policy = new KeepPolicy(0, 0, 0, 0, 0, within, false);
    assertThat(chosen(backups.prune(op, policy, true), Decision::keep))
        .containsExactly("b-1", "b-2", "b-3");
  }

  @Test
  void whateverThePolicyTheNewestStaysAndMoreRulesKeepMore() {
    Seeded.check(
        12,
        random -> {
          var location = new DirectoryStore(folder.resolve("p" + random.nextInt()));
          store = location;
          backups = new Backups(location);
          int count = 1 + random.nextInt(12);
          for (int i = 0; i < count; i++) {
            put("b-" + i, "shop", NOW.minus(Duration.ofHours(random.nextInt(3000))), "Completed");
          }
          int last = random.nextInt(4);
          int daily = 1 + random.nextInt(3);
          var some = chosen(backups.prune(op, keep(last, daily, 0, 0, 0), true), Decision::keep);
          var more =
              chosen(backups.prune(op, keep(last + 1, daily, 2, 0, 0), true), Decision::keep);
          assertThat(more).containsAll(some);
          assertThat(some).hasSizeBetween(1, last + daily);
          backups.prune(op, keep(last, daily, 0, 0, 0), false);
          assertThat(names()).containsExactlyInAnyOrderElementsOf(some);
          assertThat(backups.prune(op, keep(last, daily, 0, 0, 0), true))
              .as("pruning again finds nothing")
              .allMatch(Decision::keep);
        });
  }

  @Test
  void aPolicyCannotBeNegative() {
    assertThatThrownBy(() -> keep(-1, 0, 0, 0, 0)).isInstanceOf(Failure.Invalid.class);
  }
}
