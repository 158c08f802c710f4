package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.PutOptions;
import dev.holdfast.store.fault.FaultyStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecoratorsTest {

  @TempDir Path folder;

  private final Operation op = Operation.start();
  private ObjectStore real;

  @BeforeEach
  void open() {
    real = new DirectoryStore(folder);
  }

  /** A limit must change nothing but the speed. */
  @Nested
  class Limited extends ObjectStoreContract {
    @Override
    protected ObjectStore emptyStore() {
      DirectoryStore empty = new DirectoryStore(folder.resolve("limited"));
      empty.put(op, "x", new byte[0], PutOptions.NONE);
      empty.delete(op, "x");
      return new LimitedStore(new MeteredStore(empty), 1L << 40, 1L << 40);
    }
  }

  @Test
  void counts() throws IOException {
    MeteredStore store = new MeteredStore(real);
    store.put(op, "a", new byte[1000], PutOptions.NONE);
    store.put(op, "b", new ByteArrayInputStream(new byte[500]), PutOptions.NONE);
    assertThat(store.putIfAbsent(op, "a", new byte[7])).isFalse();
    try (InputStream in = store.get(op, "a", 0, 10)) {
      assertThat(in.readAllBytes()).hasSize(10);
    }
    store.list(op, "");
    assertThat(store.head(op, "zzz")).isEmpty();
    store.delete(op, "a");
    assertThat(store.counts()).isEqualTo(new MeteredStore.Counts(3, 1, 1, 1, 1, 1500, 10));
  }

  @Test
  void keepsBelowTheRate() throws IOException {
    LimitedStore store = new LimitedStore(real, 400_000, 0);
    long start = System.nanoTime();
    store.put(op, "a", new byte[300_000], PutOptions.NONE);
    store.put(op, "b", new ByteArrayInputStream(new byte[300_000]), PutOptions.NONE);
    long took = System.nanoTime() - start;
    // 600,000 bytes, less the burst of one second's worth: half a second at least.
    assertThat(Duration.ofNanos(took)).isGreaterThan(Duration.ofMillis(400));
    try (InputStream in = store.get(op, "b")) {
      assertThat(in.readAllBytes()).hasSize(300_000);
    }
  }

  @Test
  void aPauseForTheRateEndsWithTheOperation() {
    LimitedStore store = new LimitedStore(real, 1000, 0);
    Operation brief = op.within(Duration.ofMillis(200));
    assertThatThrownBy(() -> store.put(brief, "a", new byte[1_000_000], PutOptions.NONE))
        .isInstanceOf(Failure.Cancelled.class);
    assertThat(real.head(op, "a")).isEmpty();
  }

  @Test
  void failsOnCommand() throws IOException {
    FaultyStore store = new FaultyStore(real).on(FaultyStore.nth(2), FaultyStore.unreachable());
    store.put(op, "a", new byte[10], PutOptions.NONE);
    assertThatThrownBy(() -> store.put(op, "b", new byte[1], PutOptions.NONE))
        .isInstanceOf(Failure.Unreachable.class);
    assertThat(real.head(op, "b")).isEmpty();
    store.put(op, "b", new byte[1], PutOptions.NONE);
    assertThat(store.calls()).extracting(FaultyStore.Call::key).containsExactly("a", "b", "b");

    store.on(FaultyStore.puts("c"), FaultyStore.loseAnswer());
    assertThatThrownBy(() -> store.put(op, "c", new byte[1], PutOptions.NONE))
        .isInstanceOf(Failure.Unreachable.class);
    assertThat(real.head(op, "c")).isPresent();

    store.on(FaultyStore.gets("a"), FaultyStore.truncate(4));
    try (InputStream in = store.get(op, "a")) {
      assertThat(in.readAllBytes()).hasSize(4);
    }
    store.heal();
    store.on(FaultyStore.gets("a"), FaultyStore.breakAfter(4));
    try (InputStream in = store.get(op, "a")) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(Failure.Unreachable.class);
    }
    store.heal();
    store.on(FaultyStore.lists(), FaultyStore.hide("b"::equals));
    assertThat(store.list(op, "").objects())
        .extracting(ObjectStore.Meta::key)
        .containsExactly("a", "c");
    store.heal();
    store.on(FaultyStore.after(0), FaultyStore.kill());
    assertThatThrownBy(() -> store.head(op, "a")).isInstanceOf(FaultyStore.Killed.class);
  }
}
