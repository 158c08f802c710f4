package dev.holdfast.engine.inspect;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.BackupVerifier;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.Gzip;
import dev.holdfast.archive.Index;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.LocationDocument;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.RandomArchive;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.Signature;
import dev.holdfast.archive.StoredRecords;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One finished backup of a location, to look into: what {@code describe}, {@code diff}, {@code
 * download} and {@code logs} read. Each file is read when it is asked for; items by range where the
 * backup has an index.
 */
public final class BackupReader {

  private final Operation op;
  private final ObjectStore store;
  private final BackupKeys keys;
  private final Map<String, Long> sizes;
  private final StoredRecords records;
  private final @Nullable ItemDecryption identities;
  private final Backup document;

  private BackupReader(
      Operation op, ObjectStore store, BackupKeys keys, @Nullable ItemDecryption identities) {
    this.op = op;
    this.store = store;
    this.keys = keys;
    this.identities = identities;
    this.sizes = sizes(op, store, keys);
    this.records = new StoredRecords(source(op, store), keys, sizes.keySet(), identities);
    this.document = readDocument();
  }

  /**
   * Finds the backup and reads its document.
   *
   * @param identities null if there are none: then what is encrypted is {@link Failure.WrongKey}
   * @throws Failure.Absent if there is no finished backup of that name
   * @throws Failure.Unsupported if the location or the backup is newer than this reader
   */
  public static BackupReader open(
      Operation op, ObjectStore store, String name, @Nullable ItemDecryption identities) {
    try (InputStream in = source(op, store).open(LocationKeys.LOCATION).orElse(null)) {
      if (in != null) {
        LocationDocument.read(in.readAllBytes(), LocationKeys.LOCATION);
      }
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + LocationKeys.LOCATION, null, e);
    }
    return new BackupReader(op, store, new BackupKeys(name), identities);
  }

  static Set<String> present(Operation op, ObjectStore store, BackupKeys keys) {
    return sizes(op, store, keys).keySet();
  }

  private static Map<String, Long> sizes(Operation op, ObjectStore store, BackupKeys keys) {
    Map<String, Long> sizes = new TreeMap<>();
    store.listAll(op, keys.root(), meta -> sizes.put(meta.key(), meta.size()));
    return sizes;
  }

  static BackupVerifier.Source source(Operation op, ObjectStore store) {
    return key -> {
      try {
        return Optional.of(store.get(op, key));
      } catch (Failure.Absent e) {
        return Optional.empty();
      }
    };
  }

  public BackupKeys keys() {
    return keys;
  }

  /** Every key of the backup. */
  public Set<String> present() {
    return Set.copyOf(sizes.keySet());
  }

  /** How much it takes in the location, in bytes; what repositories hold for it is not in this. */
  public long bytes() {
    return sizes.values().stream().mapToLong(Long::longValue).sum();
  }

  public Backup document() {
    return document;
  }

  /** Empty for a backup that Velero wrote. */
  public Optional<Manifest> manifest() {
    return records.bytes(keys.manifest()).map(b -> Manifest.read(b, keys.manifest()));
  }

  /**
   * Whose signature stands beside the manifest, by the fingerprint of the key ({@code SHA256:…});
   * empty without one. Nothing is checked: {@link VerifyRun} does that.
   */
  public Optional<String> signedBy() {
    return records.bytes(keys.manifestSignature()).map(Signature::fingerprint);
  }

  /** Warnings and errors; none where there is no such file. */
  public Results results() {
    return records
        .bytes(keys.results())
        .map(b -> Results.read(b, keys.results()))
        .orElse(Results.NONE);
  }

  /** Names by type; empty for a backup of Velero before 1.3. */
  public Optional<ResourceList> resourceList() {
    return records.bytes(keys.resourceList()).map(b -> ResourceList.read(b, keys.resourceList()));
  }

  /** What became of each volume, by Velero's records and our manifest. */
  public List<VolumeInfo> volumes() {
    return records
        .bytes(keys.volumeInfo())
        .map(b -> VolumeInfo.read(b, keys.volumeInfo()))
        .map(all -> VolumeInfo.with(all, manifest().orElse(null)))
        .orElse(List.of());
  }

  /** The log's text; empty if it was not uploaded. */
  public Optional<byte[]> log() {
    return records.bytes(keys.logs()).map(b -> Gzip.decompress(b, keys.logs()));
  }

  /** The files by their plain keys, decrypted. */
  StoredRecords records() {
    return records;
  }

  @Nullable ItemDecryption identities() {
    return identities;
  }

  /**
   * The items: by ranged reads where the backup has an index, else read whole into a scratch file.
   *
   * @param scratch a folder for the scratch file
   * @throws Failure.WrongKey if the archive is encrypted and no identity opens it
   */
  public Contents contents(Path scratch) {
    if (records.encryptedAll() || !records.exists(keys.index())) {
      return SpooledContents.ofArchive(this, scratch);
    }
    Index index;
    try (InputStream in = records.open(keys.index()).orElseThrow()) {
      index = Index.read(in);
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + keys.index(), null, e);
    }
    RandomArchive archive =
        new RandomArchive(index, (offset, length) -> store.get(op, keys.archive(), offset, length));
    boolean sealed = records.encryptedSecrets() && identities != null;
    return new IndexedContents(archive, sealed ? SpooledContents.ofSecrets(this, scratch) : null);
  }

  private Backup readDocument() {
    byte[] json =
        records
            .bytes(keys.backupJson())
            .orElseThrow(() ->
                new Failure.Absent(
                    (sizes.isEmpty() ? "There is no backup '" : "There is no finished backup '")
                        + keys.backup()
                        + "' in "
                        + store.describe(),
                    "see which there are with 'backup get'",
                    null));
    return Documents.readBackup(json, keys.backup(), keys.backupJson());
  }
}
