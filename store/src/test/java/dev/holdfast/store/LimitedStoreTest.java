package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second's worth goes at once; what is more takes the time that the rate gives it. */
@Tag("KUR-40")
class LimitedStoreTest {

  private static final int RATE = 1 << 20;

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private final byte[] half = new byte[RATE / 2];
  private LimitedStore store;

  @BeforeEach
  void open() {
    store = new LimitedStore(new DirectoryStore(folder), RATE, RATE);
  }

  private Duration taken(Runnable calls) {
    Instant start = Instant.now();
    calls.run();
    return Duration.between(start, Instant.now());
  }

  @Test
  void uploadsOfAllThreadsTogetherKeepToTheRate() {
    Duration taken =
        taken(() ->
            op.<ObjectStore.Meta>all(
                Collections.nCopies(
                    4,
                    () ->
                        store.put(
                            op,
                            "data/" + Thread.currentThread().threadId(),
                            half,
                            ObjectStore.PutOptions.NONE))));
    assertThat(taken).isGreaterThan(Duration.ofMillis(900));
  }

  @Test
  void downloadsKeepToTheRateAndBringAll() {
    store.put(op, "one", half, ObjectStore.PutOptions.NONE);
    Duration taken =
        taken(() -> {
          for (int i = 0; i < 4; i++) {
            assertThat(read("one")).isEqualTo(half);
          }
        });
    assertThat(taken).isGreaterThan(Duration.ofMillis(900));
  }

  private byte[] read(String key) {
    try (InputStream in = store.get(op, key)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
