package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Index;
import dev.holdfast.archive.IndexEntry;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.Results;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads back what a run stored, and checks it against its own records. */
final class StoredBackup {

  private final ObjectStore store;
  private final BackupKeys keys;
  private final Operation op = Operation.start();

  StoredBackup(ObjectStore store, String name) {
    this.store = store;
    this.keys = new BackupKeys(name);
  }

  byte[] bytes(String key) {
    try (InputStream in = store.get(op, key)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  boolean exists() {
    return store.head(op, keys.backupJson()).isPresent();
  }

  Backup document() {
    return new Backups(store).get(op, keys.backup());
  }

  Results results() {
    return Results.read(bytes(keys.results()), "results");
  }

  Manifest manifest() {
    return Manifest.read(bytes(keys.manifest()), "manifest");
  }

  Set<String> keys() {
    Set<String> found = new TreeSet<>();
    try {
      store.listAll(op, keys.root(), meta -> found.add(keys.relative(meta.key())));
    } catch (Failure.Absent e) {
      return found; // not even the location was begun
    }
    return found;
  }

  Map<ItemKey, byte[]> items() {
    Map<ItemKey, byte[]> items = new TreeMap<>();
    ArchiveReader.read(new ByteArrayInputStream(bytes(keys.archive())), Limits.DEFAULT, items::put);
    return items;
  }

  byte[] item(ItemKey key) {
    return Optional.ofNullable(items().get(key)).orElseThrow();
  }

  Index index() {
    return Index.read(new ByteArrayInputStream(bytes(keys.index())));
  }

  /** Every key is as the manifest says, none is missing, and the index fits the archive. */
  StoredBackup checkWhole() {
    Manifest manifest = manifest();
    manifest
        .keys()
        .forEach((key, expected) -> {
          byte[] content = bytes(keys.root() + key);
          assertThat((long) content.length).as(key).isEqualTo(expected.size());
          assertThat(Names.sha256(content)).as(key).isEqualTo(expected.sha256());
        });
    Set<String> unlisted = keys();
    unlisted.removeAll(manifest.keys().keySet());
    unlisted.removeIf(key -> key.startsWith("holdfast-claim"));
    assertThat(unlisted)
        .isSubsetOf("holdfast-manifest.json", "holdfast-manifest.json.sig")
        .contains("holdfast-manifest.json");
    Map<ItemKey, byte[]> items = items();
    int plain = 0;
    for (IndexEntry entry : index()) {
      if (!entry.encrypted()) {
        plain++;
        assertThat(Names.sha256(Optional.ofNullable(items.get(entry.key())).orElseThrow()))
            .isEqualTo(entry.sha256());
      }
    }
    assertThat(items).hasSize(plain);
    return this;
  }
}
