package dev.holdfast.engine.inspect;

import dev.holdfast.archive.AllowedSigners;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.BackupVerifier;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.Verification;
import dev.holdfast.archive.VerifyCommands;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code backup verify}: checks a backup of a location byte by byte; changes nothing. */
public final class VerifyRun {

  private final ObjectStore store;
  private final BackupKeys keys;

  public VerifyRun(ObjectStore store, String backup) {
    this.store = store;
    this.keys = new BackupKeys(backup);
  }

  /**
   * @param signers whose signatures count; null to leave the signature unchecked
   * @param identities to look into what is encrypted; null to check only its bytes
   * @throws Failure.Absent if there is nothing of that name
   */
  public Verification run(
      Operation op, @Nullable AllowedSigners signers, @Nullable ItemDecryption identities) {
    BackupVerifier.Source source = BackupReader.source(op, store);
    return new BackupVerifier(
            key -> {
              op.check();
              return source.open(key);
            },
            keys,
            present(op),
            signers,
            identities)
        .verify();
  }

  /** The commands with which anyone verifies the same without Holdfast ({@code --show}). */
  public List<String> commands(Operation op) {
    return VerifyCommands.show(keys, present(op));
  }

  private Set<String> present(Operation op) {
    Set<String> present = BackupReader.present(op, store, keys);
    if (present.isEmpty()) {
      throw new Failure.Absent(
          "There is no backup '" + keys.backup() + "' in " + store.describe(),
          "see which there are with 'backup get'",
          null);
    }
    return present;
  }
}
