package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.Capabilities;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tries out all that a backup and a restore need of a location: list, write, read back whole and in
 * part, put-if-absent, delete, sign a URL; and looks for what would make Velero refuse it. Writes
 * only below {@code plugins/holdfast/check-…}, and removes it.
 */
public final class LocationCheck {

  /** Velero makes a location Unavailable when it finds any other directory (velero.md 1.1). */
  private static final Set<String> TOP_LEVEL =
      Set.of("backups/", "restores/", "restic/", "metadata/", "plugins/", "kopia/");

  private static final Duration SIGNED_URL_VALID = Duration.ofMinutes(1);

  /** How a step ended. */
  public enum Outcome {
    OK,
    /** It does not work, and Holdfast manages without; the message says what that costs. */
    WARNING,
    FAILED,
    /** Not tried, because what it builds on failed, or the location is read-only. */
    SKIPPED
  }

  /**
   * @param step for example {@code write}
   * @param failure where the outcome is FAILED
   */
  public record Finding(String step, Outcome outcome, String message, @Nullable Failure failure) {}

  private final Operation op;
  private final ObjectStore store;
  private final boolean readOnly;
  private final String folder = "plugins/holdfast/check-" + UUID.randomUUID() + "/";
  private final List<Finding> findings = new ArrayList<>();

  private LocationCheck(Operation op, ObjectStore store, boolean readOnly) {
    this.op = op;
    this.store = store;
    this.readOnly = readOnly;
  }

  /**
   * Runs all steps, in order, one finding each. Throws only if the operation was cancelled.
   *
   * @param readOnly the location's accessMode is ReadOnly: nothing is written
   */
  public static List<Finding> run(Operation op, ObjectStore store, boolean readOnly) {
    return new LocationCheck(op, store, readOnly).run();
  }

  private interface Step {
    String run() throws IOException;
  }

  private List<Finding> run() {
    boolean reachable = step("list", this::list);
    if (!reachable) {
      skip(
          "not tried, since the location cannot be listed",
          "layout",
          "write",
          "read",
          "delete",
          "put-if-absent",
          "signed URL");
      return List.copyOf(findings);
    }
    layout();
    if (readOnly) {
      skip(
          "not tried, since the location is read-only",
          "write",
          "read",
          "delete",
          "put-if-absent",
          "signed URL");
      return List.copyOf(findings);
    }
    byte[] body = new byte[100_000];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) op.random().nextInt();
    }
    try {
      if (step("write", () -> write(folder + "object", body))) {
        step("read", () -> read(folder + "object", body));
        step("delete", () -> delete(folder + "object"));
        putIfAbsent(folder + "claim");
        signedUrl(folder + "signed");
      } else {
        skip("not tried, since writing failed", "read", "delete", "put-if-absent", "signed URL");
      }
    } finally {
      tidy();
    }
    return List.copyOf(findings);
  }

  private String list() {
    try {
      return listed();
    } catch (Failure.Absent e) {
      if (readOnly) {
        throw e;
      }
      // The first write makes a directory; into a bucket that does not exist it fails, and says so.
      store.put(op, folder + "first", new byte[] {'1'}, PutOptions.NONE);
      store.delete(op, folder + "first");
      return listed();
    }
  }

  private String listed() {
    int prefixes = store.list(op, "").prefixes().size();
    int backups = store.list(op, "backups/").prefixes().size();
    return prefixes == 0 ? "empty" : backups + (backups == 1 ? " backup" : " backups");
  }

  private void layout() {
    List<String> foreign =
        store.list(op, "").prefixes().stream().filter(p -> !TOP_LEVEL.contains(p)).toList();
    if (foreign.isEmpty()) {
      found("layout", Outcome.OK, "only directories that Velero accepts");
    } else {
      found(
          "layout",
          Outcome.WARNING,
          "Velero would refuse this location because of "
              + String.join(", ", foreign.subList(0, Math.min(3, foreign.size())))
              + (foreign.size() > 3 ? " and " + (foreign.size() - 3) + " more" : "")
              + ": give it a prefix of its own");
    }
  }

  private String write(String key, byte[] body) {
    store.put(op, key, body, new PutOptions(body.length, null, null, null));
    return body.length + " bytes";
  }

  private String read(String key, byte[] body) throws IOException {
    try (InputStream in = store.get(op, key)) {
      require(Arrays.equals(in.readAllBytes(), body), key + " came back changed");
    }
    try (InputStream in = store.get(op, key, 1_000, 2_000)) {
      require(
          Arrays.equals(in.readAllBytes(), Arrays.copyOfRange(body, 1_000, 3_000)),
          "A range of " + key + " came back wrong: the store, or a proxy, ignores ranges");
    }
    long size = store.head(op, key).map(ObjectStore.Meta::size).orElse(-1L);
    require(size == body.length, key + " is reported with " + size + " bytes");
    String folder = key.substring(0, key.lastIndexOf('/') + 1);
    require(
        store.list(op, folder).objects().stream().anyMatch(meta -> meta.key().equals(key)),
        key + " was written but is not listed: the store, or a cache before it, lists late");
    return "whole, a range, its size, listed";
  }

  private String delete(String key) {
    store.delete(op, key);
    require(store.head(op, key).isEmpty(), key + " was deleted but is still there");
    return "gone";
  }

  private void putIfAbsent(String key) {
    step(
        "put-if-absent",
        () -> {
          Capabilities capabilities = store.capabilities();
          require(store.putIfAbsent(op, key, new byte[] {'1'}), key + " existed before");
          require(!store.putIfAbsent(op, key, new byte[] {'2'}), key + " was replaced");
          if (!capabilities.putIfAbsent()) {
            throw new Warning(
                "no conditional writes: backups claim their name by writing, waiting and listing");
          }
          return "one of two writers wins";
        });
  }

  private void signedUrl(String key) {
    step(
        "signed URL",
        () -> {
          if (!store.capabilities().signedUrls()) {
            throw new Warning("none: downloads go through Holdfast");
          }
          URI url = store.signedGet(op, key, SIGNED_URL_VALID);
          return "made for " + url.getScheme() + "://" + url.getAuthority();
        });
  }

  private void tidy() {
    try {
      List<String> left = new ArrayList<>();
      store.listAll(op, folder, meta -> left.add(meta.key()));
      left.forEach(key -> store.delete(op, key));
    } catch (Failure e) {
      found("tidy", Outcome.WARNING, folder + " could not be removed: " + e.getMessage());
    }
  }

  /** Something that does not work, but need not. */
  private static final class Warning extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Warning(String message) {
      super(message);
    }
  }

  private boolean step(String name, Step step) {
    op.check();
    try {
      found(name, Outcome.OK, step.run());
      return true;
    } catch (Warning e) {
      found(name, Outcome.WARNING, String.valueOf(e.getMessage()));
      return true;
    } catch (Failure.Cancelled e) {
      throw e;
    } catch (Failure e) {
      findings.add(new Finding(name, Outcome.FAILED, e.describe(), e));
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new Failure.Corrupt(otherwise);
    }
  }

  private void skip(String why, String... steps) {
    for (String step : steps) {
      found(step, Outcome.SKIPPED, why);
    }
  }

  private void found(String step, Outcome outcome, String message) {
    findings.add(new Finding(step, outcome, message, null));
  }
}
