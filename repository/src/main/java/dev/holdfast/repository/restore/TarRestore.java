package dev.holdfast.repository.restore;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.restore.RestoreProgress.Action;
import dev.holdfast.repository.tar.TarEntry;
import dev.holdfast.repository.tar.TarInput;
import dev.holdfast.repository.tree.Mode;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a tar stream holds below a directory, for somebody who has neither repository nor
 * key. Nothing is written outside, whatever the stream says: a name that leads out is refused, and
 * no link is followed. What is there under a name of the stream is replaced.
 */
public final class TarRestore {

  private static final int BUFFER = 256 << 10;
  private static final int SETGID = 02000;

  private final RestoreProgress progress;
  private final Deque<Open> open = new ArrayDeque<>();
  private final byte[] buffer = new byte[BUFFER];
  private @Nullable Metadata metadata;

  /** A directory in which something is being made; its attributes are set when it is left. */
  private record Open(RawPath path, Directory directory, @Nullable Node node, boolean fresh) {}

  public TarRestore(RestoreProgress progress) {
    this.progress = progress;
  }

  /**
   * Reads the stream to its end mark.
   *
   * @param target which exists
   * @throws Failure.Corrupt if it is no tar stream, or leads out of the directory
   * @throws Failure.Full if there is no room left
   * @throws IOException if the stream breaks off
   */
  public void run(Operation op, InputStream stream, RawPath target) throws IOException {
    try (Directory root = Directory.open(target)) {
      metadata = new Metadata(progress, inherits(root));
      open.push(new Open(RawPath.of(""), root, null, false));
      TarInput tar = new TarInput(stream);
      for (TarEntry entry = tar.next(); entry != null; entry = tar.next()) {
        op.check();
        entry(tar, entry);
      }
      while (open.size() > 1) {
        leave();
      }
    } finally {
      while (open.size() > 1) {
        open.pop().directory().close();
      }
    }
  }

  /**
   * Removes all that is in a directory, but for a file system's own {@code lost+found}.
   *
   * @throws PosixException if something stays
   */
  public static void empty(RawPath target) {
    try (Directory root = Directory.open(target)) {
      for (RawName name : root.list()) {
        if (!name.equals(RawName.of("lost+found"))) {
          remove(root, name);
        }
      }
    }
  }

  private static void remove(Directory directory, RawName name) {
    if (directory.stat(name).type() != NodeType.DIR) {
      directory.unlink(name);
      return;
    }
    try (Directory child = directory.child(name)) {
      for (RawName each : child.list()) {
        remove(child, each);
      }
    }
    directory.removeDirectory(name);
  }

  /** Whether what is made in the target gets its group or its default ACL. */
  private static boolean inherits(Directory root) {
    return (root.stat().mode() & SETGID) != 0
        || root.attributes().xattrNames().contains("system.posix_acl_default");
  }

  private void entry(TarInput tar, TarEntry entry) throws IOException {
    RawPath path = inside(entry.path());
    if (path.names().isEmpty()) {
      return;
    }
    try {
      Directory directory = enter(path.parent());
      Node node = node(path.names().getLast(), entry);
      switch (entry.type()) {
        case DIR -> directory(directory, path, node);
        case FILE -> file(directory, path, node, tar, entry);
        default -> special(directory, node);
      }
      progress.done("/" + path, node.type(), node.size(), Action.RESTORED);
    } catch (PosixException e) {
      if (e.noRoom()) {
        throw new Failure.Full("The volume is full: " + e.getMessage(), null, e);
      }
      progress.failed("/" + path, String.valueOf(e.getMessage()));
    }
  }

  /** Relative to the target, whatever dots and slashes came before. */
  private static RawPath inside(RawPath path) {
    List<RawName> names = path.names();
    if (names.size() != path.below().size() || !names.stream().allMatch(RawName::isSafe)) {
      throw new Failure.Corrupt("The stream of files leads out of its directory: " + path);
    }
    return path.absolute()
        ? RawPath.of(java.util.Arrays.copyOfRange(path.bytes(), 1, path.bytes().length))
        : path;
  }

