package dev.holdfast.archive;

import dev.holdfast.model.ItemKey;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where each item stands in the archive, and its identity: {@code holdfast-index.zst}
 * (docs/format.md). Immutable; about 150 bytes of memory per item.
 */
public final class Index implements Iterable<IndexEntry> {

  private final IndexTable table;
  private final long[] members;
  private final long archiveSize;

  Index(IndexTable table, long[] members, long archiveSize) {
    this.table = table;
    this.members = members.clone();
    this.archiveSize = archiveSize;
  }

  /** How many items. */
  public int size() {
    return table.size();
  }

  /** The item at this place, in the order of the archive. */
  public IndexEntry entry(int place) {
    return table.entry(place);
  }

  public Optional<IndexEntry> find(ItemKey key) {
    int place = table.find(key);
    return place < 0 ? Optional.empty() : Optional.of(table.entry(place));
  }

  /** The place of the item with this key. */
  public OptionalInt place(ItemKey key) {
    int place = table.find(key);
    return place < 0 ? OptionalInt.empty() : OptionalInt.of(place);
  }

  /** The archive's length in bytes. */
  public long archiveSize() {
    return archiveSize;
  }

  /** How many gzip members the archive has. */
  public int members() {
    return members.length;
  }

  /** Where the gzip member after the one at {@code member} starts, or the archive ends. */
  public long memberEnd(long member) {
    int at = java.util.Arrays.binarySearch(members, member);
    if (at < 0) {
      throw new IllegalArgumentException("No gzip member starts at " + member);
    }
    return at + 1 < members.length ? members[at + 1] : archiveSize;
  }

  /** Where every gzip member starts, ascending. */
  long[] memberStarts() {
    return members.clone();
  }

  @Override
  public Iterator<IndexEntry> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size();
      }

      @Override
      public IndexEntry next() {
        if (next >= size()) {
          throw new NoSuchElementException();
        }
        return entry(next++);
      }
    };
  }

  /** Writes the file; the stream is not closed. */
  public void write(OutputStream out) {
    IndexFile.write(this, out);
  }

  /**
   * Reads the file; the stream is not closed.
   *
   * @throws dev.holdfast.model.Failure.Unsupported if it is newer than this reader
   * @throws dev.holdfast.model.Failure.Corrupt if it is damaged, cut off or contradicts itself
   */
  public static Index read(InputStream in) {
    return IndexFile.read(in);
  }
}
