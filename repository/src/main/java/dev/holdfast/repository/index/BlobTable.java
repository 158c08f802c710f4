package dev.holdfast.repository.index;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Every blob of the repository and where it lies: an open hash table in flat arrays, about 70 bytes
 * a blob. A blob may have several copies. Thread-safe.
 */
public final class BlobTable {

  /**
   * A copy of a blob.
   *
   * @param pack the pack that holds it
   */
  public record Location(Id pack, PackedBlob blob) {}

  private static final int ID = 4;
  private static final int FIELDS = 4;
  private static final int PACK = 0;
  private static final int OFFSET = 1;
  private static final int LENGTH = 2;
  private static final int UNCOMPRESSED = 3;

  private final List<Id> packs = new ArrayList<>();
  private final Map<Id, Integer> packNumbers = new HashMap<>();
  private long[] ids = new long[ID << 10];

  /**
   * pack (number + 1, 0 = empty slot; tree blobs have the sign bit set), offset, length,
   * uncompressed length.
   */
  private int[] fields = new int[FIELDS << 10];

  private int count;

  /** Adds a copy; the same copy twice counts once. */
  public synchronized void add(Id pack, PackedBlob blob) {
    if ((count + 1) * 4L > slots() * 3L) {
      grow();
    }
    Integer known = packNumbers.get(pack);
    int number = known == null ? packs.size() + 1 : known;
    if (known == null) {
      packs.add(pack);
      packNumbers.put(pack, number);
    }
    int tagged = blob.type() == BlobType.TREE ? number | Integer.MIN_VALUE : number;
    int slot = slot(blob.id());
    while (fields[slot * FIELDS + PACK] != 0) {
      if (is(slot, blob.id())
          && fields[slot * FIELDS + PACK] == tagged
          && fields[slot * FIELDS + OFFSET] == blob.offset()) {
        return;
      }
      slot = after(slot);
    }
    put(slot, blob.id(), tagged, blob.offset(), blob.length(), blob.uncompressed());
    count++;
  }

  public synchronized boolean contains(BlobType type, Id id) {
    return find(type, id, slot(id)) >= 0;
  }

  /** Whether this pack has the blob just there. */
  public synchronized boolean contains(Id pack, PackedBlob blob) {
    Integer number = packNumbers.get(pack);
    if (number == null) {
      return false;
    }
    int tagged = blob.type() == BlobType.TREE ? number | Integer.MIN_VALUE : number;
    for (int slot = slot(blob.id()); fields[slot * FIELDS + PACK] != 0; slot = after(slot)) {
      int at = slot * FIELDS;
      if (fields[at + PACK] == tagged
          && fields[at + OFFSET] == blob.offset()
          && fields[at + LENGTH] == blob.length()
          && fields[at + UNCOMPRESSED] == blob.uncompressed()
          && is(slot, blob.id())) {
        return true;
      }
    }
    return false;
  }

  /** One copy of the blob, or null. */
  public synchronized @Nullable Location find(BlobType type, Id id) {
    int slot = find(type, id, slot(id));
    return slot < 0 ? null : location(slot, id);
  }

  /** All copies of the blob. */
  public synchronized List<Location> findAll(BlobType type, Id id) {
    List<Location> copies = new ArrayList<>();
    for (int slot = find(type, id, slot(id)); slot >= 0; slot = find(type, id, after(slot))) {
      copies.add(location(slot, id));
    }
    return copies;
  }

  /** Copies, not distinct blobs. */
  public synchronized int size() {
    return count;
  }

  /** All packs that hold a blob. */
  public synchronized List<Id> packs() {
    return List.copyOf(packs);
  }

  /** Gives every copy, in no order, one object at a time. The sink must not change the table. */
  public synchronized void forEach(Consumer<Location> sink) {
    for (int slot = 0; slot < slots(); slot++) {
      if (fields[slot * FIELDS + PACK] != 0) {
        sink.accept(location(slot, id(slot)));
      }
    }
  }

  /**
   * The blobs of every pack, each in the order of its offsets. For check and prune: an object a
   * blob.
   */
  public synchronized Map<Id, List<PackedBlob>> byPack() {
    Map<Id, List<PackedBlob>> byPack = new HashMap<>();
    for (int slot = 0; slot < slots(); slot++) {
      if (fields[slot * FIELDS + PACK] != 0) {
        Location copy = location(slot, id(slot));
        byPack.computeIfAbsent(copy.pack(), pack -> new ArrayList<>()).add(copy.blob());
      }
    }
    byPack.values().forEach(blobs -> blobs.sort((a, b) -> Integer.compare(a.offset(), b.offset())));
    return byPack;
  }

  private int find(BlobType type, Id id, int from) {
    for (int slot = from; fields[slot * FIELDS + PACK] != 0; slot = after(slot)) {
      if (is(slot, id) && type(slot) == type) {
        return slot;
      }
    }
    return -1;
  }

  private Location location(int slot, Id id) {
    int at = slot * FIELDS;
    Id pack = packs.get((fields[at + PACK] & Integer.MAX_VALUE) - 1);
    return new Location(
        pack,
        new PackedBlob(
            type(slot), id, fields[at + OFFSET], fields[at + LENGTH], fields[at + UNCOMPRESSED]));
  }

  private BlobType type(int slot) {
    return fields[slot * FIELDS + PACK] < 0 ? BlobType.TREE : BlobType.DATA;
  }

  private Id id(int slot) {
    int at = slot * ID;
    return new Id(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
  }

  private boolean is(int slot, Id id) {
    int at = slot * ID;
    return ids[at] == id.a()
        && ids[at + 1] == id.b()
        && ids[at + 2] == id.c()
        && ids[at + 3] == id.d();
  }

  private void put(int slot, Id id, int pack, int offset, int length, int uncompressed) {
    int at = slot * ID;
    ids[at] = id.a();
    ids[at + 1] = id.b();
    ids[at + 2] = id.c();
    ids[at + 3] = id.d();
    at = slot * FIELDS;
    fields[at + PACK] = pack;
    fields[at + OFFSET] = offset;
    fields[at + LENGTH] = length;
    fields[at + UNCOMPRESSED] = uncompressed;
  }

  private int slots() {
    return fields.length / FIELDS;
  }

  private int slot(Id id) {
    return (int) (id.a() >>> 20) & (slots() - 1);
  }

  private int after(int slot) {
    return (slot + 1) & (slots() - 1);
  }

  private void grow() {
    long[] oldIds = ids;
    int[] oldFields = fields;
    ids = new long[Math.multiplyExact(oldIds.length, 2)];
    fields = new int[Math.multiplyExact(oldFields.length, 2)];
    for (int i = 0; i < oldFields.length / FIELDS; i++) {
      int at = i * FIELDS;
      if (oldFields[at + PACK] != 0) {
        Id id = new Id(oldIds[i * ID], oldIds[i * ID + 1], oldIds[i * ID + 2], oldIds[i * ID + 3]);
        int slot = slot(id);
        while (fields[slot * FIELDS + PACK] != 0) {
          slot = after(slot);
        }
        put(
            slot,
            id,
            oldFields[at + PACK],
            oldFields[at + OFFSET],
            oldFields[at + LENGTH],
            oldFields[at + UNCOMPRESSED]);
      }
    }
  }

  /** Forgets everything. */
  public synchronized void clear() {
    packs.clear();
    packNumbers.clear();
    ids = new long[ID << 10];
    fields = new int[FIELDS << 10];
    Arrays.fill(fields, 0);
    count = 0;
  }
}