  /** Leaves directories until this one is reached, or opens those on the way to it. */
  private Directory enter(RawPath path) {
    while (!isAbove(open.element().path(), path)) {
      leave();
    }
    while (!open.element().path().equals(path)) {
      RawPath above = open.element().path();
      RawName next = path.names().get(above.names().size());
      Directory child = open.element().directory().child(next);
      open.push(new Open(above.child(next), child, null, false));
    }
    return open.element().directory();
  }

  private static boolean isAbove(RawPath above, RawPath path) {
    List<RawName> names = above.names();
    return names.size() <= path.names().size()
        && path.names().subList(0, names.size()).equals(names);
  }

  private void leave() {
    Open left = open.pop();
    try (Directory directory = left.directory()) {
      if (left.node() != null) {
        metadata().apply(directory.attributes(), left.node(), left.fresh());
      }
    } catch (PosixException e) {
      progress.failed("/" + left.path(), String.valueOf(e.getMessage()));
    }
  }

  private Metadata metadata() {
    return java.util.Objects.requireNonNull(metadata);
  }

  private void directory(Directory parent, RawPath path, Node node) {
    Optional<Stat> there = parent.find(node.name());
    boolean fresh = there.isEmpty() || there.get().type() != NodeType.DIR;
    if (fresh) {
      there.ifPresent(other -> parent.unlink(node.name()));
      parent.makeDirectory(node.name());
    }
    open.push(new Open(path, parent.child(node.name()), node, fresh));
  }

  private void file(Directory parent, RawPath path, Node node, TarInput tar, TarEntry entry)
      throws IOException {
    clear(parent, node.name());
    if (entry.hardLink() != null) {
      link(parent, node.name(), inside(entry.hardLink()));
      return;
    }
    try (OpenFile file = parent.create(node.name())) {
      long at = 0;
      for (int read = tar.read(buffer, 0, BUFFER); read >= 0; read = tar.read(buffer, 0, BUFFER)) {
        file.write(at, buffer, 0, read);
        at += read;
        progress.written(read);
      }
      if (at != entry.size()) {
        throw new Failure.Corrupt("The stream of files has only a part of " + path);
      }
      metadata().apply(file.attributes(), node, true);
    }
  }

  private void link(Directory parent, RawName name, RawPath first) {
    Deque<Directory> way = new ArrayDeque<>();
    Directory from = open.getLast().directory();
    try {
      for (RawName each : first.parent().names()) {
        from = from.child(each);
        way.push(from);
      }
      parent.link(from, first.names().getLast(), name);
    } finally {
      way.forEach(Directory::close);
    }
  }

  private void special(Directory parent, Node node) {
    clear(parent, node.name());
    if (node.type() == NodeType.SYMLINK) {
      byte[] target = node.linkTarget();
      parent.symlink(target == null ? new byte[0] : target, node.name());
    } else {
      parent.makeNode(node.name(), node.type(), node.device());
    }
    metadata().apply(parent, node);
  }

  /** A directory that is not empty stays, and is a failure of the entry. */
  private static void clear(Directory parent, RawName name) {
    Optional<Stat> there = parent.find(name);
    if (there.isPresent() && there.get().type() == NodeType.DIR) {
      parent.removeDirectory(name);
    } else if (there.isPresent()) {
      parent.unlink(name);
    }
  }

  private static Node node(RawName name, TarEntry entry) {
    OffsetDateTime time = entry.mtime().atOffset(ZoneOffset.UTC);
    return new Node(
        name,
        entry.type(),
        Mode.fromStat(entry.mode()),
        time,
        time,
        time,
        entry.uid(),
        entry.gid(),
        "",
        "",
        0,
        0,
        entry.size(),
        1,
        entry.link(),
        entry.xattrs(),
        null,
        entry.device(),
        null,
        null,
        "");
  }
}
