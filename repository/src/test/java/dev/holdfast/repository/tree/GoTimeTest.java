package dev.holdfast.repository.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class GoTimeTest {

  @Test
  void readsWhatItWrites() {
    Seeded.check(
        500,
        random -> {
          int nanos = random.nextInt(1_000_000_000) / (int) Math.pow(10, random.nextInt(10));
          OffsetDateTime time =
              OffsetDateTime.of(
                  random.nextInt(10_000),
                  random.nextInt(1, 13),
                  random.nextInt(1, 29),
                  random.nextInt(24),
                  random.nextInt(60),
                  random.nextInt(60),
                  nanos,
                  ZoneOffset.ofTotalSeconds(60 * random.nextInt(-18 * 60, 18 * 60 + 1)));
          assertThat(GoTime.parse(GoTime.format(time))).isEqualTo(time);
        });
  }

  @Test
  void takesAndRefusesWhatTheJdkDoes() {
    String usual = "2024-02-28T23:04:05.123456789+05:30";
    Seeded.check(
        2000,
        random -> {
          StringBuilder text = new StringBuilder(usual);
          for (int edits = random.nextInt(3); edits >= 0; edits--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(3)) {
              case 0 -> text.deleteCharAt(at);
              case 1 -> text.insert(at, "0123456789-+:.TZ".charAt(random.nextInt(16)));
              default -> text.setCharAt(at, "0123456789-+:.TZ".charAt(random.nextInt(16)));
            }
          }
          String edited = text.toString();
          OffsetDateTime expected;
          try {
            expected = OffsetDateTime.parse(edited);
          } catch (DateTimeException e) {
            assertThatThrownBy(() -> GoTime.parse(edited)).isInstanceOf(Failure.Corrupt.class);
            return;
          }
          assertThat(GoTime.parse(edited)).isEqualTo(expected);
        });
  }
}
