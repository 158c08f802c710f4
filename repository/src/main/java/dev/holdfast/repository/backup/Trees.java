package dev.holdfast.repository.backup;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.tree.TreeWriter;

/** Hands finished trees on, unless they are stored already. */
final class Trees {

  private final BlobSink sink;
  private final BackupProgress progress;

  Trees(BlobSink sink, BackupProgress progress) {
    this.sink = sink;
    this.progress = progress;
  }

  Id store(Operation op, TreeWriter tree) {
    byte[] text = tree.finish();
    Id id = Id.hash(text);
    if (sink.wants(op, BlobType.TREE, id, text.length)) {
      sink.put(op, BlobType.TREE, id, text, 0, text.length);
      progress.added(BlobType.TREE, text.length);
    }
    return id;
  }
}
