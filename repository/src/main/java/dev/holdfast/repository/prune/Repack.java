package dev.holdfast.repository.prune;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.PlainBlobs;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable.Location;
import dev.holdfast.repository.pack.PackedBlob;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Copies what is needed of packs into new ones, sealed as it is, after a look into each blob: a
 * damaged one is taken from another copy, or ends the prune before anything is removed.
 */
final class Repack {

  /** Blobs whose places are in memory at once. */
  private static final int BATCH = 200_000;

  /** A gap that is rather read than asked around. */
  private static final int GAP = 1 << 20;

  private static final int READERS = 2;
  private static final int LEVEL = 3;

  private final Repository repository;
  private final PackWriter writer;
  private final PruneProgress progress;
  private final boolean compressData;
  private final AtomicLong copied = new AtomicLong();

  Repack(Repository repository, PackWriter writer, boolean compressData, PruneProgress progress) {
    this.repository = repository;
    this.writer = writer;
    this.compressData = compressData;
    this.progress = progress;
  }

  static PackWriter writer(Operation op, Repository repository) {
    return new PackWriter(op, repository, PackWriter.PACK_SIZE, LEVEL, READERS);
  }

  /**
   * Copies; what was copied is durable after a flush of the writer.
   *
   * @param packs to read, with what is needed of them
   * @return how many blobs were copied
   */
  long run(Operation op, Map<Id, PackUse> packs, Predicate<Location> needed) {
    List<Set<Id>> batches = batches(packs);
    for (Set<Id> batch : batches) {
      Map<Id, List<PackedBlob>> blobs = new HashMap<>();
      repository
          .index()
          .forEach(copy -> {
            if (batch.contains(copy.pack()) && needed.test(copy)) {
              blobs.computeIfAbsent(copy.pack(), none -> new ArrayList<>()).add(copy.blob());
            }
          });
      op.forEach(
          batch.iterator(),
          READERS,
          pack -> {
            copy(op, pack, blobs.getOrDefault(pack, List.of()));
            progress.advance();
          });
    }
    return copied.get();
  }

  /**
   * Reads what is relied on where copies of it go: one of those that stay must be whole, or a new
   * one is made of those that go.
   *
   * @param staying for each blob its copies that stay
   */
  void confirm(Operation op, List<List<Location>> staying) {
    op.forEach(
        staying.iterator(),
        READERS,
        copies -> {
          if (copies.stream().noneMatch(copy -> whole(op, copy))) {
            PackedBlob blob = copies.getFirst().blob();
            byte[] other = otherCopy(op, blob);
            writer.put(op, blob.type(), blob.id(), other, 0, other.length);
          }
        });
  }

  private boolean whole(Operation op, Location copy) {
    try {
      var _ = repository.load(op, copy);
      return true;
    } catch (Failure.Corrupt | Failure.Absent e) {
      return false;
    }
  }

  private static List<Set<Id>> batches(Map<Id, PackUse> packs) {
    List<Set<Id>> batches = new ArrayList<>();
    Set<Id> batch = new java.util.HashSet<>();
    long blobs = 0;
    for (var pack : packs.entrySet()) {
      batch.add(pack.getKey());
      blobs += pack.getValue().usedBlobs;
      if (blobs >= BATCH) {
        batches.add(batch);
        batch = new java.util.HashSet<>();
        blobs = 0;
      }
    }
    batches.add(batch);
    return batches;
  }

  private void copy(Operation op, Id pack, List<PackedBlob> blobs) {
    List<PackedBlob> left = new ArrayList<>(blobs);
    left.sort(Comparator.comparingInt(PackedBlob::offset));
    while (!left.isEmpty()) {
      int end = 1;
      while (end < left.size() && left.get(end).offset() - end(left.get(end - 1)) <= GAP) {
        end++;
      }
      copyRange(op, pack, left.subList(0, end));
      left = left.subList(end, left.size());
    }
  }

  private static int end(PackedBlob blob) {
    return blob.offset() + blob.length();
  }

  private void copyRange(Operation op, Id pack, List<PackedBlob> blobs) {
    int at = blobs.getFirst().offset();
    byte[] sealed = new byte[0];
    try (InputStream in =
        repository
            .store()
            .get(op, RepositoryKeys.pack(pack), at, end(blobs.getLast()) - (long) at)) {
      for (PackedBlob blob : blobs) {
        in.skipNBytes(blob.offset() - (long) at);
        sealed = sealed.length < blob.length() ? new byte[blob.length()] : sealed;
        int read = in.readNBytes(sealed, 0, blob.length());
        at = end(blob);
        copy(op, pack, blob, sealed, read);
        copied.incrementAndGet();
      }
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + pack.shortText() + " could not be read to its end", null, e);
    }
  }

  private void copy(Operation op, Id pack, PackedBlob blob, byte[] sealed, int length) {
    PlainBlobs.Plain plain;
    try {
      plain = repository.plainBlobs().open(blob, sealed, 0, length, pack);
    } catch (Failure.Corrupt e) {
      byte[] other = otherCopy(op, blob);
      writer.put(op, blob.type(), blob.id(), other, 0, other.length);
      return;
    }
    boolean compress =
        !blob.compressed()
            && plain.length() > 0
            && repository.config().version() > 1
            && (compressData || blob.type() == BlobType.TREE);
    if (compress) {
      writer.put(op, blob.type(), blob.id(), plain.bytes(), 0, plain.length());
    } else {
      writer.putSealed(op, blob, sealed, 0);
    }
  }

  private byte[] otherCopy(Operation op, PackedBlob blob) {
    try {
      return repository.load(op, blob.type(), blob.id());
    } catch (Failure.Corrupt e) {
      throw new Failure.Corrupt(
          e.getMessage(),
          "nothing that is needed was removed; see what is affected with repo check --read-data,"
              + " then repo repair packs",
          e);
    }
  }
}
