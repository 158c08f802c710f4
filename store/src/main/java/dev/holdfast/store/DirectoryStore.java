package dev.holdfast.store;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An object store in a directory: a key is a path below it. The directory is made by the first put,
 * and each object is atomic and durable ({@link AtomicFiles}); several processes may write at once.
 *
 * <p>What a directory cannot do: hold a key {@code x} beside {@code x/y} ({@link
 * Failure.Conflict}), keep objects from being deleted, sign URLs. Storage classes are ignored.
 * Symbolic links below the directory are neither followed nor listed, so that no key leaves it.
 */
public final class DirectoryStore implements ObjectStore {

  private final Path root;
  private final AtomicFiles files;
  private final AtomicBoolean written = new AtomicBoolean();

  public DirectoryStore(Path root) {
    this(root, true, AtomicFiles.Steps.NONE);
  }

  DirectoryStore(Path root, boolean hardLinks, AtomicFiles.Steps steps) {
    this.root = root.toAbsolutePath().normalize();
    this.files = new AtomicFiles(this.root, hardLinks, steps);
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    refuseRetention(options);
    return write(
        op,
        key,
        body,
        options,
        file -> {
          Path target = writable(key);
          try {
            files.replace(file, target);
          } catch (FileSystemException e) {
            if (!emptyFoldersInTheWay(target)) {
              throw e;
            }
            files.replace(file, target);
          }
          return true;
        });
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return put(op, key, new ByteArrayInputStream(body), options);
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    Located there = locate(key);
    if (there.attributes != null && there.attributes.isRegularFile()) {
      return false;
    }
    boolean[] won = {false};
    write(
        op,
        key,
        new ByteArrayInputStream(body),
        PutOptions.NONE,
        file -> {
          Path target = writable(key);
          emptyFoldersInTheWay(target);
          won[0] = files.placeIfAbsent(file, target);
          if (!won[0] && Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString());
          }
          return won[0];
        });
    return won[0];
  }

  @FunctionalInterface
  private interface Placing {
    boolean place(Path file) throws IOException;
  }

  private Meta write(
      Operation op, String key, InputStream body, PutOptions options, Placing placing) {
    op.check();
    writable(key);
    Path file = null;
    try {
      if (!written.getAndSet(true)) {
        files.collectRubbish(op.now());
      }
      file = files.scratchFile();
      long size;
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
        size = new BodyCopy(op, describe(key), body, options).to(out);
        files.sync(out);
      }
      Instant modified = Files.getLastModifiedTime(file).toInstant();
      placing.place(file);
      return new Meta(key, size, modified);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      throw conflict(key, e);
    } catch (IOException e) {
      if (isFolder(key)) {
        throw conflict(key, e);
      }
      throw FileFailures.of("Writing " + key, describe(), e);
    } finally {
      discard(file);
    }
  }

  private static void discard(@Nullable Path scratchFile) {
    if (scratchFile != null) {
      try {
        Files.deleteIfExists(scratchFile);
      } catch (IOException e) {
        // It lies in the scratch folder and is collected later.
      }
    }
  }

  private boolean isFolder(String key) {
    return Files.isDirectory(root.resolve(key), LinkOption.NOFOLLOW_LINKS);
  }

  private Failure conflict(String key, @Nullable Exception cause) {
    return new Failure.Conflict(
        "Cannot store "
            + key
            + " in "
            + describe()
            + ": a directory cannot hold an object beside others below the same name",
        "Use another name, or an S3 location",
        cause);
  }

  /** Removes folders without any object at the key's place; true if there were some. */
  private static boolean emptyFoldersInTheWay(Path target) throws IOException {
    return Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)
        && DirectoryTree.removeEmpty(target);
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    op.check();
    return Optional.ofNullable(locate(key).meta(key));
  }

  @Override
  public InputStream get(Operation op, String key) {
    return open(op, key, 0, Long.MAX_VALUE);
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    Ranges.check(offset, length);
    return open(op, key, offset, length);
  }

  private InputStream open(Operation op, String key, long offset, long length) {
    op.check();
    Located located = locate(key);
    if (located.meta(key) == null) {
      throw absent(key, null);
    }
    try {
      FileChannel channel =
          FileChannel.open(located.path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
      channel.position(offset);
      return new FileInput(op, channel, length, describe(key));
    } catch (IOException e) {
      if (FileFailures.missing(e)) {
        throw absent(key, e);
      }
      throw FileFailures.of("Reading " + key, describe(), e);
    }
  }

  private Failure absent(String key, @Nullable Exception cause) {
    if (!Files.isDirectory(root)) {
      throw rootAbsent();
    }
    return new Failure.Absent(describe(key) + " does not exist", null, cause);
  }

  private Failure rootAbsent() {
    return new Failure.Absent(
        "The directory " + describe() + " does not exist",
        "Check the path of the location; the first backup makes it",
        null);
  }

  @Override
  public Listing list(Operation op, String prefix) {
    Keys.checkPrefix(prefix);
    op.check();
    List<Meta> objects = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    try {
      for (DirectoryTree.Entry entry : entries(prefix)) {
        op.check();
        if (!entry.folder()) {
          objects.add(meta(prefix + entry.name(), entry.attributes()));
        } else if (DirectoryTree.holdsObject(entry.path())) {
          prefixes.add(prefix + entry.name() + "/");
        }
      }
    } catch (IOException e) {
      throw FileFailures.of("Listing " + (prefix.isEmpty() ? "objects" : prefix), describe(), e);
    }
    return new Listing(List.copyOf(objects), List.copyOf(prefixes));
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    Keys.checkPrefix(prefix);
    try {
      walk(op, prefix, entries(prefix), each);
    } catch (IOException e) {
      throw FileFailures.of("Listing " + (prefix.isEmpty() ? "objects" : prefix), describe(), e);
    }
  }

  private void walk(
      Operation op, String prefix, List<DirectoryTree.Entry> entries, Consumer<Meta> each)
      throws IOException {
    for (DirectoryTree.Entry entry : entries) {
      op.check();
      if (entry.folder()) {
        String below = prefix + entry.name() + "/";
        walk(op, below, DirectoryTree.entries(entry.path(), false), each);
      } else {
        each.accept(meta(prefix + entry.name(), entry.attributes()));
      }
    }
  }

  private List<DirectoryTree.Entry> entries(String prefix) throws IOException {
    if (!Files.isDirectory(root)) {
      throw rootAbsent();
    }
    if (prefix.isEmpty()) {
      return DirectoryTree.entries(root, true);
    }
    Located located = locate(prefix.substring(0, prefix.length() - 1));
    return located.attributes != null && located.attributes.isDirectory()
        ? DirectoryTree.entries(located.path, false)
        : List.of();
  }

  @Override
  public void delete(Operation op, String key) {
    op.check();
    Located located = locate(key);
    if (located.meta(key) == null) {
      return;
    }
    try {
      files.delete(located.path);
    } catch (IOException e) {
      throw FileFailures.of("Deleting " + key, describe(), e);
    }
  }

  @Override
  public URI signedGet(Operation op, String key, Duration valid) {
    throw noSignedUrls();
  }

  @Override
  public URI signedPut(Operation op, String key, Duration valid) {
    throw noSignedUrls();
  }

  private Failure noSignedUrls() {
    return new Failure.Unsupported(
        "The directory " + describe() + " cannot give out signed URLs", "Use an S3 location");
  }

  private void refuseRetention(PutOptions options) {
    if (options.retainUntil() != null) {
      throw new Failure.Unsupported(
          "The directory " + describe() + " cannot keep objects from being deleted (object lock)",
          "Use an S3 bucket that has object lock enabled");
    }
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(true, false, false);
  }

  @Override
  public String describe() {
    return root.toString();
  }

  private String describe(String key) {
    return root + "/" + key;
  }

  @Override
  public void close() {
    if (written.get()) {
      try {
        files.removeScratch();
      } catch (IOException e) {
        // An empty folder stays; it is hidden and harmless.
      }
    }
  }

  /**
   * @param attributes null if nothing is there
   * @param above the key of an object in the way, or null
   */
  private record Located(
      Path path, @Nullable BasicFileAttributes attributes, @Nullable String above) {

    @Nullable Meta meta(String key) {
      return attributes != null && attributes.isRegularFile()
          ? DirectoryStore.meta(key, attributes)
          : null;
    }
  }

  private static Meta meta(String key, BasicFileAttributes attributes) {
    return new Meta(key, attributes.size(), attributes.lastModifiedTime().toInstant());
  }

  private Path writable(String key) {
    Located located = locate(key);
    if (located.above != null) {
      throw conflict(key, null);
    }
    return located.path;
  }

  /** Walks down to the key without following a link. */
  private Located locate(String key) {
    Keys.check(key);
    String[] segments = key.split("/");
    if (segments[0].equals(AtomicFiles.SCRATCH)) {
      throw new Failure.Invalid("Keys below " + AtomicFiles.SCRATCH + " are reserved");
    }
    Path path = root;
    BasicFileAttributes attributes = null;
    for (int i = 0; i < segments.length; i++) {
      if (i > 0 && attributes != null && !attributes.isDirectory()) {
        String above = String.join("/", List.of(segments).subList(0, i));
        return new Located(root.resolve(key), null, above);
      }
      path = child(path, segments[i], key);
      if (i == 0 || attributes != null) {
        attributes = attributes(path, key);
      }
    }
    return new Located(path, attributes, null);
  }

  private static Path child(Path folder, String name, String key) {
    try {
      Path child = folder.resolve(name);
      if (folder.equals(child.getParent())) {
        return child;
      }
    } catch (InvalidPathException e) {
      throw new Failure.Invalid(
          "The key " + key + " cannot be a file name here",
          "Run with a UTF-8 locale, for example LANG=C.UTF-8",
          e);
    }
    throw new Failure.Invalid("The key " + key + " leaves the directory");
  }

  private @Nullable BasicFileAttributes attributes(Path path, String key) {
    try {
      BasicFileAttributes found =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (found.isSymbolicLink()) {
        throw new Failure.Invalid(
            "The key " + key + " leads over the symbolic link " + path + ", which is not followed",
            "Replace the link by what it points to, or make that the location");
      }
      return found;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      if (FileFailures.missing(e)) {
        return null;
      }
      throw FileFailures.of("Looking for " + key, describe(), e);
    }
  }
}
