package dev.holdfast.repository.check;

import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which copies of blobs are lost. Thread-safe. */
final class Losses {

  private record Copy(Id pack, BlobType type, Id blob) {}

  private final BlobTable index;
  private final Set<Id> packs = new HashSet<>();
  private final Set<Copy> copies = new HashSet<>();

  Losses(BlobTable index) {
    this.index = index;
  }

  /** A whole pack is not there. */
  synchronized void pack(Id pack) {
    packs.add(pack);
  }

  synchronized boolean missing(Id pack) {
    return packs.contains(pack);
  }

  /** A blob in a pack cannot be read. */
  synchronized void blob(Id pack, PackedBlob blob) {
    copies.add(new Copy(pack, blob.type(), blob.id()));
  }

  /** Whether no copy of the blob is left. */
  synchronized boolean lost(BlobType type, Id id) {
    List<BlobTable.Location> all = index.findAll(type, id);
    return all.stream()
        .allMatch(copy ->
            packs.contains(copy.pack()) || copies.contains(new Copy(copy.pack(), type, id)));
  }
}
