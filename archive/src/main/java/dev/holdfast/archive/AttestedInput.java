package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file of a backup while it is read: whoever has read it asks {@link #requireWhole} whether it
 * was what the manifest says, before anything is done with it. Closing does nothing; what it reads
 * from stays its owner's.
 */
public final class AttestedInput extends FilterInputStream {

  private final HashedInput hashed;
  private final Manifest.@Nullable Key expected;
  private final String key;

  /**
   * @param manifest null if the backup has none, as Velero's have: then there is nothing to compare
   * @throws Failure.Corrupt if the manifest does not name the file
   */
  public AttestedInput(InputStream in, @Nullable Manifest manifest, BackupKeys keys, String key) {
    this(new HashedInput(in), expected(manifest, keys, key), key);
  }

  private AttestedInput(HashedInput hashed, Manifest.@Nullable Key expected, String key) {
    super(hashed);
    this.hashed = hashed;
    this.expected = expected;
    this.key = key;
  }

  private static Manifest.@Nullable Key expected(
      @Nullable Manifest manifest, BackupKeys keys, String key) {
    if (manifest == null) {
      return null;
    }
    Manifest.Key named = manifest.keys().get(keys.relative(key));
    if (named == null) {
      throw new Failure.Corrupt(
          "The manifest of backup '" + keys.backup() + "' does not name " + key);
    }
    return named;
  }

  /**
   * Reads what is left.
   *
   * @throws Failure.Corrupt if it was not what the manifest says
   */
  public void requireWhole() throws IOException {
    hashed.drain();
    if (expected != null
        && (hashed.count() != expected.size() || !hashed.sha256().equals(expected.sha256()))) {
      throw new Failure.Corrupt(
          key + " is not what the manifest says (size or SHA-256 differ)",
          "'backup verify' says what is damaged; restore from another backup or a copy of this one",
          null);
    }
  }

  @Override
  public void close() {
    // its owner closes what it reads from
  }
}
