package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.archive.Gzip;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a restore has done, as it goes: numbered parts, each gzipped lines of JSON, in a folder of
 * the location or of {@code --state}. A part is put only if its number is free; so of two processes
 * at the same restore the older one notices that it was replaced, and stops. A part is written at
 * least every {@link #INTERVAL}, be it empty: that is how others see that a run is alive.
 *
 * <p>What was done after the last part is not lost: the objects themselves carry the run (see
 * {@link RunMark}).
 */
final class Journal implements AutoCloseable {

  /** How often a part is written. */
  static final Duration INTERVAL = Duration.ofSeconds(4);

  /** Bytes of lines after which a part is written at once. */
  private static final int FULL = 256 << 10;

  private final ObjectStore store;
  private final String folder;
  private final Operation op;

  /** Makes the parts of two processes differ, even empty ones. */
  private final String writer = UUID.randomUUID().toString();

  private final Object lock = new Object();
  private final Object writing = new Object();
  private final CountDownLatch closed = new CountDownLatch(1);
  private ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private int next;
  private volatile @Nullable Throwable broken;

  private Journal(ObjectStore store, String folder, Operation op, int next) {
    this.store = store;
    this.folder = folder;
    this.op = op;
    this.next = next;
  }

  /**
   * Reads what there is, line by line, and goes on behind it.
   *
   * @param takeOver do not look whether another process is alive
   * @throws Failure.Locked if another process is at this restore
   */
  static Journal open(
      Operation op, ObjectStore store, String folder, boolean takeOver, Consumer<JsonNode> replay) {
    List<ObjectStore.Meta> parts = parts(op, store, folder);
    if (!takeOver && !parts.isEmpty()) {
      refuseLive(op, store, folder, parts);
    }
    read(op, store, parts, replay);
    Journal journal = new Journal(store, folder, op, parts.size() + 1);
    journal.flush();
    Thread.ofVirtual().name("restore journal").start(journal::beat);
    return journal;
  }

  /** Reads what there is, line by line, and writes nothing. */
  static void read(Operation op, ObjectStore store, String folder, Consumer<JsonNode> replay) {
    read(op, store, parts(op, store, folder), replay);
  }

  private static void read(
      Operation op, ObjectStore store, List<ObjectStore.Meta> parts, Consumer<JsonNode> replay) {
    for (ObjectStore.Meta part : parts) {
      readPart(op, store, part.key(), replay);
    }
  }

  private static List<ObjectStore.Meta> parts(Operation op, ObjectStore store, String folder) {
    List<ObjectStore.Meta> parts = new ArrayList<>();
    store.listAll(op, folder, parts::add);
    return parts;
  }

  /** A part that was written lately may be a living run's: wait whether another one follows. */
  private static void refuseLive(
      Operation op, ObjectStore store, String folder, List<ObjectStore.Meta> parts) {
    Duration age = Duration.between(parts.getLast().modified(), op.now());
    if (age.compareTo(INTERVAL.multipliedBy(15)) > 0) {
      return;
    }
    long waits = 3 * INTERVAL.toSeconds();
    for (long i = 0; i < waits; i++) {
      op.pause(Duration.ofSeconds(1));
      if (parts(op, store, folder).size() > parts.size()) {
        throw new Failure.Locked(
            "Another process is at this restore right now",
            "wait for it; 'restore resume' takes over from it, which then stops",
            null);
      }
    }
  }

  private static void readPart(
      Operation op, ObjectStore store, String key, Consumer<JsonNode> replay) {
    try (InputStream in = store.get(op, key)) {
      String text = new String(Gzip.decompress(in.readAllBytes(), key), StandardCharsets.UTF_8);
      for (String line : text.split("\n")) {
        if (!line.isEmpty()) {
          replay.accept(Json.MAPPER.readTree(line));
        }
      }
    } catch (IOException e) {
      throw new Failure.Corrupt("The journal's part " + key + " cannot be read", null, e);
    }
  }

  /**
   * Notes a line, which is written soon.
   *
   * @throws Failure if an earlier part could not be written, or another process took over
   */
  void add(Object line) {
    byte[] json = Json.bytes(line);
    boolean full;
    synchronized (lock) {
      lines.writeBytes(json);
      lines.write('\n');
      full = lines.size() >= FULL;
    }
    check();
    if (full) {
      flush();
    }
  }

  /** Fails if the journal can no longer be written. */
  void check() {
    Operation.rethrow(broken);
  }

  /** Writes what was noted, now. */
  void flush() {
    synchronized (writing) {
      check();
      byte[] part;
      synchronized (lock) {
        part = lines.toByteArray();
        lines = new ByteArrayOutputStream();
      }
      try {
        write(part);
      } catch (RuntimeException | Error e) {
        broken = e;
        throw e;
      }
    }
  }

  private void write(byte[] part) {
    String key = folder + String.format(Locale.ROOT, "%08d.jsonl.gz", next);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(Json.bytes(Map.of("writer", writer)));
    whole.write('\n');
    whole.writeBytes(part);
    byte[] body = Gzip.compress(whole.toByteArray());
    if (!store.putIfAbsent(op, key, body)) {
      throw new Failure.Locked(
          "Another process took this restore over",
          "let that one finish; nothing is done twice",
          null);
    }
    next++;
  }

  private void beat() {
    try {
      while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      op.cancel("The restore's journal cannot be written: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
