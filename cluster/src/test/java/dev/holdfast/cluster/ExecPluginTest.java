package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExecPluginTest {

  /** Else the command would wait for its credentials without end. */
  @Test
  void outputThatThereIsNoMemoryForIsNotWaitedFor() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            throw new OutOfMemoryError("injected");
          }

          @Override
          public int read(byte[] bytes, int from, int length) {
            throw new OutOfMemoryError("injected");
          }
        };
    assertThat(ExecPlugin.read(endless))
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withCauseInstanceOf(OutOfMemoryError.class);
  }
}
