package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "720h, 720h0m0s",
    "1.5h, 1h30m0s",
    "90m, 1h30m0s",
    "10s, 10s",
    "0, 0s",
    "0s, 0s",
    "1500ms, 1.5s",
    "300ms, 300ms",
    "-1h, -1h0m0s",
    "1h0m0.25s, 1h0m0.25s"
  })
  void readsAndWritesAsGoDoes(String text, String canonical) {
    assertThat(GoDuration.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "h", "1d", "1h-1m", "1 h", "--1h", "99999999999999999999h"})
  void refusesWhatGoRefuses(String text) {
    assertThatThrownBy(() -> GoDuration.parse(text)).isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void everyDurationSurvives() {
    Seeded.check(
        200,
        random -> {
          var duration = GoDuration.of(Duration.ofMillis(random.nextLong(-1L << 42, 1L << 42)));
          assertThat(GoDuration.parse(duration.toString())).isEqualTo(duration);
        });
  }
}
