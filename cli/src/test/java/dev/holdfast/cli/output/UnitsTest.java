package dev.holdfast.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {

  @ParameterizedTest
  @CsvSource({"0, 0 B", "512, 512 B", "1536, 1.5 KiB", "20480, 20 KiB", "5368709120, 5.0 GiB"})
  void bytes(long bytes, String text) {
    assertThat(Units.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"PT0.4S, 0.4s", "PT12S, 12s", "PT3M5S, 3m05s", "PT2H10M, 2h10m"})
  void time(Duration time, String text) {
    assertThat(Units.time(time)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"PT45S, 45s", "PT5M, 5m", "PT3H, 3h", "PT696H, 29d"})
  void age(Duration time, String text) {
    assertThat(Units.age(time)).isEqualTo(text);
  }

  @Test
  void countsInWords() {
    assertThat(Units.count(1, "item")).isEqualTo("1 item");
    assertThat(Units.count(1234, "item")).isEqualTo("1,234 items");
  }
}
