package dev.holdfast.sandbox.store;

import dev.holdfast.model.Failure;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a store survives the end of its process: {@code snapshot-V}, every object as of version V,
 * and {@code log-V}, the changes after it, one file behind the other. A change is in the log before
 * anybody is told of it. A process that is killed at any instant loses nothing that it answered;
 * the end of the machine may lose the last second. Once the log has outgrown the snapshot, a new
 * snapshot is written beside the running store and the older files go.
 *
 * <p>One process at a time: {@code lock} is locked.
 */
public final class DataDirectory implements AutoCloseable {

  private static final byte[] SNAPSHOT =
      "holdfast sandbox snapshot 1\n".getBytes(StandardCharsets.US_ASCII);
  private static final String MARK = "holdfast-sandbox.txt";
  private static final String MARK_TEXT =
      "The data of a holdfast sandbox, format 1. Private: it holds keys.\n";

  private final Path directory;
  private final long compactAt;
  private final long tidyMillis;
  private final FileChannel lockFile;
  private final Thread keeper;
  private volatile boolean closed;
  private @Nullable ObjectStore store;
  private @Nullable ChangeLog log;
  private long snapshotBytes;

  /**
   * Opens or makes one.
   *
   * @throws Failure.Locked if another process has it open
   * @throws Failure.Invalid if the directory holds something else
   */
  public static DataDirectory open(Path directory) {
    return open(directory, 16 << 20, 1000);
  }

  /**
   * @param compactAt bytes of log below which there is no new snapshot
   * @param tidyMillis between two rounds of {@link #tidy}
   */
  static DataDirectory open(Path directory, long compactAt, long tidyMillis) {
    try {
      return new DataDirectory(directory, compactAt, tidyMillis);
    } catch (IOException e) {
      throw new Failure.Invalid(
          "Cannot keep data in " + directory + ": " + e, "choose another directory", e);
    }
  }

  private DataDirectory(Path directory, long compactAt, long tidyMillis) throws IOException {
    this.directory = directory;
    this.compactAt = compactAt;
    this.tidyMillis = tidyMillis;
    make(directory);
    lockFile =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    lock();
    if (!Files.exists(directory.resolve(MARK))) {
      write(MARK, MARK_TEXT.getBytes(StandardCharsets.UTF_8));
    } else if (!new String(read(MARK), StandardCharsets.UTF_8).equals(MARK_TEXT)) {
      lockFile.close();
      throw new Failure.Unsupported(
          directory + " was written by a newer version of holdfast", "use that version");
    }
    keeper = Thread.ofPlatform().name("sandbox-data").daemon().unstarted(this::keep);
  }

