package dev.holdfast.repository.remote;

import com.github.luben.zstd.Zstd;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.ZstdContexts;
import dev.holdfast.repository.backup.BackupCounts;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.Comparison;
import dev.holdfast.repository.backup.DirectoryBackup;
import dev.holdfast.repository.backup.ParentTrees;
import dev.holdfast.repository.backup.Selection;
import dev.holdfast.repository.backup.StreamBackup;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.remote.Frames.Kind;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The half that reads: walks a directory, cuts and hashes files, asks which blobs are missing and
 * sends those. A file that is as it was in the parent snapshot is not read. It holds no key and
 * knows no store. When its stream breaks, it ends.
 */
public final class Mover {

  /** Of so many small blobs it is remembered that they were sent. */
  private static final int MOST_REMEMBERED = 200_000;

  /** So many bytes are read before the keeper hears of it. */
  private static final long TELL = 4 << 20;

  private final Frames frames;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<byte[]>> open = new ConcurrentHashMap<>();
  private final BlockingQueue<Frames.Frame> orders = new LinkedBlockingQueue<>();
  private final AtomicLong untold = new AtomicLong();

  private volatile @Nullable Failure broken;

  public Mover(InputStream in, OutputStream out) {
    this.frames = new Frames(in, out);
  }

  /**
   * Saves one place after another, as the keeper names them, until it says that this was all.
   *
   * @param directory which all of them are in, or the only one
   * @throws Failure if the stream broke, or a place cannot be read; the keeper was told
   */
  public void run(Operation op, RawPath directory) {
    try {
      frames.send(Kind.HELLO, Messages.VERSION, Messages.HELLO.getBytes(StandardCharsets.UTF_8));
      Thread.ofPlatform().daemon().name("answers").start(() -> listen(op));
      for (Frames.Frame next = next(); next.kind() == Kind.START; next = next()) {
        save(op, directory, Json.read(next.payload(), Messages.Start.class, "A frame"));
      }
    } catch (IOException e) {
      throw gone(e);
    }
  }

