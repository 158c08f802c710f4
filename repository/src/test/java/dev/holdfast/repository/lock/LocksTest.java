package dev.holdfast.repository.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.fault.FaultyStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may work beside whom, what is given up and what is cleared; restic is held to it, too. */
class LocksTest {

  private static final Repository.Identity US = new Repository.Identity("kelp", "shore");

  /** A clock that a test moves. */
  private static final class Hands extends Clock {
    volatile Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    void jump(Duration by) {
      now = now.plus(by);
    }
  }

  @TempDir Path folder;
  private final Hands clock = new Hands();
  private final Operation op = Operation.start(clock, new SplittableRandom(1));
  private Path place;
  private Repository repository;
  private Locks locks;

  @BeforeEach
  void init() {
    place = folder.resolve("repository");
    repository =
        Repository.init(op, new DirectoryStore(place), "kelp", 2, KeyFile.Cost.WEAK, null, US);
    locks = new Locks(repository, new ProcessHolder(US), Locks.Timing.DEFAULT);
  }

  private List<Id> files() {
    return locks.list(op).stream().map(Locks.Found::id).toList();
  }

  private Id write(LockFile file) {
    return repository.save(op, RepositoryKeys.LOCKS, Json.bytes(file));
  }

  private LockFile restics(String host, long pid, Duration age) {
    return new LockFile(op.now().minus(age).toString(), false, host, "kelp", pid, null, null, null);
  }

