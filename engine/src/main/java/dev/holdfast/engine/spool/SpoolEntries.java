package dev.holdfast.engine.spool;

import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a spool keeps in memory: columns of numbers, one row an item, and a hash table of row
 * numbers. About 60 bytes an item and its name. Not thread-safe.
 */
final class SpoolEntries {

  /** What items of one type and version share. */
  record Kind(GroupResource type, String apiVersion, String kind) {}

  private final List<Kind> kinds = new ArrayList<>();
  private final Map<Kind, Integer> kindNumbers = new HashMap<>();
  private final List<String> namespaces = new ArrayList<>();
  private final Map<String, Integer> namespaceNumbers = new HashMap<>();

  private int size;
  private long bytes;
  private int[] kind = new int[1024];
  private int[] namespace = new int[1024];
  private String[] name = new String[1024];
  private long[] offset = new long[1024];
  private int[] length = new int[1024];

  /** Row + 1 at the key's hash or the next free place; 0 is free. At most half full. */
  private int[] table = new int[4096];

  int add(ItemKey key, String apiVersion, String kindName, long at, int count) {
    if (size == name.length) {
      grow();
    }
    kind[size] = number(new Kind(key.type(), apiVersion, kindName), kinds, kindNumbers);
    namespace[size] = number(key.namespace(), namespaces, namespaceNumbers);
    name[size] = key.name();
    offset[size] = at;
    length[size] = count;
    bytes += count;
    place(size++);
    return size - 1;
  }

  private static <T> int number(T value, List<T> values, Map<T, Integer> numbers) {
    return numbers.computeIfAbsent(
        value,
        v -> {
          values.add(v);
          return values.size() - 1;
        });
  }

  /** The row of this key, or -1. */
  int find(ItemKey key) {
    int place = key.hashCode() & table.length - 1;
    while (table[place] != 0) {
      int row = table[place] - 1;
      if (name[row].equals(key.name())
          && namespaces.get(namespace[row]).equals(key.namespace())
          && kinds.get(kind[row]).type().equals(key.type())) {
        return row;
      }
      place = place + 1 & table.length - 1;
    }
    return -1;
  }

  void move(int row, long at, int count) {
    bytes += count - length[row];
    offset[row] = at;
    length[row] = count;
  }

  int size() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  Set<GroupResource> types() {
    Set<GroupResource> types = new TreeSet<>();
    kinds.forEach(k -> types.add(k.type()));
    return types;
  }

  ItemKey key(int row) {
    return new ItemKey(kind(row).type(), namespaces.get(namespace[row]), name[row]);
  }

  Kind kind(int row) {
    return kinds.get(kind[checked(row)]);
  }

  long offset(int row) {
    return offset[checked(row)];
  }

  int length(int row) {
    return length[checked(row)];
  }

  private int checked(int row) {
    return java.util.Objects.checkIndex(row, size);
  }

  private void place(int row) {
    int place = key(row).hashCode() & table.length - 1;
    while (table[place] != 0) {
      place = place + 1 & table.length - 1;
    }
    table[place] = row + 1;
  }

  private void grow() {
    int more = size * 2;
    kind = Arrays.copyOf(kind, more);
    namespace = Arrays.copyOf(namespace, more);
    name = Arrays.copyOf(name, more);
    offset = Arrays.copyOf(offset, more);
    length = Arrays.copyOf(length, more);
    table = new int[more * 4];
    for (int row = 0; row < size; row++) {
      place(row);
    }
  }
}
