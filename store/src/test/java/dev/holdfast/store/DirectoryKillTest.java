package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that is killed at any step of a write leaves the old object, the new, or none. */
class DirectoryKillTest {

  private static final int KILLED = 137;
  private static final String OLD = "old";
  private static final String NEW = "new content, longer than the old";

  @TempDir Path folder;

  private final Operation op = Operation.start();

  /** Runs in a process of its own, which ends before the step with this number. */
  static final class Writer {
    public static void main(String[] args) {
      int[] left = {Integer.parseInt(args[2])};
      DirectoryStore store =
          new DirectoryStore(
              Path.of(args[0]),
              true,
              _ -> {
                if (left[0]-- == 0) {
                  Runtime.getRuntime().halt(KILLED);
                }
              });
      byte[] body = NEW.getBytes(StandardCharsets.UTF_8);
      switch (args[1]) {
        case "replace" -> store.put(Operation.start(), "a/k", body, PutOptions.NONE);
        case "create" -> store.put(Operation.start(), "new/folder/k", body, PutOptions.NONE);
        default -> store.putIfAbsent(Operation.start(), "claims/c", body);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"replace", "create", "claim"})
  void atEachStep(String what) throws Exception {
    String key =
        switch (what) {
          case "replace" -> "a/k";
          case "create" -> "new/folder/k";
          default -> "claims/c";
        };
    int step = 0;
    int exit = KILLED;
    boolean sawOld = false;
    boolean sawNew = false;
    for (; exit == KILLED; step++) {
      Path root = folder.resolve(what + step);
      try (DirectoryStore store = new DirectoryStore(root)) {
        store.put(op, "a/k", OLD.getBytes(StandardCharsets.UTF_8), PutOptions.NONE);
        exit = write(root, what, step);
        List<String> keys = new ArrayList<>();
        store.listAll(op, "", meta -> keys.add(meta.key()));
        assertThat(keys).isSubsetOf("a/k", key).contains("a/k");
        assertThat(text(store, "a/k"))
            .isIn(what.equals("replace") ? List.of(OLD, NEW) : List.of(OLD));
        boolean stored = keys.contains(key) && text(store, key).equals(NEW);
        sawNew |= stored;
        sawOld |= !stored;
        assertThat(store.list(op, "").prefixes())
            .isEqualTo(
                stored && !what.equals("replace")
                    ? List.of("a/", key.substring(0, key.indexOf('/') + 1))
                    : List.of("a/"));
        store.put(op, key, NEW.getBytes(StandardCharsets.UTF_8), PutOptions.NONE);
        assertThat(text(store, key)).isEqualTo(NEW);
      }
    }
    assertThat(exit).isZero();
    assertThat(step).isGreaterThan(4);
    assertThat(sawOld).isTrue();
    assertThat(sawNew).isTrue();
  }

  private static int write(Path root, String what, int step) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            root.toString(),
            what,
            String.valueOf(step))
        .inheritIO()
        .start()
        .waitFor();
  }

  private String text(ObjectStore store, String key) throws IOException {
    try (InputStream in = store.get(op, key)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
