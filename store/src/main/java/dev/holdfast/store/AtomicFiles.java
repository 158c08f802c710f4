package dev.holdfast.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Files that appear below a root whole or not at all, whatever is killed when: written to a scratch
 * folder in the root, synced, then renamed (or, where nothing may be replaced, linked) to their
 * place, and the folder synced. What killed writers leave is only ever in the scratch folder, and
 * the next writer removes it once it is a day old.
 *
 * <p>New folders get the permissions of the root, new files the same without "execute"; a root that
 * is made here is its owner's alone, since backups hold Secrets.
 */
final class AtomicFiles {

  /** Below the root; never a key's first segment. */
  static final String SCRATCH = ".holdfast-tmp";

  private static final Duration RUBBISH = Duration.ofDays(1);

  /** Another process may remove an empty folder that is about to be written to. */
  private static final int ATTEMPTS = 100;

  /** Called before each step with its name; tests end the process there, or fail it. */
  @FunctionalInterface
  interface Steps {
    Steps NONE = _ -> {};

    void before(String step) throws IOException;
  }

  private final Path root;
  private final Path scratch;
  private final boolean hardLinks;
  private final Steps steps;
  private final ReentrantLock noHardLinks = new ReentrantLock();

  AtomicFiles(Path root, boolean hardLinks, Steps steps) {
    this.root = root;
    this.scratch = root.resolve(SCRATCH);
    this.hardLinks = hardLinks;
    this.steps = steps;
  }

  /** A new empty file in the scratch folder; the caller writes it and moves or deletes it. */
  Path scratchFile() throws IOException {
    for (int attempt = 1; ; attempt++) {
      byte[] random = new byte[12];
      ThreadLocalRandom.current().nextBytes(random);
      Path file = scratch.resolve(HexFormat.of().formatHex(random));
      try {
        makeFolders(scratch);
        steps.before("create scratch file");
        return Files.createFile(file, permissions(false));
      } catch (NoSuchFileException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  void sync(FileChannel file) throws IOException {
    steps.before("sync file");
    file.force(true);
  }

  /** Puts the scratch file in its place, replacing what is there. */
  void replace(Path file, Path target) throws IOException {
    place(
        target,
        () ->
            Files.move(
                file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING));
  }

  /**
   * Puts the scratch file in its place unless something is there; exactly one of many gets true.
   */
  boolean placeIfAbsent(Path file, Path target) throws IOException {
    try {
      if (hardLinks) {
        try {
          place(target, () -> Files.createLink(target, file));
          return true;
        } catch (UnsupportedOperationException e) {
          // This file system knows no hard links.
        } catch (FileAlreadyExistsException e) {
          // A network file system that lost its answer reports the link it has made as existing.
          return Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)
              && Files.isSameFile(file, target);
        } catch (FileSystemException e) {
          if (!linksRefused(e)) {
            throw e;
          }
        }
      }
      return renameUnderLock(file, target);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Without hard links: look and rename while holding a lock that dies with its process. */
  private boolean renameUnderLock(Path file, Path target) throws IOException {
    noHardLinks.lock();
    try (FileChannel lock =
        FileChannel.open(
            scratch.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      var _ = lock.lock();
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      replace(file, target);
      return true;
    } finally {
      noHardLinks.unlock();
    }
  }

  private static boolean linksRefused(FileSystemException e) {
    String reason = String.valueOf(e.getReason());
    return reason.contains("Operation not permitted")
        || reason.contains("not supported")
        || reason.contains("Function not implemented")
        || reason.contains("Too many links");
  }

  @FunctionalInterface
  private interface Placing {
    void run() throws IOException;
  }

  private void place(Path target, Placing placing) throws IOException {
    Path folder = parent(target);
    for (int attempt = 1; ; attempt++) {
      try {
        makeFolders(folder);
        steps.before("place");
        placing.run();
        break;
      } catch (NoSuchFileException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
    steps.before("sync folder");
    syncFolder(folder);
  }

  /** Removes the file and the folders above it that are empty then; false if it was not there. */
  boolean delete(Path target) throws IOException {
    steps.before("delete");
    boolean deleted = Files.deleteIfExists(target);
    if (deleted) {
      Path folder = parent(target);
      while (!folder.equals(root) && removedEmpty(folder)) {
        folder = parent(folder);
      }
      syncFolder(folder);
    }
    return deleted;
  }

  /** Removes what killed writers left, if they are dead for sure. */
  void collectRubbish(Instant now) throws IOException {
    if (!Files.isDirectory(scratch, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(scratch)) {
      for (Path file : files) {
        try {
          if (Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(RUBBISH))) {
            Files.deleteIfExists(file);
          }
        } catch (NoSuchFileException e) {
          // Its writer has finished.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Removes the scratch folder if nobody uses it. */
  void removeScratch() throws IOException {
    if (Files.isDirectory(scratch, LinkOption.NOFOLLOW_LINKS)) {
      removedEmpty(scratch);
    }
  }

  /** Removes a folder if it is empty; false if it is not. */
  static boolean removedEmpty(Path folder) throws IOException {
    try {
      return Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
  }

  private void makeFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path above = folder.getParent();
    if (above != null) {
      makeFolders(above);
    }
    try {
      steps.before("make folder");
      Files.createDirectory(folder, permissions(true));
    } catch (FileAlreadyExistsException e) {
      // One look: a deleter may have removed it since, and then place() begins again.
      if (!Files.readAttributes(folder, BasicFileAttributes.class).isDirectory()) {
        throw e;
      }
      return;
    }
    if (above != null) {
      syncFolder(above);
    }
  }

  private FileAttribute<?>[] permissions(boolean folder) throws IOException {
    if (!root.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    Set<PosixFilePermission> mode = EnumSet.noneOf(PosixFilePermission.class);
    try {
      mode.addAll(Files.getPosixFilePermissions(root));
    } catch (NoSuchFileException e) {
      mode.addAll(PosixFilePermissions.fromString("rwx------"));
    }
    mode.add(PosixFilePermission.OWNER_WRITE);
    if (!folder) {
      mode.remove(PosixFilePermission.OWNER_EXECUTE);
      mode.remove(PosixFilePermission.GROUP_EXECUTE);
      mode.remove(PosixFilePermission.OTHERS_EXECUTE);
    }
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)};
  }

  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (NoSuchFileException e) {
      // Another process removed it because it was empty: there is nothing to keep.
    }
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(path + " has no parent");
    }
    return parent;
  }
}
