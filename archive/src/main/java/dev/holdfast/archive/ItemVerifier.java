package dev.holdfast.archive;

import dev.holdfast.archive.Verification.Finding;
import dev.holdfast.archive.Verification.Severity;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.Backup;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks the items of a backup: the archive front to back, each item against the index, the index
 * against the archive place by place, both against the lists and counts.
 */
final class ItemVerifier {

  /** A list of names that is longer than this says "and N more". */
  private static final int MOST_NAMES = 20;

  private final StoredRecords records;
  private final BackupKeys keys;
  private final @Nullable Backup backup;
  private final List<Finding> findings;
  private final ResourceList.Builder found = new ResourceList.Builder();
  private long sound;
  private long read;

  ItemVerifier(StoredRecords records, @Nullable Backup backup, List<Finding> findings) {
    this.records = records;
    this.keys = records.keys();
    this.backup = backup;
    this.findings = findings;
  }

  long sound() {
    return sound;
  }

  void verify() {
    @Nullable Index index = index();
    boolean whole = archive(index);
    whole &= secrets(index);
    if (index != null) {
      places(index);
      if (whole) {
        missing(index);
      }
    }
    if (whole) {
      lists();
    }
  }

  private @Nullable Index index() {
    if (!records.exists(keys.index())) {
      add(
          Severity.UNCHECKED,
          keys.index(),
          "does not exist (Velero writes none): items are checked for soundness, not for change");
      return null;
    }
    try (InputStream in = records.open(keys.index()).orElseThrow()) {
      return Index.read(in);
    } catch (Failure.Corrupt | Failure.WrongKey e) {
      add(Severity.DAMAGED, keys.index(), e.describe());
    } catch (IOException e) {
      add(Severity.DAMAGED, keys.index(), "cannot be read to its end: " + e.getMessage());
    }
    return null;
  }

  /** Reads the archive front to back; false if it could not be read to its end. */
  private boolean archive(@Nullable Index index) {
    try (InputStream in = records.open(keys.archive()).orElse(null)) {
      if (in == null) {
        add(Severity.DAMAGED, keys.archive(), "does not exist: the backup holds no items");
        return false;
      }
      ArchiveReader.read(in, Limits.DEFAULT, sink(index, keys.archive(), false));
      return true;
    } catch (Failure.Corrupt | Failure.WrongKey | Failure.Unsupported e) {
      add(Severity.DAMAGED, records.stored(keys.archive()), e.describe());
    } catch (IOException e) {
      add(Severity.DAMAGED, keys.archive(), "cannot be read to its end: " + e.getMessage());
    }
    return false;
  }

  /** Reads the encrypted Secrets; false if they could not all be read. */
  private boolean secrets(@Nullable Index index) {
    if (!records.encryptedSecrets()) {
      return true;
    }
    ItemDecryption identities = records.identities();
    if (identities == null) {
      add(Severity.UNCHECKED, keys.secrets(), "encrypted: give --identity FILE to look inside");
      return false;
    }
    try (InputStream in = records.open(keys.secrets()).orElseThrow()) {
      SecretsReader.read(in, identities, Limits.DEFAULT, sink(index, keys.secrets(), true));
      return true;
    } catch (Failure.Corrupt | Failure.WrongKey e) {
      add(Severity.DAMAGED, keys.secrets(), e.describe());
    } catch (IOException e) {
      add(Severity.DAMAGED, keys.secrets(), "cannot be read to its end: " + e.getMessage());
    }
    return false;
  }

  private EntrySink sink(@Nullable Index index, String archive, boolean encrypted) {
    return new EntrySink() {
      @Override
      public void item(ItemKey key, byte[] json) {
        check(index, key, json, encrypted);
      }

      @Override
      public void warning(String message) {
        add(Severity.UNCHECKED, archive, message);
      }
    };
  }

  private void check(@Nullable Index index, ItemKey key, byte[] json, boolean encrypted) {
    read++;
    ItemHead head = ItemHead.read(json, key.toString());
    found.add(head.apiVersion(), head.kind(), key.namespace(), key.name());
    if (index == null) {
      sound++;
      return;
    }
    @Nullable IndexEntry entry = index.find(key).orElse(null);
    if (entry == null) {
      add(Severity.DAMAGED, key.toString(), "is in the archive and not in the index");
    } else if (entry.encrypted() != encrypted) {
      add(Severity.DAMAGED, key.toString(), "is not where the index says: encrypted or not");
    } else if (!encrypted && !entry.sha256().equals(Names.sha256(json))) {
      add(Severity.DAMAGED, key.toString(), "is not what the index says: its content was changed");
    } else if (!sameIdentity(entry, head)) {
      add(Severity.DAMAGED, key.toString(), "has another identity than the index says");
    } else {
      sound++;
    }
  }

