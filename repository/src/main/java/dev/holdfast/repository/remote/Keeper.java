package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupCounts;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.remote.Frames.Kind;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.TreeReader;
import dev.holdfast.repository.tree.TreeWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The half that holds the repository, for one place: answers a {@link Mover} and stores what it
 * sends. It believes nothing: each blob must hash to its id, and all that was asked for must have
 * come before there is a snapshot.
 */
final class Keeper implements SnapshotRun.Saving {

  /** Of blobs in memory that are not stored yet, in {@link #UNIT}s. */
  private static final int MOST_WAITING = 1024;

  /** Bytes. */
  private static final int UNIT = 64 << 10;

  private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

  private final Operation op;
  private final Repository repository;
  private final int level;
  private final Frames frames;
  private final String place;
  private final String device;
  private final Set<Wanted> wanted = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Throwable failed;

  /** A blob that the mover was asked for. */
  private record Wanted(BlobType type, Id id) {}

  /**
   * @param frames of a session in which nothing else is being saved
   * @param level of zstd, as that of the sink
   */
  Keeper(
      Operation op, Repository repository, int level, Frames frames, String place, String device) {
    this.level = level;
    this.op = op;
    this.repository = repository;
    this.frames = frames;
    this.place = place;
    this.device = device;
  }

  /**
   * @throws Failure.Unreachable if the stream broke, or the mover gave up
   * @throws Failure.Corrupt if the mover sent what is not right
   */
  @Override
  public Id save(BlobSink sink, BackupCounts counts, @Nullable Id before) {
    try (ExecutorService storing = Executors.newFixedThreadPool(THREADS)) {
      start(before);
      Semaphore room = new Semaphore(MOST_WAITING);
      while (true) {
        Frames.Frame frame = frames.next();
        check();
        if (frame.kind() == Kind.DONE) {
          room.acquire(MOST_WAITING); // all is stored
          check();
          return done(sink, counts, frame);
        }
        if (frame.kind() == Kind.BLOB) {
          int units = 1 + frame.payload().length / UNIT;
          room.acquire(units);
          storing.execute(() -> {
            try {
              store(sink, counts, frame);
            } catch (Throwable e) {
              failed = e;
            } finally {
              room.release(units);
            }
          });
        } else {
          other(sink, counts, frame);
        }
      }
    } catch (IOException e) {
      check();
      op.check();
      throw e.getCause() instanceof Failure failure
          ? failure
          : new Failure.Unreachable("The mover's stream ended before it was done", null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private void check() {
    Operation.rethrow(failed);
  }

  private void start(@Nullable Id before) throws IOException {
    String polynomial = repository.config().polynomial().toString();
    String tree = before == null ? null : before.toString();
    var start =
        new Messages.Start(
            place.isEmpty() ? null : place,
            device.isEmpty() ? null : device,
            polynomial,
            tree,
            level,
            0);
    frames.send(Kind.START, 0, Json.bytes(start));
  }

  private void other(BlobSink sink, BackupCounts counts, Frames.Frame frame) throws IOException {
    byte[] payload = frame.payload();
    switch (frame.kind()) {
      case MISSING -> {
        BlobType type = type(payload);
        List<Id> ids = ids(payload, 1);
        BitSet missing = sink.missing(op, type, ids);
        missing.stream().forEach(i -> wanted.add(new Wanted(type, ids.get(i))));
        frames.send(Kind.ANSWER, frame.number(), missing.toByteArray());
      }
      case TREE -> frames.send(Kind.ANSWER, frame.number(), tree(ids(payload, 0).getFirst()));
      case READ -> counts.read(ByteBuffer.wrap(payload).getLong());
      case UNREAD -> {
        var unread = Json.read(payload, Messages.Unread.class, "A frame of the mover");
        if (unread.changed()) {
          counts.changed(unread.path(), unread.why());
        } else {
          counts.failed(unread.path(), unread.why());
        }
      }
      case FAILED ->
          throw new Failure.Unreachable(
              "The mover gave up: " + new String(payload, StandardCharsets.UTF_8), null, null);
      default -> throw new Failure.Corrupt("The mover sent " + frame.kind());
    }
  }

  private static BlobType type(byte[] payload) {
    if (payload.length == 0 || payload[0] < 0 || payload[0] >= BlobType.values().length) {
      throw new Failure.Corrupt("The mover sent a blob of no known type");
    }
    return BlobType.values()[payload[0]];
  }

  private static List<Id> ids(byte[] payload, int from) {
    if (payload.length <= from || (payload.length - from) % Id.SIZE != 0) {
      throw new Failure.Corrupt("The mover sent ids that are cut off");
    }
    List<Id> ids = new ArrayList<>();
    for (int at = from; at < payload.length; at += Id.SIZE) {
      ids.add(Id.of(payload, at));
    }
    return ids;
  }

  /** What is in it is unchanged only if its content is there, too. */
  private byte[] tree(Id id) {
    try {
      byte[] text = repository.load(op, BlobType.TREE, id);
      List<Node> nodes = TreeReader.read(text, "Tree " + id.shortText());
      if (nodes.stream().allMatch(this::stored)) {
        return Packing.pack(text);
      }
      TreeWriter rest = new TreeWriter();
      nodes.stream().filter(this::stored).forEach(rest::add);
      return Packing.pack(rest.finish());
    } catch (Failure.Corrupt | Failure.Absent e) {
      return new byte[0]; // then its files are read again
    }
  }

  private boolean stored(Node node) {
    List<Id> content = node.content();
    return content == null
        || content.stream().allMatch(id -> repository.index().contains(BlobType.DATA, id));
  }

  private void store(BlobSink sink, BackupCounts counts, Frames.Frame frame) {
    byte[] payload = frame.payload();
    BlobType type = type(payload);
    int head = 1 + Id.SIZE;
    Id id = ids(java.util.Arrays.copyOf(payload, head), 1).getFirst();
    byte[] plain = Packing.decompress(payload, head, payload.length - head, frame.number());
    if (!Id.hash(plain).equals(id)) {
      throw new Failure.Corrupt("The mover sent a blob that does not match its id");
    }
    if (!wanted.remove(new Wanted(type, id)) && !unasked(sink, type, id, plain.length)) {
      return;
    }
    sink.putCompressed(op, type, id, plain, payload, head, payload.length - head);
    counts.added(type, plain.length);
  }

  /** Whether a blob that came without a question is missing. */
  private boolean unasked(BlobSink sink, BlobType type, Id id, int length) {
    if (length > Messages.UNASKED) {
      throw new Failure.Corrupt("The mover sent a blob that nobody asked for");
    }
    return sink.wants(op, type, id, length);
  }

  private Id done(BlobSink sink, BackupCounts counts, Frames.Frame frame) {
    var done = Json.read(frame.payload(), Messages.Done.class, "The mover's last frame");
    Id tree = Id.parse(done.tree());
    if (!wanted.isEmpty()) {
      throw new Failure.Corrupt("The mover did not send " + wanted.size() + " blobs it had to");
    }
    if (!sink.missing(op, BlobType.TREE, List.of(tree)).isEmpty()) {
      throw new Failure.Corrupt("The mover did not send the root tree");
    }
    counts.add(done.counts());
    if (done.root() != null) {
      RootTag.among(List.of(done.root())).ifPresent(counts::root);
    }
    return tree;
  }
}