  private static void make(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        List<String> names = files.map(file -> file.getFileName().toString()).toList();
        boolean begun = names.stream().allMatch(n -> n.equals("lock") || n.equals(MARK + ".tmp"));
        if (!begun && !names.contains(MARK)) {
          throw new Failure.Invalid(
              directory + " holds files that are not a sandbox's: it is left as it is",
              "choose an empty or a new directory");
        }
      }
    } else {
      Files.createDirectories(directory.toAbsolutePath().getParent());
      if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(directory);
      }
    }
  }

  private void lock() throws IOException {
    FileLock lock;
    try {
      lock = lockFile.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null; // another sandbox of this process
    }
    if (lock == null) {
      lockFile.close();
      throw new Failure.Locked(
          "Another sandbox uses " + directory,
          "end it, or choose another directory; the lock goes with its process",
          null);
    }
  }

  /** A small file that was kept; null if there is none. */
  public byte @Nullable [] kept(String name) {
    try {
      return Files.exists(directory.resolve(name)) ? read(name) : null;
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Keeps a small file: replaced whole or not at all. */
  public void keep(String name, byte[] content) {
    try {
      write(name, content);
    } catch (IOException e) {
      throw new Failure.Invalid("Cannot write " + directory.resolve(name) + ": " + e, null, e);
    }
  }

  private byte[] read(String name) throws IOException {
    return Files.readAllBytes(directory.resolve(name));
  }

  private void write(String name, byte[] content) throws IOException {
    replace(name, out -> out.write(content));
  }

  @FunctionalInterface
  private interface Content {
    void write(OutputStream out) throws IOException;
  }

  private void replace(String name, Content content) throws IOException {
    Path scratch = directory.resolve(name + ".tmp");
    Files.deleteIfExists(scratch);
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          scratch,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    try (FileOutputStream file = new FileOutputStream(scratch.toFile())) {
      OutputStream out = new BufferedOutputStream(file, 1 << 16);
      content.write(out);
      out.flush();
      file.getFD().sync();
    }
    Files.move(scratch, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    syncDirectory();
  }

  private void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // a platform on which directories cannot be opened
    }
  }

  private Failure unreadable(String name, IOException e) {
    return new Failure.Corrupt("Cannot read " + directory.resolve(name) + ": " + e, null, e);
  }

  /** Whether nothing has been stored in it yet. */
  public boolean empty() {
    return newest("snapshot-") == null;
  }

  private @Nullable Path newest(String prefix) {
    List<Path> files = files(prefix);
    return files.isEmpty() ? null : files.getLast();
  }

  /** In the order of their versions. */
  private List<Path> files(String prefix) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches(prefix + "[0-9]{20}"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw unreadable("", e);
    }
  }

  private static String name(String prefix, long version) {
    return prefix + "%020d".formatted(version);
  }

  private static long version(Path file) {
    String name = file.getFileName().toString();
    return Long.parseLong(name.substring(name.indexOf('-') + 1));
  }

  /** Puts all that is kept into an empty store. */
  public void restore(ObjectStore target) {
    Path snapshot = newest("snapshot-");
    if (snapshot == null) {
      throw new IllegalStateException("Nothing was stored yet");
    }
    try {
      readSnapshot(snapshot, target);
      Path last = null;
      long good = 0;
      for (Path each : files("log-")) {
        if (version(each) >= version(snapshot)) {
          last = each;
          good = readLog(each, target);
        }
      }
      target.loaded();
      snapshotBytes = Files.size(snapshot);
      Path file = last == null ? directory.resolve(name("log-", target.version())) : last;
      attach(target, new ChangeLog(file, good));
    } catch (IOException e) {
      throw unreadable("", e);
    }
  }

  private static void readSnapshot(Path file, ObjectStore target) throws IOException {
    try (FrameReader reader = new FrameReader(file, SNAPSHOT)) {
      for (Frames.Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry.put() != null) {
          target.load(entry.put());
        } else {
          target.reach(entry.version());
          return;
        }
      }
      throw reader.damaged("ends too early");
    }
  }

  private static long readLog(Path file, ObjectStore target) throws IOException {
    try (FrameReader reader = new FrameReader(file, ChangeLog.MAGIC)) {
      if (version(file) != target.version()) {
        throw reader.damaged("does not follow: version " + target.version() + " was the last");
      }
      for (Frames.Entry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entry.version() != target.version() + 1 || !target.replay(entry)) {
          throw reader.damaged("has an entry out of order, of version " + entry.version());
        }
      }
      return reader.good();
    }
  }

  /** Keeps what a store holds now, and from now on each of its changes. */
  public void begin(ObjectStore source) {
    try {
      for (Path stray : files("log-")) { // of a first start that was killed
        Files.delete(stray);
      }
      ChangeLog first = new ChangeLog(directory.resolve(name("log-", source.version())), 0);
      writeSnapshot(source.freeze(null));
      attach(source, first);
    } catch (IOException e) {
      throw new Failure.Invalid("Cannot keep data in " + directory + ": " + e, null, e);
    }
  }

  private void attach(ObjectStore target, ChangeLog to) {
    store = target;
    log = to;
    target.log(to);
    keeper.start();
  }

  private void writeSnapshot(ObjectStore.Frozen state) throws IOException {
    String name = name("snapshot-", state.version());
    replace(
        name,
        out -> {
          out.write(SNAPSHOT);
          for (Stored each : state) {
            out.write(Frames.object(each));
          }
          out.write(Frames.end(state.version()));
        });
    snapshotBytes = Files.size(directory.resolve(name));
  }

  /** Syncs and compacts, again and again. */
  private void keep() {
    while (!closed) {
      try {
        TimeUnit.MILLISECONDS.sleep(tidyMillis);
        tidy();
      } catch (InterruptedException e) {
        return; // closed
      } catch (IOException e) {
        System.getLogger("dev.holdfast.sandbox")
            .log(System.Logger.Level.ERROR, "Cannot write to " + directory, e);
      }
    }
  }

  /** One round: what was appended is synced, and a log that has outgrown the snapshot replaced. */
  void tidy() throws IOException {
    ChangeLog current = log;
    ObjectStore source = store;
    if (current == null || source == null) {
      return;
    }
    current.sync();
    if (current.length() > Math.max(compactAt, 2 * snapshotBytes)) {
      compact(source, current);
    }
  }

  private void compact(ObjectStore source, ChangeLog old) throws IOException {
    ObjectStore.Frozen state =
        source.freeze(version -> {
          ChangeLog next = new ChangeLog(directory.resolve(name("log-", version)), 0);
          log = next;
          return next;
        });
    old.close();
    writeSnapshot(state);
    for (String prefix : List.of("snapshot-", "log-")) {
      for (Path file : new ArrayList<>(files(prefix))) {
        if (version(file) < state.version()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    keeper.interrupt();
    try {
      keeper.join();
      if (log != null) {
        log.close();
      }
      lockFile.close();
    } catch (IOException e) {
      throw new Failure.Invalid("Cannot write to " + directory + ": " + e, null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
