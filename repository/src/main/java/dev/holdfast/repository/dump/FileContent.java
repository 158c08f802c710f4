package dev.holdfast.repository.dump;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Writes the content of a file in its order, loading a few blobs ahead. */
final class FileContent {

  private static final int AHEAD = 6;

  private final Repository repository;

  FileContent(Repository repository) {
    this.repository = repository;
  }

  /** Returns how many bytes there were. */
  long write(Operation op, List<Id> content, OutputStream out) throws IOException {
    ArrayDeque<CompletableFuture<byte[]>> ahead = new ArrayDeque<>();
    Iterator<Id> ids = content.iterator();
    long written = 0;
    while (ids.hasNext() || !ahead.isEmpty()) {
      while (ids.hasNext() && ahead.size() < AHEAD) {
        Id id = ids.next();
        ahead.add(op.fork(() -> repository.load(op, BlobType.DATA, id)));
      }
      byte[] bytes = Operation.join(ahead.remove());
      out.write(bytes);
      written += bytes.length;
    }
    return written;
  }
}
