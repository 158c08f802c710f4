package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.archive.Claiming.Held;
import dev.holdfast.archive.Claiming.Seen;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Of two runs with one name at most one writes, whatever the store can and the moment is. */
@Tag("SF-1")
class ClaimTest {

  private static final Instant NOW = Instant.parse("2026-11-21T03:00:00Z");
  private static final BackupKeys KEYS = new BackupKeys("shop");

  @Test
  void theFirstTakesIt() {
    for (boolean conditional : new boolean[] {true, false}) {
      Shared shared = new Shared(conditional);
      Held held = new Claiming(shared, KEYS).take(claim("a"), NOW);
      assertThat(held.key()).isEqualTo(conditional ? KEYS.claim() : KEYS.claim("a"));
      assertThat(held.overDead()).isFalse();
      assertThatThrownBy(() -> new Claiming(shared, KEYS).take(claim("b"), NOW))
          .isInstanceOf(Failure.Locked.class)
          .hasMessageContaining("run a");
      assertThat(shared.objects.keySet()).containsExactly(held.key());
    }
  }

  @Test
  void aFinishedBackupIsNotTouched() {
    Shared shared = new Shared(true);
    shared.put(KEYS.backupJson(), new byte[1]);
    assertThatThrownBy(() -> new Claiming(shared, KEYS).take(claim("a"), NOW))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("exists already");
    assertThat(shared.objects.keySet()).containsExactly(KEYS.backupJson());
  }

  @Test
  void aDeadClaimIsInNobodysWay() {
    for (boolean conditional : new boolean[] {true, false}) {
      Shared shared = new Shared(conditional);
      new Claiming(shared, KEYS).take(claim("a"), NOW);
      shared.now = NOW.plus(Claim.DEAD_AFTER).minusSeconds(1);
      assertThatThrownBy(() -> new Claiming(shared, KEYS).take(claim("b"), shared.now))
          .isInstanceOf(Failure.Locked.class);
      shared.now = NOW.plus(Claim.DEAD_AFTER).plusSeconds(10);
      Held held =
          new Claiming(shared, KEYS).take(Claim.create("b", "test", shared.now), shared.now);
      assertThat(held.overDead()).isTrue();
      assertThat(held.key()).isEqualTo(KEYS.claim("b"));
    }
  }

  @Test
  void aRefreshKeepsItAlive() {
    Claim claim = claim("a");
    Instant later = NOW.plus(Duration.ofHours(2));
    assertThat(claim.dead(NOW, later)).isTrue();
    assertThat(claim.refreshed(later.minusSeconds(60)).dead(NOW, later)).isFalse();
    assertThat(claim.dead(later.minusSeconds(60), later)).as("the store saw a write").isFalse();
    assertThat(claim.lapsed(NOW.plus(Duration.ofMinutes(54)))).isFalse();
    assertThat(claim.lapsed(NOW.plus(Duration.ofMinutes(56)))).isTrue();
  }

  @Test
  void twoRivalsNeverBothStay() {
    Seeded.check(
        400,
        random -> {
          Shared shared = new Shared(random.nextBoolean());
          if (random.nextBoolean()) {
            shared.put(KEYS.claim(), claim("dead").toBytes());
            shared.now = NOW.plus(Duration.ofHours(2));
          }
          Interleaved runs = new Interleaved(shared, random);
          List<String> holders = runs.race(List.of("a", "b", "c"));
          assertThat(holders.size()).isLessThanOrEqualTo(1);
        });
  }

  @Test
  void aNewerClaimIsRespected() {
    Shared shared = new Shared(true);
    byte[] newer =
        "{\"formatVersion\":9,\"run\":\"x\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    shared.put(KEYS.claim(), newer);
    assertThatThrownBy(() -> new Claiming(shared, KEYS).take(claim("a"), NOW))
        .isInstanceOf(Failure.Locked.class);
  }

  private static Claim claim(String run) {
    return Claim.create(run, "test", NOW);
  }

  /** A store in memory. */
  private static class Shared implements Claiming.Store {
    final Map<String, Seen> objects = new TreeMap<>();
    final boolean conditional;
    Instant now = NOW;

    Shared(boolean conditional) {
      this.conditional = conditional;
    }

    @Override
    public boolean conditional() {
      return conditional;
    }

    @Override
    public boolean putIfAbsent(String key, byte[] body) {
      return objects.putIfAbsent(key, new Seen(key, body, now)) == null;
    }

    @Override
    public void put(String key, byte[] body) {
      objects.put(key, new Seen(key, body, now));
    }

    @Override
    public Optional<Seen> get(String key) {
      return Optional.ofNullable(objects.get(key));
    }

    @Override
    public List<Seen> list(String prefix) {
      return objects.values().stream().filter(s -> s.key().startsWith(prefix)).toList();
    }

    @Override
    public void delete(String key) {
      objects.remove(key);
    }

    @Override
    public void pause(Duration time) {}
  }

  /** Lets several runs take the claim, one store call at a time in a random order. */
  private record Interleaved(Shared shared, RandomGenerator random) {

    List<String> race(List<String> names) throws InterruptedException {
      List<String> holders = new ArrayList<>();
      List<Turn> turns = new ArrayList<>();
      for (String name : names) {
        turns.add(new Turn(name, shared, holders));
      }
      while (!turns.isEmpty()) {
        Turn turn = Seeded.pick(random, turns);
        if (!turn.step()) {
          turns.remove(turn);
        }
      }
      return holders;
    }
  }

  /** One run on its own thread, which makes a store call only when it is its turn. */
  private static final class Turn extends Shared {
    private final java.util.concurrent.SynchronousQueue<Boolean> go =
        new java.util.concurrent.SynchronousQueue<>();
    private final java.util.concurrent.SynchronousQueue<Boolean> done =
        new java.util.concurrent.SynchronousQueue<>();
    private final Shared real;

    Turn(String run, Shared real, List<String> holders) {
      super(real.conditional);
      this.real = real;
      Thread.ofVirtual()
          .start(() -> {
            await();
            try {
              new Claiming(this, KEYS).take(Claim.create(run, "test", real.now), real.now);
              holders.add(run);
            } catch (Failure.Locked e) {
              // withdrawn
            }
            tell(false);
          });
    }

    /** One call; false when the run has ended. */
    boolean step() throws InterruptedException {
      go.put(true);
      return done.take();
    }

    private void await() {
      try {
        go.take();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private void tell(boolean more) {
      try {
        done.put(more);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private void turn() {
      tell(true);
      await();
    }

    @Override
    public boolean putIfAbsent(String key, byte[] body) {
      boolean put = real.putIfAbsent(key, body);
      turn();
      return put;
    }

    @Override
    public void put(String key, byte[] body) {
      real.put(key, body);
      turn();
    }

    @Override
    public Optional<Seen> get(String key) {
      Optional<Seen> seen = real.get(key);
      turn();
      return seen;
    }

    @Override
    public List<Seen> list(String prefix) {
      List<Seen> seen = real.list(prefix);
      turn();
      return seen;
    }

    @Override
    public void delete(String key) {
      real.delete(key);
      turn();
    }
  }
}
