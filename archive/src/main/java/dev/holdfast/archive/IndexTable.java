package dev.holdfast.archive;

import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Index entries without an object per item: what repeats (types, namespaces) is stored once, the
 * rest stands in growing arrays. Entries are made when asked for.
 */
final class IndexTable {

  private static final int HASH = 32;
  private static final byte[] NO_HASH = new byte[HASH];

  /** A type as the index repeats it. */
  private record Type(GroupResource resource, String apiVersion, String kind) {}

  private final List<Type> types = new ArrayList<>();
  private final Map<Type, Integer> typeIds = new HashMap<>();
  private final List<String> namespaces = new ArrayList<>();
  private final Map<String, Integer> namespaceIds = new HashMap<>();

  private int size;
  private int[] type = new int[64];
  private int[] namespace = new int[64];
  private int[] text = new int[64];
  private long[] member = new long[64];
  private int[] offset = new int[64];
  private int[] length = new int[64];
  private byte[] hashes = new byte[64 * HASH];

  /** Name, uid and resourceVersion of each item, each behind its length in two bytes. */
  private byte[] texts = new byte[64 * 80];

  private int textEnd;

  /** Open addressing over the keys: place + 1, or 0. */
  private int[] slots = new int[128];

  int size() {
    return size;
  }

  /** Adds an entry; false if its key is there already. */
  boolean add(IndexEntry entry) {
    int slot = slot(entry.key());
    if (slots[slot] != 0) {
      return false;
    }
    grow();
    type[size] = id(types, typeIds, new Type(entry.key().type(), entry.apiVersion(), entry.kind()));
    namespace[size] = id(namespaces, namespaceIds, entry.key().namespace());
    text[size] = textEnd;
    append(entry.key().name());
    append(entry.uid());
    append(entry.resourceVersion());
    member[size] = entry.member();
    offset[size] = entry.offset();
    length[size] = entry.length();
    byte[] hash = entry.sha256().isEmpty() ? NO_HASH : HexFormat.of().parseHex(entry.sha256());
    System.arraycopy(hash, 0, hashes, size * HASH, HASH);
    size++;
    slots[slot] = size;
    if (size * 2 > slots.length) {
      rehash();
    }
    return true;
  }

  IndexEntry entry(int place) {
    java.util.Objects.checkIndex(place, size);
    Type t = types.get(type[place]);
    int at = text[place];
    String name = text(at);
    at += 2 + lengthAt(at);
    String uid = text(at);
    at += 2 + lengthAt(at);
    return new IndexEntry(
        new ItemKey(t.resource(), namespaces.get(namespace[place]), name),
        t.apiVersion(),
        t.kind(),
        uid,
        text(at),
        hash(place),
        member[place],
        offset[place],
        length[place]);
  }

  /** The place of the key, or -1. */
  int find(ItemKey key) {
    return slots[slot(key)] - 1;
  }

  /** Replaces each member's ordinal by where it starts. */
  void resolveMembers(long[] starts) {
    for (int i = 0; i < size; i++) {
      if (member[i] >= 0) {
        member[i] = starts[(int) member[i]];
      }
    }
  }

  private String hash(int place) {
    int from = place * HASH;
    return Arrays.equals(hashes, from, from + HASH, NO_HASH, 0, HASH)
        ? ""
        : HexFormat.of().formatHex(hashes, from, from + HASH);
  }

  private ItemKey key(int place) {
    return new ItemKey(
        types.get(type[place]).resource(), namespaces.get(namespace[place]), text(text[place]));
  }

  private int slot(ItemKey key) {
    int mask = slots.length - 1;
    int hash = key.hashCode();
    int slot = (hash ^ (hash >>> 15) * 0x9E3779B1) & mask;
    while (slots[slot] != 0 && !key(slots[slot] - 1).equals(key)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void rehash() {
    slots = new int[slots.length * 2];
    for (int place = 0; place < size; place++) {
      slots[slot(key(place))] = place + 1;
    }
  }

  private void grow() {
    if (size == type.length) {
      int capacity = size + size / 2;
      type = Arrays.copyOf(type, capacity);
      namespace = Arrays.copyOf(namespace, capacity);
      text = Arrays.copyOf(text, capacity);
      member = Arrays.copyOf(member, capacity);
      offset = Arrays.copyOf(offset, capacity);
      length = Arrays.copyOf(length, capacity);
      hashes = Arrays.copyOf(hashes, capacity * HASH);
    }
  }

  private void append(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (textEnd + bytes.length + 2 > texts.length) {
      texts = Arrays.copyOf(texts, texts.length + texts.length / 2 + bytes.length + 2);
    }
    texts[textEnd] = (byte) (bytes.length >> 8);
    texts[textEnd + 1] = (byte) bytes.length;
    System.arraycopy(bytes, 0, texts, textEnd + 2, bytes.length);
    textEnd += bytes.length + 2;
  }

  private int lengthAt(int at) {
    return (texts[at] & 0xff) << 8 | (texts[at + 1] & 0xff);
  }

  private String text(int at) {
    return new String(texts, at + 2, lengthAt(at), StandardCharsets.UTF_8);
  }

  private static <T> int id(List<T> values, Map<T, Integer> ids, T value) {
    return ids.computeIfAbsent(
        value,
        v -> {
          values.add(v);
          return values.size() - 1;
        });
  }
}
