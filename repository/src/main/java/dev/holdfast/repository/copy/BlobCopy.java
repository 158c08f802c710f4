package dev.holdfast.repository.copy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PlainBlobs;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.restore.Workers;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads blobs in the order in which they lie, many with one request, and hands their content on.
 * Each is checked against its id on the way.
 */
final class BlobCopy {

  private static final int RANGE = 4 << 20;
  private static final int GAP = 64 << 10;

  private static final Comparator<BlobTable.Location> AS_THEY_LIE =
      Comparator.comparing(BlobTable.Location::pack).thenComparingInt(copy -> copy.blob().offset());

  private final Repository source;
  private final BlobSink sink;
  private final Workers workers;
  private final CopyProgress progress;

  BlobCopy(Repository source, BlobSink sink, Workers workers, CopyProgress progress) {
    this.source = source;
    this.sink = sink;
    this.workers = workers;
    this.progress = progress;
  }

  /** Copies the blobs, which {@link BlobSink#missing} has asked for. */
  void run(Operation op, List<BlobTable.Location> blobs) {
    blobs.sort(AS_THEY_LIE);
    List<List<BlobTable.Location>> ranges = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= blobs.size(); i++) {
      if (i == blobs.size() || !together(blobs.get(start), blobs.get(i - 1), blobs.get(i))) {
        ranges.add(blobs.subList(start, i));
        start = i;
      }
    }
    workers.forEach(op, ranges, range -> copy(op, range));
  }

  private static boolean together(
      BlobTable.Location first, BlobTable.Location last, BlobTable.Location next) {
    return first.pack().equals(next.pack())
        && end(next) - (long) first.blob().offset() <= RANGE
        && next.blob().offset() - end(last) <= GAP;
  }

  private static int end(BlobTable.Location copy) {
    return copy.blob().offset() + copy.blob().length();
  }

  private void copy(Operation op, List<BlobTable.Location> range) {
    Id pack = range.getFirst().pack();
    int start = range.getFirst().blob().offset();
    int length = end(range.getLast()) - start;
    byte[] sealed = Workers.buffer(length);
    int got;
    try (InputStream in = source.store().get(op, RepositoryKeys.pack(pack), start, length)) {
      got = in.readNBytes(sealed, 0, length);
    } catch (Failure.Absent e) {
      got = 0; // perhaps there are other copies
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + pack.shortText() + " could not be read to its end", null, e);
    }
    for (BlobTable.Location copy : range) {
      op.check();
      PlainBlobs.Plain plain = plain(op, copy, sealed, copy.blob().offset() - start, got);
      sink.put(op, copy.blob().type(), copy.blob().id(), plain.bytes(), 0, plain.length());
      progress.copied(1, copy.blob().length());
    }
  }

  private PlainBlobs.Plain plain(
      Operation op, BlobTable.Location copy, byte[] sealed, int at, int got) {
    try {
      return source.plainBlobs().open(copy.blob(), sealed, at, got, copy.pack());
    } catch (Failure.Corrupt e) {
      byte[] other = source.load(op, copy.blob().type(), copy.blob().id());
      return new PlainBlobs.Plain(other, other.length);
    }
  }
}
