package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.pack.PackedBlob;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads whole packs: the hash that is their name, every blob, and the header against the index. A
 * worker's own: one thread.
 */
final class PackCheck {

  private final Repository repository;
  private final PackStream stream = new PackStream();

  PackCheck(Repository repository) {
    this.repository = repository;
  }

  /**
   * What is wrong with a pack.
   *
   * @param lost blobs that cannot be read from it
   */
  record Report(List<String> errors, List<PackedBlob> lost) {

    static Report of(String error) {
      return new Report(List.of(error), List.of());
    }

    boolean intact() {
      return errors.isEmpty();
    }
  }

  /**
   * Takes the blobs from the pack's header, so that no list of the index's is needed. If this finds
   * anything, {@link #thorough} says what it means.
   */
  Report quick(Operation op, Id pack, PackTable.Entry expected) {
    List<PackedBlob> header;
    try {
      header = repository.packHeader(op, pack, expected.size());
    } catch (Failure.Corrupt | Failure.Absent e) {
      return Report.of(e.getMessage());
    }
    List<String> errors = new ArrayList<>();
    compare(pack, header, expected.blobs(), errors);
    return errors.isEmpty()
        ? read(op, pack, header, expected.size())
        : new Report(errors, List.of());
  }

  /**
   * Takes the blobs from the index, in the order of their offsets: what is damaged is told blob by
   * blob.
   *
   * @param expected bytes of the file
   */
  Report thorough(Operation op, Id pack, List<PackedBlob> blobs, long expected) {
    Report report = read(op, pack, blobs, expected);
    List<String> errors = new ArrayList<>(report.errors);
    try {
      compare(pack, repository.packHeader(op, pack, expected), blobs.size(), errors);
    } catch (Failure.Corrupt | Failure.Absent e) {
      errors.add(e.getMessage());
    }
    return new Report(errors, report.lost);
  }

  private void compare(Id pack, List<PackedBlob> header, int count, List<String> errors) {
    if (header.size() != count) {
      errors.add("its header has " + header.size() + " blobs, the index " + count);
    }
    for (PackedBlob blob : header) {
      if (!repository.index().contains(pack, blob)) {
        errors.add("blob " + blob.id() + " is not contained in index or position is incorrect");
      }
    }
  }

  private Report read(Operation op, Id pack, List<PackedBlob> blobs, long expected) {
    List<String> errors = new ArrayList<>();
    List<PackedBlob> lost = new ArrayList<>();
    try (InputStream in = repository.store().get(op, RepositoryKeys.pack(pack))) {
      stream.begin(in);
      for (PackedBlob blob : blobs) {
        op.check();
        String error = blob(blob, pack);
        if (error != null) {
          errors.add("blob " + blob.id() + ": " + error);
          lost.add(blob);
        }
      }
      Id hash = stream.end();
      if (stream.position() != expected) {
        errors.add("unexpected file size: got " + stream.position() + ", expected " + expected);
      }
      if (!hash.equals(pack)) {
        errors.add("unexpected pack id " + hash);
      }
    } catch (Failure.Absent e) {
      return new Report(List.of("does not exist"), blobs);
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + pack.shortText() + " could not be read to its end", null, e);
    }
    return new Report(errors, lost);
  }

  /** What is wrong with the next blob, or null. */
  private @org.jspecify.annotations.Nullable String blob(PackedBlob blob, Id pack)
      throws IOException {
    if (blob.offset() < stream.position()) {
      return "index for pack contains overlapping blobs";
    }
    stream.skip(blob.offset() - stream.position());
    int at = stream.next(blob.length());
    if (at < 0) {
      return "the pack ends before it";
    }
    try {
      var _ = repository.plainBlobs().open(blob, stream.buffer(), at, at + blob.length(), pack);
      return null;
    } catch (Failure.Corrupt e) {
      return e.getMessage();
    }
  }
}
