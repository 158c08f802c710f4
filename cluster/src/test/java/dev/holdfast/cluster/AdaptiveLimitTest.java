package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.cluster.AdaptiveLimit.Kind;
import dev.holdfast.cluster.AdaptiveLimit.Slot;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AdaptiveLimitTest {

  private final Operation op = Operation.start();
  private long now;
  private final AdaptiveLimit limit = new AdaptiveLimit(100, () -> now);

  /** Keeps the limit full; each answer comes this long after its request. */
  private void answers(int count, Kind kind, Duration time) {
    ArrayDeque<Slot> running = new ArrayDeque<>();
    for (int i = 0; i < count; i++) {
      while (running.size() < limit.limit()) {
        running.add(limit.acquire(op));
      }
      Slot slot = running.remove();
      now = Math.max(now, slot.start() + time.toNanos());
      slot.answered(kind);
    }
    running.forEach(Slot::failed);
  }

  @Test
  void growsToTheCeilingWhileAnswersComeQuickly() {
    answers(5000, Kind.WRITE, Duration.ofMillis(5));
    assertThat(limit.limit()).isEqualTo(100);
  }

  @Test
  void shrinksWhenAnswersBecomeSlowButNotToNothing() {
    answers(5000, Kind.WRITE, Duration.ofMillis(5));
    answers(300, Kind.WRITE, Duration.ofMillis(200));
    assertThat(limit.limit()).isLessThan(80);
    for (int slower = 200; slower < 100_000; slower *= 2) {
      answers(300, Kind.WRITE, Duration.ofMillis(slower));
    }
    assertThat(limit.limit()).isGreaterThanOrEqualTo(8);
  }

  @Test
  void slowWritesAmongQuickReadsAreNoCongestion() {
    for (int i = 0; i < 300; i++) {
      answers(20, Kind.READ, Duration.ofMillis(1));
      answers(20, Kind.WRITE, Duration.ofMillis(60));
      answers(1, Kind.UNTIMED, Duration.ofMillis(900));
    }
    assertThat(limit.limit()).isGreaterThan(60);
  }

  @Test
  void halvesOnceForAllThatWereOnTheirWay() {
    answers(5000, Kind.WRITE, Duration.ofMillis(5));
    List<Slot> running = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      running.add(limit.acquire(op));
    }
    running.forEach(Slot::throttled);
    assertThat(limit.limit()).isEqualTo(50);
    for (int i = 0; i < 20; i++) {
      limit.acquire(op).throttled();
    }
    assertThat(limit.limit()).isEqualTo(1);
  }

  @Test
  void believesAServerThatBecameSlowForGood() {
    answers(2000, Kind.WRITE, Duration.ofMillis(5));
    answers(200, Kind.WRITE, Duration.ofMillis(100));
    int slow = limit.limit();
    answers(20_000, Kind.WRITE, Duration.ofMillis(100));
    assertThat(limit.limit()).isGreaterThan(slow);
  }

  @Test
  void anIdleClientDoesNotGrow() {
    for (int i = 0; i < 1000; i++) {
      Slot slot = limit.acquire(op);
      now += 5_000_000;
      slot.answered(Kind.WRITE);
    }
    assertThat(limit.limit()).isEqualTo(16);
  }

  @Test
  void aSlotEndsOnce() {
    Slot slot = limit.acquire(op);
    slot.answered(Kind.READ);
    slot.failed();
    slot.throttled();
    assertThat(limit.limit()).isEqualTo(16);
    answers(5000, Kind.WRITE, Duration.ofMillis(5));
    assertThat(limit.limit()).isEqualTo(100);
  }

  @Test
  @Timeout(300)
  void neverMoreThanTheLimitAndNobodyIsForgotten() {
    AdaptiveLimit narrow = new AdaptiveLimit(3, System::nanoTime);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> work = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      work.add(i);
    }
    op.forEach(
        work.iterator(),
        50,
        i -> {
          Slot slot = narrow.acquire(op);
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          LockSupport.parkNanos(1000);
          running.decrementAndGet();
          slot.answered(Kind.READ);
        });
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  @Timeout(300)
  void aCancelledOperationWaitsNoLonger() throws Exception {
    AdaptiveLimit one = new AdaptiveLimit(1, System::nanoTime);
    Slot taken = one.acquire(op);
    Operation other = Operation.start();
    CompletableFuture<Slot> waiting = other.fork(() -> one.acquire(other));
    other.cancel("enough");
    assertThatThrownBy(waiting::join).hasCauseInstanceOf(Failure.Cancelled.class);
    taken.failed();
  }
}
