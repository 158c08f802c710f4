package dev.holdfast.engine.restore;

import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.store.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to restore, and how.
 *
 * @param document metadata.name and spec; {@code spec.backupName} is set
 * @param inputs what else decides the result: modifiers, mappings, single items
 * @param identities age identities ({@code AGE-SECRET-KEY-1…}), for an encrypted backup
 * @param state where journal and records go; null for the backup's location
 * @param resume go on with this restore now, even if another process seems to be at it: that one
 *     stops
 * @param yes the user agrees to what cannot be undone: recreating objects
 * @param scratch the folder of the scratch file
 * @param parallel how many items are restored at a time, at most
 * @param patience how long to wait for a definition to be established, or for a namespace that is
 *     being deleted to go
 * @param mover how pods run that fill claims
 * @param version this program's version, for the records
 */
public record RestoreOptions(
    Restore document,
    RestoreInputs inputs,
    List<String> identities,
    @Nullable ObjectStore state,
    boolean resume,
    boolean yes,
    Path scratch,
    int parallel,
    Duration patience,
    MoverOptions mover,
    String version) {

  public RestoreOptions {
    identities = List.copyOf(identities);
  }

  /** The document alone: nothing mapped, 64 items at a time, ten minutes of patience. */
  public static RestoreOptions of(Restore document, String version) {
    return new RestoreOptions(
        document,
        RestoreInputs.NONE,
        List.of(),
        null,
        false,
        false,
        Path.of(System.getProperty("java.io.tmpdir", ".")),
        64,
        Duration.ofMinutes(10),
        MoverOptions.NONE,
        version);
  }

  public RestoreOptions inputs(RestoreInputs value) {
    return new RestoreOptions(
        document,
        value,
        identities,
        state,
        resume,
        yes,
        scratch,
        parallel,
        patience,
        mover,
        version);
  }

  public RestoreOptions identities(List<String> value) {
    return new RestoreOptions(
        document, inputs, value, state, resume, yes, scratch, parallel, patience, mover, version);
  }

  public RestoreOptions state(@Nullable ObjectStore value) {
    return new RestoreOptions(
        document,
        inputs,
        identities,
        value,
        resume,
        yes,
        scratch,
        parallel,
        patience,
        mover,
        version);
  }

  public RestoreOptions resume(boolean value) {
    return new RestoreOptions(
        document,
        inputs,
        identities,
        state,
        value,
        yes,
        scratch,
        parallel,
        patience,
        mover,
        version);
  }

  public RestoreOptions yes(boolean value) {
    return new RestoreOptions(
        document,
        inputs,
        identities,
        state,
        resume,
        value,
        scratch,
        parallel,
        patience,
        mover,
        version);
  }

  public RestoreOptions scratch(Path value) {
    return new RestoreOptions(
        document,
        inputs,
        identities,
        state,
        resume,
        yes,
        value,
        parallel,
        patience,
        mover,
        version);
  }

  public RestoreOptions parallel(int value) {
    return new RestoreOptions(
        document, inputs, identities, state, resume, yes, scratch, value, patience, mover, version);
  }

  public RestoreOptions patience(Duration value) {
    return new RestoreOptions(
        document, inputs, identities, state, resume, yes, scratch, parallel, value, mover, version);
  }

  public RestoreOptions mover(MoverOptions value) {
    return new RestoreOptions(
        document,
        inputs,
        identities,
        state,
        resume,
        yes,
        scratch,
        parallel,
        patience,
        value,
        version);
  }

  /** The restore's name. */
  public String name() {
    String name = document.metadata().name();
    return name == null ? "" : name;
  }

  /** The name of the backup to restore. */
  public String backup() {
    String backup = spec().backupName();
    return backup == null ? "" : backup;
  }

  /** Never null. */
  public Restore.Spec spec() {
    Restore.Spec spec = document.spec();
    return spec == null ? Restore.Spec.empty() : spec;
  }

  public ExistingPolicy existing() {
    return ExistingPolicy.of(spec().existingResourcePolicy());
  }
}
