package dev.holdfast.archive;

import dev.holdfast.archive.Verification.Finding;
import dev.holdfast.archive.Verification.Severity;
import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.Backup;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Checks a backup by its bytes alone: the manifest against every key, the signature, the index and
 * the lists against every item. It goes on after a finding, so that the report is complete. Backups
 * of Velero have no manifest and no index: the report says what that leaves unchecked.
 */
public final class BackupVerifier {

  /** Gives the bytes of keys. */
  @FunctionalInterface
  public interface Source {
    /** The object; the caller closes it. Empty if the key does not exist. */
    Optional<InputStream> open(String key) throws IOException;
  }

  private final Source source;
  private final BackupKeys keys;
  private final Set<String> present;
  private final @Nullable AllowedSigners signers;
  private final @Nullable ItemDecryption identities;
  private final List<Finding> findings = new ArrayList<>();
  private int soundKeys;
  private AllowedSigners.@Nullable Signer signer;

  /**
   * @param present every key below {@link BackupKeys#root()}, as the store lists them
   * @param signers whose signatures count; null to leave signatures unchecked
   * @param identities to look into what is encrypted; null to check only its bytes
   */
  public BackupVerifier(
      Source source,
      BackupKeys keys,
      Set<String> present,
      @Nullable AllowedSigners signers,
      @Nullable ItemDecryption identities) {
    this.source = source;
    this.keys = keys;
    this.present = new TreeSet<>(present);
    this.signers = signers;
    this.identities = identities;
  }

  /**
   * Checks everything. Failures of the store pass through.
   *
   * @throws Failure.Absent if there is no such backup at all
   */
  public Verification verify() {
    if (present.isEmpty()) {
      throw new Failure.Absent("There is no backup '" + keys.backup() + "'");
    }
    @Nullable Backup backup = backup();
    @Nullable Manifest manifest = manifest();
    if (manifest != null) {
      checkKeys(manifest);
    }
    StoredRecords records = new StoredRecords(source, keys, present, identities);
    ItemVerifier items = new ItemVerifier(records, backup, findings);
    if (!records.encryptedAll() || identities != null) {
      checkRecords(records);
      items.verify();
    } else {
      unchecked(keys.root() + "*.age", "encrypted: give --identity FILE to look inside");
    }
    return new Verification(findings, signer, soundKeys, items.sound());
  }

  private @Nullable Backup backup() {
    try {
      return Documents.readBackup(
          whole(keys.backupJson()), keys.backup(), keys.relative(keys.backupJson()));
    } catch (Failure.Absent e) {
      damaged(keys.backupJson(), "does not exist: the backup was never finished");
    } catch (Failure.Corrupt e) {
      damaged(keys.backupJson(), e.getMessage());
    }
    return null;
  }

  private @Nullable Manifest manifest() {
    if (!present.contains(keys.manifest())) {
      unchecked(
          keys.manifest(),
          "does not exist (Velero writes none): sizes, checksums and a signature cannot be checked");
      if (signers != null) {
        damaged(keys.manifest(), "a signature was asked for, and there is nothing signed");
      }
      return null;
    }
    try {
      byte[] bytes = whole(keys.manifest());
      checkSignature(bytes);
      Manifest manifest = Manifest.read(bytes, keys.relative(keys.manifest()));
      if (!manifest.backup().equals(keys.backup())) {
        damaged(keys.manifest(), "is the manifest of another backup, '" + manifest.backup() + "'");
        return null;
      }
      return manifest;
    } catch (Failure.Corrupt | Failure.Absent e) {
      damaged(keys.manifest(), e.getMessage());
      return null;
    }
  }

  private void checkSignature(byte[] manifest) {
    boolean signed = present.contains(keys.manifestSignature());
    if (signers == null) {
      if (signed) {
        unchecked(
            keys.manifestSignature(), "who signed it is not checked: give --allowed-signers FILE");
      }
      return;
    }
    if (!signed) {
      damaged(keys.manifestSignature(), "does not exist: the backup is not signed");
      return;
    }
    try {
      signer = Signature.verify(manifest, whole(keys.manifestSignature()), signers);
    } catch (Failure.Corrupt | Failure.WrongKey | Failure.Unsupported e) {
      damaged(keys.manifestSignature(), e.describe());
    }
  }

  private void checkKeys(Manifest manifest) {
    manifest.keys().forEach((name, expected) -> checkKey(keys.root() + name, expected));
    for (String key : present) {
      boolean own =
          key.startsWith(keys.claimPrefix())
              || key.equals(keys.manifest())
              || key.equals(keys.manifestSignature());
      if (!own && !manifest.keys().containsKey(keys.relative(key))) {
        damaged(key, "is not in the manifest: somebody added it later");
      }
    }
  }

  private void checkKey(String key, Manifest.Key expected) {
    try (HashedInput in = new HashedInput(open(key))) {
      in.drain();
      if (in.count() != expected.size()) {
        damaged(key, "has " + in.count() + " bytes; the manifest says " + expected.size());
      } else if (!in.sha256().equals(expected.sha256())) {
        damaged(key, "has another SHA-256 than the manifest says: its content was changed");
      } else {
        soundKeys++;
      }
    } catch (Failure.Absent e) {
      damaged(key, "is in the manifest and does not exist");
    } catch (Failure.Corrupt | IOException e) {
      damaged(key, "cannot be read to its end: " + e.getMessage());
    }
  }

  /** The small records beside the items: each must be readable where it is there. */
  private void checkRecords(StoredRecords records) {
    check(records, keys.logs(), (bytes, what) -> Gzip.decompress(bytes, what));
    check(records, keys.results(), Results::read);
    check(records, keys.volumeInfo(), VolumeInfo::read);
    check(records, keys.podVolumeBackups(), Documents::readAll);
    check(records, keys.volumeSnapshots(), Documents::readAll);
    check(records, keys.itemOperations(), Documents::readAll);
  }

  @FunctionalInterface
  private interface Reader {
    Object read(byte[] bytes, String what);
  }

  private void check(StoredRecords records, String key, Reader reader) {
    try {
      Optional<byte[]> bytes = records.bytes(key);
      if (bytes.isPresent()) {
        reader.read(bytes.get(), keys.relative(records.stored(key)));
      }
    } catch (Failure.Corrupt | Failure.WrongKey e) {
      damaged(records.stored(key), e.describe());
    }
  }

  private InputStream open(String key) throws IOException {
    return source.open(key).orElseThrow(() -> new Failure.Absent(key + " does not exist"));
  }

  private byte[] whole(String key) {
    try (InputStream in = open(key)) {
      return new BoundedInput(in, 1L << 30, key).readAllBytes();
    } catch (IOException e) {
      throw new Failure.Corrupt(key + " cannot be read to its end", null, e);
    }
  }

  private void damaged(String key, String problem) {
    findings.add(new Finding(Severity.DAMAGED, key, problem));
  }

  private void unchecked(String key, String problem) {
    findings.add(new Finding(Severity.UNCHECKED, key, problem));
  }
}
