package dev.holdfast.sandbox.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots and logs follow each other, wherever the process ends. */
class DataDirectoryTest {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");

  @TempDir Path folder;
  private final Random random = new Random(7);

  private static Stored secret(String name, String value) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    ObjectNode metadata = object.putObject("metadata");
    metadata.put("name", name).put("namespace", "n").put("uid", "u-" + name);
    metadata.putObject("labels").put("l", value);
    object.putObject("data").put("v", value);
    return Codec.store(SECRETS, object);
  }

  /** Some creates, changes and removals. */
  private void write(ObjectStore store, int times) {
    for (int i = 0; i < times; i++) {
      String name = "s" + random.nextInt(20);
      Stored present = store.get(SECRETS, "n", name);
      boolean remove = present != null && random.nextInt(3) == 0;
      store.commit(present, remove ? null : secret(name, "v" + i));
    }
  }

  private static List<String> content(ObjectStore store) {
    return store.snapshot().stream()
        .map(each -> each.version() + " " + each.uid() + " " + Json.string(each.labels()))
        .toList();
  }

  private void assertRestores(Path directory, ObjectStore expected) {
    ObjectStore found = new ObjectStore();
    try (DataDirectory data = DataDirectory.open(directory)) {
      data.restore(found);
    }
    assertThat(content(found)).isEqualTo(content(expected));
    assertThat(found.version()).isEqualTo(expected.version());
  }

  private static void copy(Path from, Path to, String names) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches(names)) {
          Files.copy(file, to.resolve(file.getFileName()));
        }
      }
    }
  }

  @Test
  void aCompactionMayEndAnywhere() throws IOException {
    ObjectStore store = new ObjectStore();
    Path directory = folder.resolve("data");
    try (DataDirectory data = DataDirectory.open(directory, 1, Long.MAX_VALUE)) {
      data.begin(store);
      for (int round = 0; round < 5; round++) {
        write(store, 200);
        Path before = folder.resolve("before" + round);
        copy(directory, before, ".*");
        assertRestores(before, store);
        data.tidy();
        write(store, 3);
        // Killed before the new snapshot was there: old snapshot, old log, new log.
        Path between = folder.resolve("between" + round);
        copy(before, between, "(holdfast|snapshot|log).*");
        copy(directory, between, "log.*");
        assertRestores(between, store);
        // Killed before the old files were removed.
        Path after = folder.resolve("after" + round);
        copy(before, after, "(snapshot|log).*");
        copy(directory, after, "(holdfast|snapshot|log).*");
        assertRestores(after, store);
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.filter(file -> file.getFileName().toString().matches("(snap|log).*")))
          .hasSize(2);
    }
    assertRestores(directory, store);
  }

  @Test
  void aLogThatIsCutAnywhereGivesAStateThatWas() throws IOException {
    ObjectStore store = new ObjectStore();
    Path directory = folder.resolve("data");
    try (DataDirectory data = DataDirectory.open(directory)) {
      data.begin(store);
      write(store, 30);
    }
    Path log;
    try (Stream<Path> files = Files.list(directory)) {
      log =
          files
              .filter(file -> file.getFileName().toString().startsWith("log-"))
              .findFirst()
              .orElseThrow();
    }
    byte[] whole = Files.readAllBytes(log);
    long last = 0;
    for (int length = 0; length <= whole.length; length += 1 + length / 40) {
      Files.write(log, Arrays.copyOf(whole, length));
      ObjectStore found = new ObjectStore();
      try (DataDirectory data = DataDirectory.open(directory)) {
        data.restore(found);
      }
      assertThat(found.version()).isGreaterThanOrEqualTo(last);
      last = found.version();
    }
    assertThat(last).isGreaterThanOrEqualTo(store.version() - 2);
  }

  @Test
  void aSnapshotThatIsNotWholeIsRefused() throws IOException {
    ObjectStore store = new ObjectStore();
    write(store, 30);
    Path directory = folder.resolve("data");
    try (DataDirectory data = DataDirectory.open(directory)) {
      data.begin(store);
    }
    Path snapshot;
    try (Stream<Path> files = Files.list(directory)) {
      snapshot =
          files
              .filter(file -> file.getFileName().toString().startsWith("snapshot-"))
              .findFirst()
              .orElseThrow();
    }
    byte[] whole = Files.readAllBytes(snapshot);
    Files.write(snapshot, Arrays.copyOf(whole, whole.length - 20));
    try (DataDirectory data = DataDirectory.open(directory)) {
      assertThatThrownBy(() -> data.restore(new ObjectStore()))
          .isInstanceOf(Failure.Corrupt.class)
          .hasMessageContaining("ends too early");
    }
  }
}