  private static boolean sameIdentity(IndexEntry entry, ItemHead head) {
    return entry.apiVersion().equals(head.apiVersion())
        && entry.kind().equals(head.kind())
        && entry.uid().equals(head.uid())
        && entry.resourceVersion().equals(head.resourceVersion());
  }

  /**
   * Reads each item where the index says, gzip member by gzip member from one stream: names exactly
   * the items that a damaged place costs.
   */
  private void places(Index index) {
    try (InputStream in = records.open(keys.archive()).orElse(null)) {
      if (in == null) {
        return;
      }
      RandomArchive archive = new RandomArchive(index, new Consecutive(in)::range);
      List<IndexEntry> member = new ArrayList<>();
      for (IndexEntry entry : index) {
        if (entry.encrypted()) {
          continue;
        }
        if (!member.isEmpty() && member.getFirst().member() != entry.member()) {
          member(archive, member);
          member.clear();
        }
        member.add(entry);
      }
      if (!member.isEmpty()) {
        member(archive, member);
      }
    } catch (IOException e) {
      add(Severity.DAMAGED, keys.archive(), "cannot be read to its end: " + e.getMessage());
    }
  }

  private void member(RandomArchive archive, List<IndexEntry> entries) {
    Set<ItemKey> good = new HashSet<>();
    try {
      archive.items(entries, (entry, _) -> good.add(entry.key()));
    } catch (Failure.Corrupt e) {
      for (IndexEntry entry : entries) {
        if (!good.contains(entry.key())) {
          add(Severity.DAMAGED, entry.key().toString(), "cannot be read where the index says");
        }
      }
    }
  }

  private void missing(Index index) {
    if (index.size() != read) {
      add(
          Severity.DAMAGED,
          keys.index(),
          "names " + index.size() + " items; the archive holds " + read);
    }
  }

  /** Velero's resource list and item count. */
  private void lists() {
    try {
      byte[] bytes = records.bytes(keys.resourceList()).orElse(null);
      if (bytes != null) {
        compare(ResourceList.read(bytes, keys.relative(keys.resourceList())), found.build());
      }
    } catch (Failure.Corrupt | Failure.WrongKey e) {
      add(Severity.DAMAGED, keys.resourceList(), e.describe());
    }
    Backup.@Nullable Status status = backup == null ? null : backup.status();
    Backup.@Nullable Progress progress = status == null ? null : status.progress();
    Integer counted = progress == null ? null : progress.itemsBackedUp();
    if (counted != null && counted != read) {
      add(
          Severity.DAMAGED,
          keys.backupJson(),
          "counts " + counted + " items; the archive holds " + read);
    }
  }

  private void compare(ResourceList list, ResourceList archive) {
    Set<String> listed = names(list);
    Set<String> held = names(archive);
    difference(listed, held, "is in the resource list and not in the archive");
    difference(held, listed, "is in the archive and not in the resource list");
  }

  private void difference(Set<String> of, Set<String> without, String problem) {
    List<String> rest = of.stream().filter(n -> !without.contains(n)).sorted().toList();
    rest.stream().limit(MOST_NAMES).forEach(name -> add(Severity.DAMAGED, name, problem));
    if (rest.size() > MOST_NAMES) {
      add(
          Severity.DAMAGED,
          keys.resourceList(),
          (rest.size() - MOST_NAMES) + " more items: each " + problem);
    }
  }

  private static Set<String> names(ResourceList list) {
    Set<String> names = new HashSet<>();
    for (Map.Entry<String, List<String>> type : list.byType().entrySet()) {
      type.getValue().forEach(name -> names.add(type.getKey() + " " + name));
    }
    return names;
  }

  private void add(Severity severity, String subject, String problem) {
    findings.add(new Finding(severity, subject, problem));
  }

  /** Ascending ranges out of one stream. */
  private static final class Consecutive {
    private final InputStream in;
    private long at;

    Consecutive(InputStream in) {
      this.in = in;
    }

    InputStream range(long offset, long length) throws IOException {
      in.skipNBytes(offset - at);
      byte[] bytes = in.readNBytes(Math.toIntExact(length));
      at = offset + bytes.length;
      return new java.io.ByteArrayInputStream(bytes);
    }
  }
}
