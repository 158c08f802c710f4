package dev.holdfast.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringWriter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

  private final StringWriter text = new StringWriter();
  private long now = 1_000_000;

  private ProgressDisplay display(int width, boolean quiet) {
    Console console =
        new Console(
            new PrintWriter(new StringWriter()),
            new PrintWriter(text),
            new BufferedReader(Reader.nullReader()),
            0,
            width,
            width > 0,
            Map.of("NO_COLOR", "1"),
            Console.Bytes.NONE);
    InstantSource clock = () -> Instant.ofEpochMilli(now);
    return new ProgressDisplay(console, clock, quiet);
  }

  @Test
  void withoutATerminalOnePlainLineAPhase() {
    try (ProgressDisplay display = display(0, false)) {
      display.phase("collect");
      display.total(300, 0);
      for (int i = 0; i < 3; i++) {
        display.advance(100, 1024);
        now += 500;
      }
      display.phase("publish");
    }
    assertThat(text.toString()).isEqualTo("  collect: 300 items  3.0 KiB  1.5s\n  publish: 0.0s\n");
  }

  @Test
  void onATerminalABarWithRateAndTimeLeftThatFits() {
    try (ProgressDisplay display = display(100, false)) {
      display.phase("restore");
      display.total(1000, 0);
      now += 2000;
      display.advance(250, 0);
      assertThat(text.toString())
          .contains("[======                  ] 250/1,000 items  125/s  ETA 6s");
    }
  }

  @Test
  void aLineNeverWrapsOnANarrowTerminal() {
    try (ProgressDisplay display = display(30, false)) {
      display.phase("restore");
      display.total(1_000_000, 0);
      now += 2000;
      display.advance(250_000, 1 << 30);
    }
    for (String line : text.toString().split("\r\u001b\\[K|\n")) {
      if (!line.contains(": ")) {
        assertThat(line.length()).isLessThan(30);
      }
    }
  }

  @Test
  void manyWarningsAreCountedAndQuietHasNone() {
    try (ProgressDisplay display = display(0, false)) {
      for (int i = 0; i < 25; i++) {
        display.warning("w" + i);
      }
    }
    assertThat(text.toString())
        .contains("w9")
        .doesNotContain("w10")
        .contains("and 15 more warnings");
    text.getBuffer().setLength(0);
    try (ProgressDisplay display = display(80, true)) {
      display.phase("collect");
      display.warning("hidden");
      display.error("shown");
    }
    assertThat(text.toString()).isEqualTo("Error: shown\n");
  }
}
