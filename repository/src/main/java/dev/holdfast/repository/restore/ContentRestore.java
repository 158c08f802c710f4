package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PlainBlobs;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.pack.PackedBlob;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Fills files. What all files of a batch need is sorted by where it lies, so that each pack is read
 * in a few long ranges; each range is decrypted, decompressed, checked and written by one thread,
 * and a blob that many files share is decoded once.
 */
final class ContentRestore {

  /** Bytes of a range: a request's latency is paid once for so many. */
  private static final int RANGE = 4 << 20;

  /** Bytes between two blobs that are read and thrown away rather than asked for anew. */
  private static final int GAP = 64 << 10;

  /** Blobs whose places are held in memory at once: a file of a terabyte has 700,000. */
  private static final int PIECES = 1 << 17;

  private final Repository repository;
  private final FileWriter writer;
  private final Workers workers;

  ContentRestore(Repository repository, FileWriter writer, Workers workers) {
    this.repository = repository;
    this.writer = writer;
    this.workers = workers;
  }

  /** Restores the content of the files, and finishes each that is complete. */
  void restore(Operation op, List<PendingFile> files) {
    List<Piece> pieces = new ArrayList<>();
    Consumer<Piece> sink =
        piece -> {
          synchronized (pieces) {
            pieces.add(piece);
          }
        };
    int from = 0;
    while (from < files.size()) {
      int to = from;
      for (int blobs = 0; to < files.size() && (to == from || blobs < PIECES); to++) {
        blobs += files.get(to).content().size();
      }
      workers.forEach(op, files.subList(from, to), file -> place(op, file, sink));
      pieces.sort(null);
      workers.forEach(op, ranges(pieces), range -> read(op, range));
      pieces.clear();
      from = to;
    }
  }

  /** Says where each blob of a file comes from, leaving out those that the file has already. */
  private void place(Operation op, PendingFile file, Consumer<Piece> sink) {
    List<Piece> pieces = new ArrayList<>();
    long position = 0;
    for (Id id : file.content()) {
      BlobTable.Location copy = repository.index().find(BlobType.DATA, id);
      if (copy == null) {
        writer.fail(file, "its blob " + id.shortText() + " is in no index: run repo repair index");
        return;
      }
      pieces.add(new Piece(copy, file, position));
      position += copy.blob().plainLength();
    }
    op.check();
    writer.begin(file, position, pieces, sink);
  }

  /** Cuts sorted pieces into ranges that are read at once. */
  private static List<List<Piece>> ranges(List<Piece> pieces) {
    List<List<Piece>> ranges = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= pieces.size(); i++) {
      if (i == pieces.size() || !together(pieces.get(start), pieces.get(i - 1), pieces.get(i))) {
        ranges.add(pieces.subList(start, i));
        start = i;
      }
    }
    return ranges;
  }

  private static boolean together(Piece first, Piece last, Piece next) {
    return first.copy().pack().equals(next.copy().pack())
        && next.end() - (long) first.offset() <= RANGE
        && next.offset() - last.end() <= GAP;
  }

  private void read(Operation op, List<Piece> range) {
    Id pack = range.getFirst().copy().pack();
    int start = range.getFirst().offset();
    int length = range.getLast().end() - start;
    byte[] sealed = Workers.buffer(length);
    int got = 0;
    try (InputStream in = repository.store().get(op, RepositoryKeys.pack(pack), start, length)) {
      got = in.readNBytes(sealed, 0, length);
    } catch (Failure.Absent | Failure.Corrupt e) {
      got = 0; // each blob is asked for elsewhere
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + pack.shortText() + " could not be read to its end", null, e);
    }
    int i = 0;
    while (i < range.size()) {
      int next = i + 1;
      while (next < range.size() && range.get(next).offset() == range.get(i).offset()) {
        next++;
      }
      op.check();
      blob(op, range.subList(i, next), sealed, start, got);
      i = next;
    }
  }

  /** One blob for one or more places. */
  private void blob(Operation op, List<Piece> places, byte[] sealed, int start, int got) {
    PackedBlob blob = places.getFirst().copy().blob();
    Id pack = places.getFirst().copy().pack();
    PlainBlobs.Plain plain;
    try {
      plain = repository.plainBlobs().open(blob, sealed, blob.offset() - start, got, pack);
    } catch (Failure.Corrupt e) {
      try {
        byte[] other = repository.load(op, BlobType.DATA, blob.id());
        plain = new PlainBlobs.Plain(other, other.length);
      } catch (Failure.Corrupt | Failure.Absent none) {
        places.forEach(place -> writer.lost(place.file(), none.getMessage()));
        return;
      }
    }
    for (Piece place : places) {
      writer.write(place.file(), place.position(), plain.bytes(), plain.length());
    }
  }
}
