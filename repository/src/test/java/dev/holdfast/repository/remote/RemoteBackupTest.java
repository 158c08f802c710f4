package dev.holdfast.repository.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobSink;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.remote.Frames.Kind;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeReader;
import dev.holdfast.store.DirectoryStore;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The two halves of a backup, on two pipes; and other ends that are no mover, or a bad one. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class RemoteBackupTest {

  private static final Repository.Identity IDENTITY = new Repository.Identity("here", "me");

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private Path data;
  private Repository repository;

  /** What the other end of the keeper's streams does. */
  private interface Other {
    void talk(InputStream in, OutputStream out) throws IOException;
  }

  @BeforeEach
  void fill() throws IOException {
    data = Files.createDirectories(folder.resolve("data"));
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      Path directory = Files.createDirectories(data.resolve("d" + i % 7));
      byte[] content = new byte[random.nextInt(20_000)];
      random.nextBytes(content);
      Files.write(directory.resolve("f" + i), content);
    }
    byte[] large = new byte[30_000_000];
    random.nextBytes(large);
    Files.write(data.resolve("large"), large);
    Files.write(data.resolve("zeros"), new byte[20_000_000]);
    Files.createSymbolicLink(data.resolve("link"), Path.of("d1/f1"));
    repository = repository("repo");
  }

  private Repository repository(String name) {
    var made =
        Repository.init(
            op,
            new DirectoryStore(folder.resolve(name)),
            "correct horse",
            2,
            KeyFile.Cost.WEAK,
            null,
            IDENTITY);
    made.loadIndex(op, null);
    return made;
  }

  private SnapshotRun.Outcome keep(Other other, Id parent, BackupProgress progress)
      throws IOException {
    Pipe up = Pipe.open();
    Pipe down = Pipe.open();
    CompletableFuture<Void> talking =
        CompletableFuture.runAsync(() -> {
          try (OutputStream out = Channels.newOutputStream(up.sink());
              InputStream in = Channels.newInputStream(down.source())) {
            other.talk(in, out);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
    BackupOptions options =
        new BackupOptions.Builder(List.of("/data"), IDENTITY).parent(parent).build();
    try (OutputStream out = Channels.newOutputStream(down.sink());
        InputStream in = Channels.newInputStream(up.source())) {
      KeeperSession session = new KeeperSession(in, out);
      var outcome =
          new SnapshotRun(repository, options, progress)
              .run(op, session.saving(op, repository, 3, "", ""));
      session.end();
      return outcome;
    } finally {
      talking.handle((_, _) -> null).join();
    }
  }

  private Other mover() {
    return (in, out) -> new Mover(in, out).run(Operation.start(), RawPath.of(data.toString()));
  }

  private Id local() {
    BackupOptions options = BackupOptions.of("/data", IDENTITY);
    RawPath path = RawPath.of(data.toString());
    try (Directory directory = Directory.open(path)) {
      return Id.parse(
          new SnapshotRun(repository, options, BackupProgress.SILENT)
              .run(op, directory, path)
              .snapshot()
              .tree());
    }
  }

  @Test
  void theTreeIsThatOfALocalBackup() throws Exception {
    var outcome = keep(mover(), null, BackupProgress.SILENT);
    var summary = outcome.snapshot().summary();
    assertThat(summary.totalFilesProcessed()).isEqualTo(302);
    assertThat(RootTag.among(outcome.snapshot().tagsOrEmpty()))
        .get()
        .extracting(RootTag::mtime)
        .isEqualTo(Files.getLastModifiedTime(data).toInstant());
    assertThat(summary.totalBytesProcessed()).isGreaterThan(50_000_000);
    assertThat(summary.dataAdded()).isBetween(30_000_000L, 45_000_000L);
    var _ = repository.snapshot(op, outcome.id());
    Repository again =
        Repository.open(op, new DirectoryStore(folder.resolve("repo")), "correct horse");
    again.loadIndex(op, null);
    assertThat(again.load(op, BlobType.TREE, Id.parse(outcome.snapshot().tree()))).isNotEmpty();
    repository = again;
    assertThat(local()).isEqualTo(Id.parse(outcome.snapshot().tree()));
  }

  @Test
  void whatHasNotChangedIsNotRead() throws Exception {
    var first = keep(mover(), null, BackupProgress.SILENT);
    repository.loadIndex(op, null);
    Files.writeString(data.resolve("new"), "only this");
    AtomicLong read = new AtomicLong();
    var second =
        keep(
            mover(),
            first.id(),
            new BackupProgress() {
              @Override
              public void read(long bytes) {
                read.addAndGet(bytes);
              }
            });
    assertThat(read.get()).isEqualTo(9);
    assertThat(second.snapshot().summary().filesUnmodified()).isEqualTo(302);
    assertThat(second.snapshot().summary().filesNew()).isEqualTo(1);
    assertThat(second.snapshot().parent()).isEqualTo(first.id().toString());
  }

  /**
   * What was listed and is gone when its turn comes is named and left out, the rest is saved. A
   * mover that has listed a directory asks for the parent's tree of it before it looks at what is
   * in it: the question is held back until the files are gone.
   */
  @Test
  @Tag("EBS-32")
  void whatVanishesBetweenTheListAndTheLookIsNamed() throws Exception {
    var first = keep(mover(), null, BackupProgress.SILENT);
    repository.loadIndex(op, null);
    Id root = Id.parse(first.snapshot().tree());
    Id third =
        TreeReader.read(repository.load(op, BlobType.TREE, root), "the root").stream()
            .filter(node -> node.name().toString().equals("d3"))
            .findFirst()
            .orElseThrow()
            .subtree();
    List<String> changed = Collections.synchronizedList(new ArrayList<>());
    List<String> failed = Collections.synchronizedList(new ArrayList<>());
    var second =
        keep(
            held(
                mover(),
                tree -> {
                  if (tree.equals(root)) {
                    remove("zeros");
                    remove("d5");
                  } else if (tree.equals(third)) {
                    remove("d3/f3");
                  }
                }),
            first.id(),
            new BackupProgress() {
              @Override
              public void changed(String path, String how) {
                changed.add(path + ": " + how);
              }

              @Override
              public void failed(String path, String why) {
                failed.add(path + ": " + why);
              }
            });
    assertThat(changed)
        .containsExactlyInAnyOrder(
            "/zeros: it vanished", "/d5: it vanished", "/d3/f3: it vanished");
    assertThat(failed).isEmpty();
    assertThat(second.snapshot().summary().totalFilesProcessed()).isEqualTo(302 - 1 - 43 - 1);
    assertThat(second.snapshot().summary().filesUnmodified()).isEqualTo(302 - 1 - 43 - 1);
    assertThat(second.failed()).isZero(); // the snapshot is whole but for what is no longer there
    assertThat(names(Id.parse(second.snapshot().tree())))
        .containsExactly("d0", "d1", "d2", "d3", "d4", "d6", "large", "link");
  }

  private List<String> names(Id tree) {
    return TreeReader.read(repository.load(op, BlobType.TREE, tree), "a tree").stream()
        .map(node -> node.name().toString())
        .toList();
  }

  /** Removes what is at a path of the data, with all that is in it. */
  private void remove(String path) {
    try (Stream<Path> all = Files.walk(data.resolve(path))) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Before the keeper hears that the mover wants a tree of the parent, this is done. */
  private static Other held(Other mover, Consumer<Id> before) {
    return (in, out) -> {
      Pipe pipe = Pipe.open();
      Thread moving =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try (OutputStream sink = Channels.newOutputStream(pipe.sink())) {
                  mover.talk(in, sink);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      Frames from = new Frames(Channels.newInputStream(pipe.source()), out);
      try {
        while (true) {
          Frames.Frame frame = from.next();
          if (frame.kind() == Kind.TREE) {
            before.accept(Id.of(frame.payload(), 0));
          }
          from.send(frame.kind(), frame.number(), frame.payload());
        }
      } catch (EOFException e) {
        join(moving);
      }
    };
  }

  /** Memory that ends while a blob is stored: no snapshot is promised that lacks it. */
  @Test
  void memoryThatEndsInTheKeeper() throws Exception {
    Pipe up = Pipe.open();
    Pipe down = Pipe.open();
    CompletableFuture<Void> moving =
        CompletableFuture.runAsync(() ->
            new Mover(Channels.newInputStream(down.source()), Channels.newOutputStream(up.sink()))
                .run(Operation.start(), RawPath.of(data.toString())));
    AtomicLong puts = new AtomicLong();
    try (OutputStream out = Channels.newOutputStream(down.sink());
        InputStream in = Channels.newInputStream(up.source())) {
      var saving = new KeeperSession(in, out).saving(op, repository, 3, "", "");
      var run =
          new SnapshotRun(repository, BackupOptions.of("/data", IDENTITY), BackupProgress.SILENT);
      assertThatThrownBy(() ->
              run.run(
                  op,
                  (sink, counts, before) -> saving.save(new Forgetful(sink, puts), counts, before)))
          .isInstanceOf(OutOfMemoryError.class);
    }
    assertThat(puts).hasValueGreaterThanOrEqualTo(100);
    assertThat(new Snapshots(repository).list(op, SnapshotFilter.ALL)).isEmpty();
    moving.handle((_, _) -> null).join();
  }

  /** Not that its stream ended, which says nothing of what is to be done. */
  @Test
  void theKeeperHearsThatTheMoversMemoryEnded() throws Exception {
    Path device = folder.resolve("disk");
    Files.write(device, new byte[3_000_000]);
    Clock none =
        new Clock() {
          @Override
          public Instant instant() {
            throw new OutOfMemoryError("injected");
          }

          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }
        };
    Pipe up = Pipe.open();
    Pipe down = Pipe.open();
    CompletableFuture<Void> moving =
        CompletableFuture.runAsync(() ->
            new Mover(Channels.newInputStream(down.source()), Channels.newOutputStream(up.sink()))
                .run(Operation.start(none, new Random(3)), RawPath.of(folder.toString())));
    try (OutputStream out = Channels.newOutputStream(down.sink());
        InputStream in = Channels.newInputStream(up.source())) {
      var saving = new KeeperSession(in, out).saving(op, repository, 3, "disk", "claim");
      var run =
          new SnapshotRun(repository, BackupOptions.of("/data", IDENTITY), BackupProgress.SILENT);
      assertThatThrownBy(() -> run.run(op, saving))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("The mover gave up")
          .hasMessageContaining("OutOfMemoryError: injected");
    }
    assertThat(moving)
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableThat()
        .withCauseInstanceOf(OutOfMemoryError.class);
  }

  /** Has no memory for the hundredth blob. */
  private record Forgetful(BlobSink sink, AtomicLong puts) implements BlobSink {

    @Override
    public BitSet missing(Operation op, BlobType type, List<Id> ids) {
      return sink.missing(op, type, ids);
    }

    @Override
    public void put(Operation op, BlobType type, Id id, byte[] bytes, int offset, int length) {
      if (puts.incrementAndGet() == 100) {
        throw new OutOfMemoryError("injected");
      }
      sink.put(op, type, id, bytes, offset, length);
    }

    @Override
    public void flush(Operation op) {
      sink.flush(op);
    }
  }

  /** One session saves places in turn, a device among them, and each has its own parent. */
  @Test
  void oneSessionSavesSeveralPlaces() throws Exception {
    Path device = folder.resolve("disk");
    Files.write(device, new byte[3_000_000]);
    Pipe up = Pipe.open();
    Pipe down = Pipe.open();
    CompletableFuture<Void> moving =
        CompletableFuture.runAsync(() ->
            new Mover(Channels.newInputStream(down.source()), Channels.newOutputStream(up.sink()))
                .run(Operation.start(), RawPath.of(folder.toString())));
    List<SnapshotRun.Outcome> outcomes = new ArrayList<>();
    try (OutputStream out = Channels.newOutputStream(down.sink());
        InputStream in = Channels.newInputStream(up.source())) {
      KeeperSession session = new KeeperSession(in, out);
      for (String place : List.of("data/d1", "disk", "data/d2", "data/d1")) {
        Id parent = outcomes.size() == 3 ? outcomes.getFirst().id() : null;
        BackupOptions options =
            new BackupOptions.Builder(List.of("/" + place), IDENTITY).parent(parent).build();
        String name = place.equals("disk") ? "claim" : "";
        outcomes.add(
            new SnapshotRun(repository, options, BackupProgress.SILENT)
                .run(op, session.saving(op, repository, 3, place, name)));
        repository.loadIndex(op, null);
      }
      session.end();
      moving.join(); // it goes when it is told to, without an error
    }
    assertThat(outcomes.get(0).snapshot().tree())
        .isEqualTo(outcomes.get(3).snapshot().tree())
        .isNotEqualTo(outcomes.get(2).snapshot().tree());
    assertThat(outcomes.get(3).snapshot().summary().filesUnmodified()).isPositive();
    assertThat(outcomes.get(3).snapshot().summary().filesNew()).isZero();
    assertThat(outcomes.get(1).snapshot().summary().totalBytesProcessed()).isEqualTo(3_000_000);
    assertThat(new Snapshots(repository).list(op, SnapshotFilter.ALL)).hasSize(4);
  }

  /** A tree that is there says nothing of blobs that are not. */
  @Test
  void whatIsNoLongerStoredIsReadAgain() throws Exception {
    var first = keep(mover(), null, BackupProgress.SILENT);
    Id root = Id.parse(first.snapshot().tree());
    byte[] tree = repository.load(op, BlobType.TREE, root);
    repository = repository("other");
    try (PackWriter packs = new PackWriter(op, repository, PackWriter.PACK_SIZE, 3, 1)) {
      assertThat(packs.wants(op, BlobType.TREE, root, tree.length)).isTrue();
      packs.put(op, BlobType.TREE, root, tree, 0, tree.length);
      packs.flush(op);
    }
    Id parent = repository.save(op, first.snapshot());
    var second = keep(mover(), parent, BackupProgress.SILENT);
    var summary = second.snapshot().summary();
    assertThat(summary.filesNew()).isEqualTo(302);
    assertThat(summary.dataAdded()).isGreaterThan(30_000_000);
  }

  /** Content that is there twice is stored once, also where it comes without a question. */
  @Test
  void smallFilesOfTheSameContentAreStoredOnce() throws Exception {
    for (int i = 0; i < 100; i++) {
      Files.writeString(data.resolve("same" + i), "the same in all of them");
    }
    var outcome = keep(mover(), null, BackupProgress.SILENT);
    var summary = outcome.snapshot().summary();
    assertThat(summary.totalFilesProcessed()).isEqualTo(402);
    // 300 random ones, and one more; 30 MB in at least 4 chunks, the zeros in one or two
    assertThat(summary.dataBlobs()).isBetween(301L + 4, 301L + 70);
  }

  @Test
  void aMoverThatDiesLeavesNoSnapshot() {
    assertThatThrownBy(() ->
            keep(
                (in, out) -> {
                  OutputStream half =
                      new OutputStream() {
                        private long left = 5_000_000;

                        @Override
                        public void write(int b) throws IOException {
                          write(new byte[] {(byte) b}, 0, 1);
                        }

                        @Override
                        public void write(byte[] bytes, int from, int length) throws IOException {
                          left -= length;
                          if (left < 0) {
                            out.close();
                            in.close();
                            throw new IOException("killed");
                          }
                          out.write(bytes, from, length);
                        }

                        @Override
                        public void flush() throws IOException {
                          out.flush();
                        }
                      };
                  mover().talk(in, half);
                },
                null,
                BackupProgress.SILENT))
        .isInstanceOf(Failure.Unreachable.class);
    assertThat(new Snapshots(repository).list(op, SnapshotFilter.ALL)).isEmpty();
  }

  /** Says hello, reads START, then this. */
  private void refused(Class<? extends Failure> how, String why, Other then) {
    assertThatThrownBy(() ->
            keep(
                (in, out) -> {
                  Frames frames = new Frames(in, out);
                  frames.send(
                      Kind.HELLO,
                      Messages.VERSION,
                      Messages.HELLO.getBytes(StandardCharsets.UTF_8));
                  then.talk(in, out);
                  in.transferTo(OutputStream.nullOutputStream()); // until the keeper hangs up
                },
                null,
                BackupProgress.SILENT))
        .isInstanceOf(how)
        .hasMessageContaining(why);
    assertThat(new Snapshots(repository).list(op, SnapshotFilter.ALL)).isEmpty();
  }

  private static byte[] blob(Id id, byte[] plain) {
    byte[] packed = com.github.luben.zstd.Zstd.compress(plain);
    byte[] payload = new byte[1 + Id.SIZE + packed.length];
    payload[0] = (byte) BlobType.DATA.ordinal();
    id.write(payload, 1);
    System.arraycopy(packed, 0, payload, 1 + Id.SIZE, packed.length);
    return payload;
  }

  @Test
  void whatIsNotAsItShouldBeIsRefused() {
    byte[] plain = "content".getBytes(StandardCharsets.UTF_8);
    Id id = Id.hash(plain);
    Id other = Id.hash(new byte[1]);
    byte[] tree =
        Json.bytes(
            new Messages.Done(
                id.toString(),
                new dev.holdfast.repository.backup.BackupCounts.Tally(1, 0, 0, 0, 0, 0, 1),
                ""));
    refused(
        Failure.Corrupt.class,
        "does not match its id",
        (in, out) -> {
          Frames frames = new Frames(in, out);
          frames.send(Kind.BLOB, plain.length, blob(other, plain));
          frames.send(Kind.DONE, 0, tree);
        });
    refused(
        Failure.Corrupt.class,
        "nobody asked for",
        (in, out) -> {
          byte[] large = new byte[Messages.UNASKED + 1];
          Frames frames = new Frames(in, out);
          frames.send(Kind.BLOB, large.length, blob(Id.hash(large), large));
          frames.send(Kind.DONE, 0, tree);
        });
    refused(
        Failure.Corrupt.class,
        "did not send",
        (in, out) -> {
          Frames frames = new Frames(in, out);
          byte[] question = Mover.ids(1, new ArrayList<>(List.of(id)));
          frames.send(Kind.MISSING, 1, question);
          frames.send(Kind.DONE, 0, tree);
        });
    refused(
        Failure.Corrupt.class,
        "root tree",
        (in, out) -> new Frames(in, out).send(Kind.DONE, 0, tree));
    refused(
        Failure.Corrupt.class,
        "at once",
        (in, out) -> {
          Frames frames = new Frames(in, out);
          frames.send(Kind.BLOB, 2_000_000_000, blob(id, plain));
          frames.send(Kind.DONE, 0, tree);
        });
    refused(
        Failure.Unreachable.class,
        "gave up: no such directory",
        (in, out) ->
            new Frames(in, out)
                .send(Kind.FAILED, 0, "no such directory".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void whatIsNoMoverIsUnsupported() {
    assertThatThrownBy(() ->
            keep(
                (in, out) ->
                    out.write("Usage: holdfast [OPTIONS]\n".getBytes(StandardCharsets.UTF_8)),
                null,
                BackupProgress.SILENT))
        .isInstanceOf(Failure.Unsupported.class);
    assertThatThrownBy(() ->
            keep(
                (in, out) ->
                    new Frames(in, out)
                        .send(Kind.HELLO, 1, Messages.HELLO.getBytes(StandardCharsets.UTF_8)),
                null,
                BackupProgress.SILENT))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("speaks version 1");
  }
}
