package dev.holdfast.engine.restore;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.model.velero.Times;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The Restore document beside the journal: written first, with a uid that is the restore's run, and
 * last, with what became of it. Between the two the restore is unfinished and can be resumed.
 */
final class RestoreState {

  static final String IN_PROGRESS = "InProgress";

  /** JSON of {@link RestoreInputs}, where there are any. */
  private static final String INPUTS = "holdfast.dev/restore-inputs";

  /** JSON of how mover pods ran, where there were any: a later attempt may say otherwise. */
  private static final String MOVER = "holdfast.dev/restore-mover";

  private static final Set<String> ENDED = Set.of("Completed", "PartiallyFailed", "Failed");

  private final ObjectStore store;
  private final String documentKey;
  private final String journal;

  RestoreState(ObjectStore store, OpenBackup backup, String restore) {
    BackupKeys keys = new BackupKeys(backup.name());
    RestoreKeys restoreKeys = new RestoreKeys(restore);
    this.store = store;
    this.documentKey = restoreKeys.restoreJson(keys, backup.uid());
    this.journal = restoreKeys.journal(keys, backup.uid());
  }

  String journal() {
    return journal;
  }

  /** The restore as it was begun; empty if it was not. */
  Optional<Restore> find(Operation op) {
    return read(op, documentKey).map(b -> Json.read(b, Restore.class, documentKey));
  }

  /**
   * Begins the restore, or finds it begun.
   *
   * @throws Failure.Conflict if it has ended, or another restore has this name
   */
  Restore begin(Operation op, RestoreOptions options) {
    Restore fresh = begun(op, options);
    boolean known = find(op).isPresent();
    if (!known && store.head(op, new RestoreKeys(options.name()).results()).isPresent()) {
      throw new Failure.Conflict(
          "There are records of another restore '%s' in this location".formatted(options.name()),
          "choose another name; nothing was changed",
          null);
    }
    if (!known && put(op, fresh, options)) {
      return fresh;
    }
    Restore begun =
        find(op)
            .orElseThrow(() ->
                new Failure.Conflict(
                    documentKey + " was deleted just now", "start the restore again", null));
    if (ended(begun)) {
      throw new Failure.Conflict(
          "Restore '%s' has ended already: %s".formatted(options.name(), phase(begun)),
          "choose another name for a new restore; nothing was changed",
          null);
    }
    if (!Json.tree(options.spec()).equals(Json.tree(specOf(begun)))
        || !inputs(begun).equals(options.inputs())) {
      throw new Failure.Conflict(
          "Restore '%s' was begun with other filters or mappings and has not ended"
              .formatted(options.name()),
          "finish it with 'restore resume', or choose another name; nothing was changed",
          null);
    }
    return begun;
  }

  private boolean put(Operation op, Restore fresh, RestoreOptions options) {
    try {
      return store.putIfAbsent(op, documentKey, Json.bytes(fresh));
    } catch (Failure.Denied e) {
      throw new Failure.Denied(
          "The records of the restore cannot be kept: " + e.getMessage(),
          options.state() == null
              ? "keep them elsewhere with --state DIR; nothing was restored"
              : e.next(),
          e);
    }
  }

  private static Restore.Spec specOf(Restore restore) {
    Restore.Spec spec = restore.spec();
    return spec == null ? Restore.Spec.empty() : spec;
  }

  /** What else decided the result of a restore that was begun. */
  static RestoreInputs inputs(Restore restore) {
    String json = restore.metadata().annotationsOrEmpty().get(INPUTS);
    return json == null
        ? RestoreInputs.NONE
        : Json.read(
            json.getBytes(StandardCharsets.UTF_8), RestoreInputs.class, "annotation " + INPUTS);
  }

  /** How mover pods of a restore that was begun ran; empty if there were none. */
  static Optional<MoverOptions> mover(Restore restore) {
    return Optional.ofNullable(restore.metadata().annotationsOrEmpty().get(MOVER))
        .map(json -> json.getBytes(StandardCharsets.UTF_8))
        .map(json -> MoverOptions.parse(json, "annotation " + MOVER));
  }

  private static String phase(Restore restore) {
    Restore.@Nullable Status status = restore.status();
    return status == null || status.phase() == null ? "" : status.phase();
  }

  static boolean ended(Restore restore) {
    return ENDED.contains(phase(restore));
  }

  private static Restore begun(Operation op, RestoreOptions options) {
    ObjectMeta asked = options.document().metadata();
    Map<String, String> annotations = new TreeMap<>(asked.annotationsOrEmpty());
    if (!options.inputs().equals(RestoreInputs.NONE)) {
      annotations.put(INPUTS, Json.string(options.inputs()));
    }
    if (options.mover().pods()) {
      annotations.put(MOVER, options.mover().json());
    }
    ObjectMeta metadata =
        asked.with(asked.labels(), annotations).identified(UUID.randomUUID().toString(), op.now());
    return new Restore(
        Restore.API_VERSION,
        Restore.KIND,
        metadata,
        options.spec(),
        new Restore.Status(
            IN_PROGRESS, null, null, null, null, Times.text(op.now()), null, null, null));
  }

  void end(Operation op, Restore restore) {
    var _ = store.put(op, documentKey, Json.bytes(restore), PutOptions.NONE);
  }

  private Optional<byte[]> read(Operation op, String key) {
    try (InputStream in = store.get(op, key)) {
      return Optional.of(in.readAllBytes());
    } catch (Failure.Absent e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + key, null, e);
    }
  }
}