  /** What is to be done now: START, or END. */
  private Frames.Frame next() {
    try {
      Frames.Frame frame = orders.take();
      Failure before = broken;
      if (before != null) {
        throw before;
      }
      return frame;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private static Failure gone(IOException e) {
    return new Failure.Unreachable("The stream to the keeper ended", null, e);
  }

  private void save(Operation op, RawPath directory, Messages.Start start) throws IOException {
    try {
      RawPath place = start.place() == null ? directory : RawPath.of(start.place()).in(directory);
      Messages.Done done =
          start.device() == null
              ? walk(op, place, start)
              : read(op, Path.of(place.toString()), RawPath.of(start.device()), start);
      tell(untold.getAndSet(0));
      frames.send(Kind.DONE, 0, Json.bytes(done));
    } catch (RuntimeException | Error e) {
      giveUp(e);
      throw e;
    }
  }

  /** Tells the keeper why, so that it does not have to guess from the stream's end. */
  private void giveUp(Throwable why) {
    if (broken != null) {
      return;
    }
    try {
      String reason = why instanceof Failure f ? f.getMessage() : "It met an error: " + why;
      frames.send(Kind.FAILED, 0, reason.getBytes(StandardCharsets.UTF_8));
    } catch (IOException | RuntimeException | Error e) {
      why.addSuppressed(e);
    }
  }

  private Messages.Done walk(Operation op, RawPath directory, Messages.Start start) {
    try (Directory root = Directory.open(directory)) {
      BackupCounts counts = new BackupCounts(new Telling());
      RootTag own = RootTag.of(root.stat());
      DirectoryBackup backup =
          new DirectoryBackup(
              new Blobs(start.level()),
              new Chunker(Polynomial.parse(start.polynomial())),
              start.tree() == null ? ParentTrees.NONE : new Parents(),
              new Selection(List.of(), true, Long.MAX_VALUE, List.of()),
              Comparison.FULL,
              false,
              counts);
      Id before = start.tree() == null ? null : Id.parse(start.tree());
      Id tree = backup.save(op, root, directory, before, threads(start));
      return new Messages.Done(tree.toString(), counts.tally(), own.toString());
    }
  }

  private Messages.Done read(Operation op, Path device, RawPath name, Messages.Start start) {
    BackupCounts counts = new BackupCounts(new Telling());
    Chunker chunker = new Chunker(Polynomial.parse(start.polynomial()));
    try (InputStream content = Files.newInputStream(device)) {
      Id tree =
          new StreamBackup(new Blobs(start.level()), chunker, op.now(), counts)
              .save(op, name, content, threads(start));
      return new Messages.Done(tree.toString(), counts.tally(), null);
    } catch (IOException e) {
      throw new Failure.Denied("The device cannot be read: " + e, null, e);
    }
  }

  private static int threads(Messages.Start start) {
    return start.threads() > 0
        ? start.threads()
        : Math.max(2, Runtime.getRuntime().availableProcessors());
  }

  /** Until there is no more to do: hands answers to those who wait for them. */
  private void listen(Operation op) {
    try {
      Frames.Frame frame;
      do {
        frame = frames.next();
        switch (frame.kind()) {
          case START, END -> orders.add(frame);
          case ANSWER -> {
            CompletableFuture<byte[]> waiting = open.remove(frame.number());
            if (waiting != null) {
              waiting.complete(frame.payload());
            }
          }
          default -> throw new Failure.Corrupt("The keeper sent " + frame.kind());
        }
      } while (frame.kind() != Kind.END);
    } catch (IOException e) {
      end(op, gone(e));
    } catch (Failure e) {
      end(op, e);
    } catch (RuntimeException | Error e) {
      end(op, new Failure.Unreachable("The keeper's orders could not be read", null, e));
      throw e;
    }
  }

  private void end(Operation op, Failure why) {
    broken = why;
    op.cancel("the stream to the keeper ended");
    open.values().forEach(each -> each.completeExceptionally(why));
    orders.add(new Frames.Frame(Kind.END, 0, new byte[0]));
  }

  private byte[] ask(Kind kind, byte[] question) {
    int number = numbers.incrementAndGet();
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    open.put(number, answer);
    send(kind, number, question, question.length);
    return await(answer);
  }

  private byte[] await(CompletableFuture<byte[]> answer) {
    Failure before = broken;
    if (before != null) {
      throw before;
    }
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof Failure failure ? failure : new IllegalStateException(e);
    }
  }

  private void send(Kind kind, int number, byte[] payload, int length) {
    try {
      frames.send(kind, number, payload, length);
    } catch (IOException e) {
      throw gone(e);
    }
  }

  private void tell(long bytes) {
    if (bytes > 0) {
      send(Kind.READ, 0, ByteBuffer.allocate(8).putLong(bytes).array(), 8);
    }
  }

  static byte[] ids(int prefix, List<Id> ids) {
    byte[] bytes = new byte[prefix + ids.size() * Id.SIZE];
    for (int i = 0; i < ids.size(); i++) {
      ids.get(i).write(bytes, prefix + i * Id.SIZE);
    }
    return bytes;
  }

  /** The sink whose blobs go to the keeper. */
  private final class Blobs implements BlobSink {

    private final Set<Id> sentData = ConcurrentHashMap.newKeySet();
    private final Set<Id> sentTrees = ConcurrentHashMap.newKeySet();
    private final int level;

    Blobs(int level) {
      this.level = Math.max(1, level);
    }

    @Override
    public boolean wants(Operation op, BlobType type, Id id, int length) {
      if (length > Messages.UNASKED) {
        return BlobSink.super.wants(op, type, id, length);
      }
      op.check();
      Set<Id> sent = type == BlobType.DATA ? sentData : sentTrees;
      return sent.size() >= MOST_REMEMBERED ? !sent.contains(id) : sent.add(id);
    }

    @Override
    public BitSet missing(Operation op, BlobType type, List<Id> ids) {
      op.check();
      byte[] question = ids(1, ids);
      question[0] = (byte) type.ordinal();
      return BitSet.valueOf(ask(Kind.MISSING, question));
    }

    @Override
    public void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
      op.check();
      int head = 1 + Id.SIZE;
      int bound = Math.toIntExact(Zstd.compressBound(length));
      byte[] payload = new byte[head + bound];
      payload[0] = (byte) type.ordinal();
      id.write(payload, 1);
      int size = ZstdContexts.compress(level, payload, head, bytes, offset, length);
      send(Kind.BLOB, length, payload, head + size);
    }

    @Override
    public void flush(Operation op) {
      op.check(); // the keeper does, before it makes the snapshot
    }
  }

  /** The parent's trees, from the keeper. */
  private final class Parents implements ParentTrees {

    @Override
    public Tree load(Operation op, @Nullable Id id) {
      if (id == null) {
        return new Tree(List.of());
      }
      byte[] text = ask(Kind.TREE, ids(0, List.of(id)));
      return new Tree(
          text.length == 0
              ? List.of()
              : TreeReader.read(Packing.open(text), "Tree " + id.shortText()));
    }

    /** A tree comes without files whose content is not there. */
    @Override
    public boolean stored(Operation op, List<Id> content) {
      return true;
    }
  }

  /** Tells the keeper what was read and what could not be. */
  private final class Telling implements BackupProgress {

    @Override
    public void read(long bytes) {
      if (untold.addAndGet(bytes) >= TELL) {
        tell(untold.getAndSet(0));
      }
    }

    @Override
    public void failed(String path, String why) {
      say(new Messages.Unread(path, why, false));
    }

    @Override
    public void vanished(String path) {
      changed(path, "it vanished");
    }

    @Override
    public void changed(String path, String how) {
      say(new Messages.Unread(path, how, true));
    }

    private void say(Messages.Unread entry) {
      byte[] json = Json.bytes(entry);
      send(Kind.UNREAD, 0, json, json.length);
    }
  }
}
