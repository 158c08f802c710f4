package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files of one backup by their plain keys, decrypted where they are stored encrypted (mode
 * {@code all}).
 */
public final class StoredRecords {

  private final BackupVerifier.Source source;
  private final BackupKeys keys;
  private final Set<String> present;
  private final @Nullable ItemDecryption identities;

  /**
   * @param present every key below {@link BackupKeys#root()}
   * @param identities null if there are none: then what is encrypted is {@link Failure.WrongKey}
   */
  public StoredRecords(
      BackupVerifier.Source source,
      BackupKeys keys,
      Set<String> present,
      @Nullable ItemDecryption identities) {
    this.source = source;
    this.keys = keys;
    this.present = present;
    this.identities = identities;
  }

  BackupKeys keys() {
    return keys;
  }

  @Nullable ItemDecryption identities() {
    return identities;
  }

  /** Whether the backup was written with encryption mode {@code all}. */
  public boolean encryptedAll() {
    return present.contains(keys.encrypted(keys.archive()));
  }

  /** Whether Secrets are encrypted apart (mode {@code secrets}). */
  public boolean encryptedSecrets() {
    return present.contains(keys.secrets());
  }

  /** The key under which the file really is. */
  public String stored(String plain) {
    return encryptedAll() && keys.replacedByEncryption().contains(plain)
        ? keys.encrypted(plain)
        : plain;
  }

  public boolean exists(String plain) {
    return present.contains(stored(plain));
  }

  /**
   * The plain file; the caller closes it. Empty if there is none.
   *
   * @throws Failure.WrongKey if it is encrypted and no identity opens it
   */
  public Optional<InputStream> open(String plain) throws IOException {
    String key = stored(plain);
    if (!present.contains(key)) {
      return Optional.empty();
    }
    Optional<InputStream> in = source.open(key);
    if (in.isEmpty() || key.equals(plain)) {
      return in;
    }
    if (identities == null) {
      in.get().close();
      throw new Failure.WrongKey(
          key + " is encrypted", "give the identity with --identity FILE", null);
    }
    return Optional.of(identities.decrypt(in.get(), keys.relative(key)));
  }

  /** The plain file, at most 1 GiB; empty if there is none. */
  public Optional<byte[]> bytes(String plain) {
    String what = keys.relative(stored(plain));
    try (InputStream in = open(plain).orElse(null)) {
      return in == null
          ? Optional.empty()
          : Optional.of(new BoundedInput(in, 1L << 30, what).readAllBytes());
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " cannot be read to its end: " + e.getMessage(), null, e);
    }
  }
}
