package dev.holdfast.cluster;

/**
 * The names of many objects as 64 bits each: 16 bytes an object at most, while a set of strings
 * takes a hundred. Two names are taken for one with a probability of n²/2⁶⁵.
 */
final class HashedNames {

  private final long seed;
  private long[] slots = new long[1 << 10];
  private int size;

  /**
   * @param seed secret, so that nobody can choose names that collide
   */
  HashedNames(long seed) {
    this.seed = seed;
  }

  /** False if it was there before. */
  boolean add(String namespace, String name) {
    if (size > slots.length / 2) {
      grow();
    }
    long hash = hash(namespace, name);
    int at = place(slots, hash);
    if (slots[at] == hash) {
      return false;
    }
    slots[at] = hash;
    size++;
    return true;
  }

  private static int place(long[] slots, long hash) {
    int at = (int) hash & slots.length - 1;
    while (slots[at] != 0 && slots[at] != hash) {
      at = at + 1 & slots.length - 1;
    }
    return at;
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (long hash : slots) {
      if (hash != 0) {
        larger[place(larger, hash)] = hash;
      }
    }
    slots = larger;
  }

  private long hash(String namespace, String name) {
    long hash = mix(seed, namespace);
    hash = mix(hash + '/', name);
    return hash == 0 ? 1 : hash; // 0 marks a free slot
  }

  /** Each character is multiplied in; then the bits are spread (MurmurHash3's finish). */
  private static long mix(long start, String text) {
    long hash = start;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 29;
    }
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }
}
