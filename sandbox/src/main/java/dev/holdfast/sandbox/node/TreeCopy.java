package dev.holdfast.sandbox.node;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory copied with all that is in it, owners, rights, times (but not those of symbolic
 * links) and hard links included. Where the file system can share blocks, files share them until
 * one is written to: that is up to {@link Files#copy}. What vanishes meanwhile is left out.
 */
final class TreeCopy extends SimpleFileVisitor<Path> {

  private final Path from;
  private final Path to;
  private final Map<Object, Path> copied = new HashMap<>();

  private TreeCopy(Path from, Path to) {
    this.from = from;
    this.to = to;
  }

  /**
   * @param to does not exist yet
   */
  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.resolveSibling("."));
    Files.walkFileTree(from, new TreeCopy(from, to));
  }

  private Path target(Path path) {
    return to.resolve(from.relativize(path).toString());
  }

  private static void one(Path source, Path target) throws IOException {
    Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
  }

  /** Files.copy would open a FIFO, and wait for somebody who writes to it. */
  private static void special(Path source, Path target) throws IOException {
    Process process =
        new ProcessBuilder("cp", "-a", "--", source.toString(), target.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("cannot copy the special file " + source);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
      throws IOException {
    one(directory, target(directory));
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    Object key = attributes.fileKey();
    Path first = key == null ? null : copied.get(key);
    try {
      if (first != null) {
        Files.createLink(target(file), first);
      } else {
        if (attributes.isOther()) {
          special(file, target(file));
        } else {
          one(file, target(file));
        }
        if (key != null) {
          copied.put(key, target(file));
        }
      }
    } catch (NoSuchFileException e) {
      return FileVisitResult.CONTINUE;
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
    if (e instanceof NoSuchFileException && !file.equals(from)) {
      return FileVisitResult.CONTINUE;
    }
    throw e;
  }

  /** Its times changed when it was filled. */
  @Override
  public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
      throws IOException {
    if (e != null) {
      throw e;
    }
    BasicFileAttributes times =
        Files.readAttributes(directory, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Files.getFileAttributeView(target(directory), BasicFileAttributeView.class)
        .setTimes(times.lastModifiedTime(), times.lastAccessTime(), null);
    return FileVisitResult.CONTINUE;
  }
}
