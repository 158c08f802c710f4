package dev.holdfast.engine.spool;

import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Items on their way: bytes in an append-only scratch file, and in memory a fixed-size entry each
 * plus its name, so that memory does not grow with the size of what is backed up. Items are
 * numbered from 0 in the order of their adding. Thread-safe.
 *
 * <p>The file holds Secrets in clear: only its owner may read it, and where the system allows it
 * has no name from the start, so that a killed process leaves nothing behind.
 */
public final class Spool implements AutoCloseable {

  private static final int BUFFER = 256 << 10;

  private final FileChannel file;
  private final Path folder;
  private final Object lock = new Object();
  private final SpoolEntries entries = new SpoolEntries();

  /** What is not in the file yet: the bytes from {@link #flushed} on. */
  private final ByteBuffer tail = ByteBuffer.allocate(BUFFER);

  private long flushed;

  private Spool(FileChannel file, Path folder) {
    this.file = file;
    this.folder = folder;
  }

  /**
   * An empty spool with its scratch file in this folder, which must exist.
   *
   * @throws Failure.Full or {@link Failure.Denied} if the file cannot be made
   */
  public static Spool create(Path folder) {
    try {
      Path path = Files.createTempFile(folder, "holdfast-", ".spool", ownerOnly(folder));
      var file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      forgetName(path);
      return new Spool(file, folder);
    } catch (IOException e) {
      throw new Failure.Denied(
          "Cannot make a scratch file in " + folder + ": " + e.getMessage(),
          "give a writable folder with free space as TMPDIR",
          e);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path folder) throws IOException {
    FileStore store = Files.getFileStore(folder);
    return store.supportsFileAttributeView("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /** An open file needs no name on POSIX systems; elsewhere it goes when it is closed. */
  private static void forgetName(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      path.toFile().deleteOnExit();
    }
  }

  /**
   * Adds an item. A key that is there already keeps what was added first.
   *
   * @return its number, or that of the item with this key
   * @throws Failure.Full if the disk is full
   */
  public int add(ItemKey key, String apiVersion, String kind, byte[] json) {
    synchronized (lock) {
      int known = entries.find(key);
      return known >= 0 ? known : entries.add(key, apiVersion, kind, append(json), json.length);
    }
  }

  /** Puts other bytes in the place of an item's: a newer read of it. */
  public void replace(int number, byte[] json) {
    synchronized (lock) {
      entries.move(number, append(json), json.length);
    }
  }

  public int size() {
    synchronized (lock) {
      return entries.size();
    }
  }

  /** Bytes of all items. */
  public long bytes() {
    synchronized (lock) {
      return entries.bytes();
    }
  }

  public ItemKey key(int number) {
    synchronized (lock) {
      return entries.key(number);
    }
  }

  public String apiVersion(int number) {
    synchronized (lock) {
      return entries.kind(number).apiVersion();
    }
  }

  public String kind(int number) {
    synchronized (lock) {
      return entries.kind(number).kind();
    }
  }

  /** Bytes of one item. */
  public int length(int number) {
    synchronized (lock) {
      return entries.length(number);
    }
  }

  /** The types of all items. */
  public Set<GroupResource> types() {
    synchronized (lock) {
      return entries.types();
    }
  }

  public OptionalInt find(ItemKey key) {
    synchronized (lock) {
      int number = entries.find(key);
      return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
    }
  }

  /** The item's bytes, as they were added. */
  public byte[] json(int number) {
    byte[] json;
    long offset;
    synchronized (lock) {
      offset = entries.offset(number);
      json = new byte[entries.length(number)];
      if (offset >= flushed) {
        tail.get((int) (offset - flushed), json);
        return json;
      }
    }
    read(offset, ByteBuffer.wrap(json));
    return json;
  }

  /** Where the bytes went; an item lies whole in the file or whole in the tail. */
  private long append(byte[] json) {
    if (json.length > tail.remaining()) {
      tail.flip();
      write(tail);
      tail.clear();
    }
    long offset = flushed + tail.position();
    if (json.length > tail.capacity()) {
      write(ByteBuffer.wrap(json));
    } else {
      tail.put(json);
    }
    return offset;
  }

  private void write(ByteBuffer bytes) {
    try {
      long at = flushed;
      while (bytes.hasRemaining()) {
        at += file.write(bytes, at);
      }
      flushed = at;
    } catch (IOException e) {
      throw new Failure.Full(
          "Cannot write the scratch file in " + folder + ": " + e.getMessage(),
          "free some space there, or give another folder as TMPDIR",
          e);
    }
  }

  private void read(long offset, ByteBuffer into) {
    try {
      while (into.hasRemaining()) {
        int count = file.read(into, offset + into.position());
        if (count < 0) {
          throw new Failure.Corrupt("The scratch file in " + folder + " became shorter");
        }
      }
    } catch (IOException e) {
      throw new Failure.Corrupt(
          "Cannot read the scratch file in " + folder + ": " + e.getMessage(), null, e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new Failure.Corrupt("Cannot close the scratch file in " + folder, null, e);
    }
  }
}
