package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {

  private final Operation op = Operation.start();

  /** Keeps the limit full and gives every answer this time. */
  private void answers(AdaptiveLimit limit, int count, Duration time) {
    int running = 0;
    for (int i = 0; i < count; i++) {
      while (running < limit.limit()) {
        limit.acquire(op);
        running++;
      }
      limit.answered(time);
      running--;
    }
    for (; running > 0; running--) {
      limit.failed();
    }
  }

  @Test
  void growsToTheCeilingWhileAnswersComeQuickly() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    answers(limit, 5000, Duration.ofMillis(5));
    assertThat(limit.limit()).isEqualTo(100);
  }

  @Test
  void shrinksWhenAnswersBecomeSlow() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    answers(limit, 5000, Duration.ofMillis(5));
    answers(limit, 300, Duration.ofMillis(200));
    assertThat(limit.limit()).isLessThan(80);
  }

  @Test
  void halvesWhenTheServerSaysSo() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    limit.acquire(op);
    limit.throttled();
    assertThat(limit.limit()).isEqualTo(8);
    for (int i = 0; i < 10; i++) {
      limit.acquire(op);
      limit.throttled();
    }
    assertThat(limit.limit()).isEqualTo(2);
  }

  @Test
  void believesAServerThatBecameSlowForGood() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    answers(limit, 2000, Duration.ofMillis(5));
    answers(limit, 200, Duration.ofMillis(100));
    int slow = limit.limit();
    answers(limit, 20_000, Duration.ofMillis(100));
    assertThat(limit.limit()).isGreaterThan(slow);
  }

  @Test
  void anIdleClientDoesNotGrow() {
    AdaptiveLimit limit = new AdaptiveLimit(100);
    for (int i = 0; i < 1000; i++) {
      limit.acquire(op);
      limit.answered(Duration.ofMillis(5));
    }
    assertThat(limit.limit()).isEqualTo(16);
  }
}