  @Test
  void sharedLocksStandBesideEachOtherAndAnExclusiveOneAlone() {
    try (HeldLock _ = locks.shared(op);
        HeldLock _ = locks.shared(op)) {
      assertThat(files()).hasSize(2);
      assertThatThrownBy(() -> locks.exclusive(op))
          .isInstanceOf(Failure.Locked.class)
          .hasMessageContaining("PID " + ProcessHandle.current().pid() + " on shore by kelp");
      assertThat(files()).hasSize(2);
    }
    assertThat(files()).isEmpty();
    try (HeldLock _ = locks.exclusive(op)) {
      assertThatThrownBy(() -> locks.shared(op)).isInstanceOf(Failure.Locked.class);
      assertThatThrownBy(() -> locks.exclusive(op)).isInstanceOf(Failure.Locked.class);
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void aRefreshLeavesOneLockWithTheNewTimeAndSurvivesClockJumps() {
    try (HeldLock lock = locks.exclusive(op)) {
      Id first = lock.id();
      for (Duration jump : List.of(Duration.ofHours(5), Duration.ofDays(-2))) {
        clock.jump(jump);
        lock.check();
        assertThat(files()).containsExactly(lock.id());
        assertThat(lock.id()).isNotEqualTo(first);
        assertThat(locks.list(op).getFirst().file())
            .extracting(LockFile::written)
            .isEqualTo(op.now());
      }
    }
  }

  @Test
  void aLockThatSomebodyRemovedEndsWhatItProtects() {
    try (HeldLock lock = locks.exclusive(op)) {
      assertThat(locks.unlock(op, false)).isZero();
      assertThat(locks.unlock(op, true)).isEqualTo(1);
      assertThat(lock.refresh()).isFalse();
      assertThatThrownBy(lock::check)
          .isInstanceOf(Failure.Locked.class)
          .hasMessageContaining("Somebody removed our lock");
      assertThat(op.cancelled()).isTrue();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void onlyWhatIsProvenToBeGoneIsClearedUnasked() {
    long dead = Integer.MAX_VALUE;
    LockFile ours = new ProcessHolder(US).lock(false, op.now());
    write(new LockFile(ours.time(), true, "shore", "kelp", dead, null, null, ours.origin()));
    write(restics("shore", dead, Duration.ofMinutes(8)));
    locks.exclusive(op).close();
    assertThat(files()).isEmpty();
    for (LockFile doubtful :
        List.of(
            restics("shore", dead, Duration.ofMinutes(2)),
            restics("elsewhere", dead, Duration.ofMinutes(40)),
            restics("shore", ProcessHandle.current().pid(), Duration.ofMinutes(40)))) {
      Id id = write(doubtful);
      assertThatThrownBy(() -> locks.exclusive(op)).isInstanceOf(Failure.Locked.class);
      assertThat(files()).containsExactly(id);
      assertThat(locks.unlock(op, false)).isEqualTo(1);
    }
    write(restics("elsewhere", dead, Duration.ofMinutes(29)));
    assertThat(locks.unlock(op, false)).isZero();
  }

  @Test
  void anEmptyLockIsNoneAndADamagedOneIsNamed() throws Exception {
    Path lockFolder = Files.createDirectories(place.resolve("locks"));
    Files.createFile(lockFolder.resolve("0".repeat(64)));
    locks.exclusive(op).close();
    Files.writeString(lockFolder.resolve("1".repeat(64)), "torn");
    assertThatThrownBy(() -> locks.shared(op))
        .isInstanceOf(Failure.Locked.class)
        .hasMessageContaining("11111111 cannot be read");
    assertThat(locks.unlock(op, true)).isEqualTo(1);
  }

  private Locks through(FaultyStore store) {
    Repository seen = Repository.open(op, store, "kelp");
    Locks.Timing quick =
        new Locks.Timing(
            Duration.ofMillis(1), Duration.ofMinutes(5), Duration.ofMinutes(20), Duration.ZERO);
    return new Locks(seen, new ProcessHolder(US), quick);
  }

  /** Else nobody would refresh it any more, and a prune might remove what a backup relies on. */
  @Test
  @Timeout(60)
  void aLockIsRefreshedAgainAfterMemoryHadEnded() {
    FaultyStore store = new FaultyStore(new DirectoryStore(place));
    Repository seen = Repository.open(op, store, "kelp");
    Locks.Timing quick =
        new Locks.Timing(
            Duration.ofMillis(1), Duration.ofMillis(50), Duration.ofMinutes(20), Duration.ZERO);
    AtomicInteger refused = new AtomicInteger();
    try (HeldLock lock = new Locks(seen, new ProcessHolder(US), quick).shared(op)) {
      store.on(
          call -> call.verb() == FaultyStore.Verb.HEAD && refused.getAndIncrement() < 2,
          FaultyStore.outOfMemory());
      await().dontCatchUncaughtExceptions().until(() -> refused.get() > 2);
      Id then = lock.id();
      await().until(() -> !lock.id().equals(then));
      lock.check();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void aLockThatIsNotTakenForWantOfMemoryIsReleased() {
    FaultyStore store = new FaultyStore(new DirectoryStore(place));
    store.on(
        call -> call.verb() == FaultyStore.Verb.LIST && !files().isEmpty(),
        FaultyStore.outOfMemory());
    assertThatThrownBy(() -> through(store).shared(op)).isInstanceOf(OutOfMemoryError.class);
    assertThat(files()).isEmpty();
  }

  @Test
  void aLockIsNotBelievedBeforeItIsListed() {
    FaultyStore late = new FaultyStore(new DirectoryStore(place));
    late.on(
        call -> call.verb() == FaultyStore.Verb.LIST && late.calls().size() < 12,
        FaultyStore.hide(key -> key.startsWith("locks/")));
    HeldLock other = locks.exclusive(op);
    // The other one is not listed either until ours is: then it is seen.
    assertThatThrownBy(() -> through(late).shared(op))
        .isInstanceOf(Failure.Locked.class)
        .hasMessageContaining("exclusively by");
    assertThat(files()).containsExactly(other.id());
    other.close();
    through(late).shared(op).close();
    assertThat(files()).isEmpty();
  }

  @Test
  void aLockThatIsRemovedWhileItIsTakenIsNone() {
    FaultyStore store = new FaultyStore(new DirectoryStore(place));
    store.on(
        call -> {
          if (call.verb() == FaultyStore.Verb.LIST && !files().isEmpty()) {
            locks.unlock(op, true);
          }
          return false;
        },
        FaultyStore.unreachable());
    assertThatThrownBy(() -> through(store).shared(op))
        .isInstanceOf(Failure.Locked.class)
        .hasMessageContaining("removed our lock");
  }

  @Test
  void resticRespectsOurLocksAndClearsThem() throws Exception {
    Restic.assumeInstalled();
    Restic restic = new Restic(place, "kelp", folder);
    try (HeldLock lock = locks.shared(op)) {
      assertThat(restic.ok(folder, "list", "locks", "--no-lock")).contains(lock.id().toString());
      restic.ok(folder, "snapshots");
      Restic.Answer prune = restic.run(folder, "prune");
      assertThat(prune.status()).isNotZero();
      assertThat(prune.out()).contains("already locked", "on shore");
      restic.ok(folder, "unlock");
      assertThat(files()).containsExactly(lock.id());
    }
    try (HeldLock _ = locks.exclusive(op)) {
      assertThat(restic.run(folder, "snapshots").out()).contains("already locked exclusively");
    }
    restic.ok(folder, "prune");
  }

  /** By restic's clock, which is the real one: 31 minutes late, ours is stale; refreshed, not. */
  @Test
  void aRefreshedLockIsNotStaleForRestic() throws Exception {
    Restic.assumeInstalled();
    Restic restic = new Restic(place, "kelp", folder);
    clock.jump(Duration.ofMinutes(-31));
    HeldLock forgotten = locks.shared(op);
    restic.ok(folder, "unlock");
    assertThat(files()).isEmpty();
    forgotten.close();
    HeldLock lock = locks.shared(op);
    clock.jump(Duration.ofMinutes(31));
    assertThat(lock.refresh()).isTrue();
    restic.ok(folder, "unlock");
    assertThat(files()).containsExactly(lock.id());
    assertThat(restic.run(folder, "forget", "--prune", "latest").out()).contains("already locked");
    lock.close();
  }

  /** What a process of ours leaves that was killed, restic clears: by host and pid. */
  @Test
  void resticClearsTheLockOfAProcessThatIsGone() throws Exception {
    Restic.assumeInstalled();
    LockFile ours = new ProcessHolder(US).lock(true, op.now());
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    write(
        new LockFile(
            ours.time(), true, host, "kelp", Integer.MAX_VALUE, null, null, ours.origin()));
    Restic restic = new Restic(place, "kelp", folder);
    assertThat(restic.run(folder, "snapshots").out()).contains("already locked exclusively");
    restic.ok(folder, "unlock");
    assertThat(files()).isEmpty();
    restic.ok(folder, "snapshots");
  }
}
