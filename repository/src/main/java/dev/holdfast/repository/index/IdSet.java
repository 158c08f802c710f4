package dev.holdfast.repository.index;

import dev.holdfast.repository.Id;

/** Ids in a flat array: about 50 bytes each, where a {@code HashSet} needs 100. Thread-safe. */
public final class IdSet {

  private static final int ID = 4;

  private long[] ids = new long[ID << 10];
  private int count;

  /** The id of zeros marks an empty slot, and so is kept here. */
  private boolean zero;

  /**
   * Adds an id.
   *
   * @return whether it was not there
   */
  public synchronized boolean add(Id id) {
    if (isZero(id)) {
      boolean added = !zero;
      zero = true;
      return added;
    }
    if ((count + 1) * 4L > ids.length / ID * 3L) {
      grow();
    }
    int slot = slot(ids, id);
    if ((ids[slot] | ids[slot + 1] | ids[slot + 2] | ids[slot + 3]) != 0) {
      return false;
    }
    put(ids, slot, id);
    count++;
    return true;
  }

  public synchronized boolean contains(Id id) {
    if (isZero(id)) {
      return zero;
    }
    int slot = slot(ids, id);
    return (ids[slot] | ids[slot + 1] | ids[slot + 2] | ids[slot + 3]) != 0;
  }

  public synchronized int size() {
    return count + (zero ? 1 : 0);
  }

  /** Where the id is, or the empty slot where it would be. */
  private static int slot(long[] ids, Id id) {
    int mask = ids.length / ID - 1;
    int at = (int) (id.a() >>> 20) & mask;
    while (true) {
      int slot = at * ID;
      long a = ids[slot];
      long b = ids[slot + 1];
      long c = ids[slot + 2];
      long d = ids[slot + 3];
      boolean same = a == id.a() && b == id.b() && c == id.c() && d == id.d();
      if (same || (a | b | c | d) == 0) {
        return slot;
      }
      at = (at + 1) & mask;
    }
  }

  private static boolean isZero(Id id) {
    return (id.a() | id.b() | id.c() | id.d()) == 0;
  }

  private static void put(long[] ids, int slot, Id id) {
    ids[slot] = id.a();
    ids[slot + 1] = id.b();
    ids[slot + 2] = id.c();
    ids[slot + 3] = id.d();
  }

  private void grow() {
    long[] larger = new long[Math.multiplyExact(ids.length, 2)];
    for (int slot = 0; slot < ids.length; slot += ID) {
      Id id = new Id(ids[slot], ids[slot + 1], ids[slot + 2], ids[slot + 3]);
      if (!isZero(id)) {
        put(larger, slot(larger, id), id);
      }
    }
    ids = larger;
  }
}
