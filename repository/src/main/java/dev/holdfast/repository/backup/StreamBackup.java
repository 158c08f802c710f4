package dev.holdfast.repository.backup;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.posix.ThisProcess;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeWriter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;

/**
 * Saves a stream as a file of mode 0644 that belongs to this process's user, as restic's {@code
 * --stdin} does. There is no parent: a stream is read anyway.
 */
public final class StreamBackup {

  private final Trees trees;
  private final FileChunks chunks;
  private final BackupProgress progress;
  private final OffsetDateTime time;

  public StreamBackup(BlobSink sink, Chunker chunker, Instant time, BackupProgress progress) {
    this.trees = new Trees(sink, progress);
    this.chunks = new FileChunks(chunker, sink, progress);
    this.progress = progress;
    this.time = OffsetDateTime.ofInstant(time, ZoneId.systemDefault());
  }

  /**
   * Reads the stream to its end.
   *
   * @param name where it goes: directories are made for its components
   * @return the id of the root tree
   * @throws Failure.Invalid if nothing comes or the stream breaks
   */
  public Id save(Operation op, RawPath name, InputStream stream, int threads) {
    try (ForkJoinPool pool = new ForkJoinPool(threads)) {
      FileChunks.Result read =
          pool.submit(() -> chunks.read(op, (to, at, n) -> stream.readNBytes(to, at, n))).get();
      if (read.size() == 0) {
        throw new Failure.Invalid(
            "Nothing came from the stream: no snapshot was made", "does its producer work?");
      }
      List<RawName> names = name.below();
      Node node =
          node(names.getLast(), NodeType.FILE, 0644).withContent(read.content(), read.size());
      progress.done(
          "/" + String.join("/", names.stream().map(RawName::toString).toList()), node, null);
      for (int i = names.size() - 2; i >= 0; i--) {
        node = node(names.get(i), NodeType.DIR, 040755).withSubtree(tree(op, node));
      }
      return tree(op, node);
    } catch (ExecutionException e) {
      Throwable cause = e;
      while (!(cause instanceof Failure) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof Failure failure) {
        throw failure;
      }
      if (cause instanceof IOException) {
        throw new Failure.Invalid(
            "The stream could not be read to its end: no snapshot was made", null, cause);
      }
      Operation.rethrow(cause);
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private Id tree(Operation op, Node only) {
    TreeWriter tree = new TreeWriter();
    tree.add(only);
    return trees.store(op, tree);
  }

  private Node node(RawName name, NodeType type, int mode) {
    int stat = type == NodeType.FILE ? 0100000 | mode : mode;
    return new Node(
        name,
        type,
        Mode.fromStat(stat),
        time,
        time,
        time,
        ThisProcess.uid(),
        ThisProcess.gid(),
        "",
        "",
        0,
        0,
        0,
        0,
        null,
        List.of(),
        null,
        0,
        null,
        null,
        "");
  }
}
