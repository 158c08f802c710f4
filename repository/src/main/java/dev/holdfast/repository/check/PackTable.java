package dev.holdfast.repository.check;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.crypto.MasterKey;
import dev.holdfast.repository.pack.PackHeader;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * What the index says of each pack, summed up: an object a pack, not a blob. Thread-safe for {@link
 * #merge}.
 */
final class PackTable {

  private static final Entry UNKNOWN = new Entry();

  private final Map<Id, Entry> packs = new HashMap<>();

  /** A pack. */
  static final class Entry {
    private long lengths;
    private int headers;
    private int blobs;
    private boolean data;
    private boolean trees;
    private long sum;
    private boolean differs;
    private boolean repeated;

    /** Bytes of the file. */
    long size() {
      return lengths + headerLength() + PackHeader.LENGTH_FIELD;
    }

    /** Bytes of the encrypted header. */
    long headerLength() {
      return headers + (long) MasterKey.OVERHEAD;
    }

    int blobs() {
      return blobs;
    }

    /** Index files contradict each other. */
    boolean differs() {
      return differs;
    }

    /** Several index files have it. */
    boolean repeated() {
      return repeated;
    }

    boolean mixed() {
      return data && trees;
    }

    void add(PackedBlob blob) {
      lengths += blob.length();
      headers += blob.headerEntry();
      blobs++;
      data |= blob.type() == BlobType.DATA;
      trees |= blob.type() == BlobType.TREE;
      sum += blob.hashCode() * 0x9E3779B97F4A7C15L + (blob.id().b() ^ blob.id().d());
    }
  }

  /** Adds the packs of one index file. */
  synchronized void merge(Map<Id, Entry> file) {
    file.forEach((pack, entry) -> {
      Entry known = packs.putIfAbsent(pack, entry);
      if (known != null) {
        known.repeated = true;
        known.differs |= known.sum != entry.sum || known.blobs != entry.blobs;
      }
    });
  }

  /** What is known of a pack; nothing of one that no index has. */
  Entry get(Id pack) {
    return packs.getOrDefault(pack, UNKNOWN);
  }

  /** In the order of their names, so that a report reads the same each time. */
  Iterable<Id> names() {
    return new TreeSet<>(packs.keySet());
  }
}
