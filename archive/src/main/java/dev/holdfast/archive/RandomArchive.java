package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Single items of an archive by ranged reads, with the help of its index. Every item is checked
 * against its SHA-256. Thread-safe if the ranges are.
 */
public final class RandomArchive {

  /** Reads a part of the archive; the caller closes the stream. */
  @FunctionalInterface
  public interface Ranges {
    InputStream read(long offset, long length) throws IOException;
  }

  private final Index index;
  private final Ranges ranges;

  public RandomArchive(Index index, Ranges ranges) {
    this.index = index;
    this.ranges = ranges;
  }

  public Index index() {
    return index;
  }

  /**
   * One item; empty if the index does not have it.
   *
   * @throws Failure.Corrupt if what stands there is not what the index says
   * @throws Failure.WrongKey if the item is not in the archive but encrypted
   */
  public Optional<byte[]> item(ItemKey key) {
    return index.find(key).map(this::item);
  }

  /** One item of the index. */
  public byte[] item(IndexEntry entry) {
    byte[][] found = new byte[1][];
    member(entry.member(), List.of(entry), (_, json) -> found[0] = json);
    return found[0];
  }

  /**
   * Many items; every gzip member is read once, in the archive's order, and one item is held at a
   * time.
   */
  public void items(Collection<IndexEntry> entries, BiConsumer<IndexEntry, byte[]> each) {
    Map<Long, List<IndexEntry>> byMember = new TreeMap<>();
    for (IndexEntry entry : entries) {
      byMember.computeIfAbsent(entry.member(), _ -> new java.util.ArrayList<>()).add(entry);
    }
    byMember.forEach((member, wanted) -> member(member, wanted, each));
  }

  private void member(long member, List<IndexEntry> wanted, BiConsumer<IndexEntry, byte[]> each) {
    IndexEntry first = wanted.getFirst();
    if (first.encrypted()) {
      throw new Failure.WrongKey(
          first.key() + " is encrypted and not in the archive",
          "give the identity with --identity FILE",
          null);
    }
    List<IndexEntry> ordered =
        wanted.stream().sorted(java.util.Comparator.comparingInt(IndexEntry::offset)).toList();
    @Nullable IndexEntry current = first;
    try (InputStream range = ranges.read(member, index.memberEnd(member) - member);
        InputStream plain = Gzip.member(range)) {
      long at = 0;
      for (IndexEntry entry : ordered) {
        current = entry;
        plain.skipNBytes(Math.max(0, entry.offset() - at));
        byte[] json = plain.readNBytes(entry.length());
        at = (long) entry.offset() + entry.length();
        check(entry, json);
        each.accept(entry, json);
      }
    } catch (IOException e) {
      throw new Failure.Corrupt(
          current.key() + " cannot be read from the archive: " + e.getMessage(),
          "'holdfast backup verify' says what else is affected",
          e);
    }
  }

  private static void check(IndexEntry entry, byte[] json) {
    if (!Names.sha256(json).equals(entry.sha256())) {
      throw new Failure.Corrupt(
          entry.key() + " in the archive is not what the index says",
          "'holdfast backup verify' says what else is affected",
          null);
    }
  }
}
