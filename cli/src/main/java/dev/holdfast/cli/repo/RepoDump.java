package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.dump.Dump;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreePath;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo dump}. */
@Command(
    name = "dump",
    description =
        "Write a file of a snapshot, or a directory as a tar archive, to standard output.")
final class RepoDump implements Callable<Integer> {

  private static final int BUFFER = 256 << 10;

  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT[:DIR]",
      description = "An id, its beginning, or latest.")
  String snapshot = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "The file or directory; / for all.")
  String path = "";

  @Option(
      names = {"-a", "--archive"},
      paramLabel = "FORMAT",
      description = "Of a directory: tar (default).")
  String archive = "tar";

  @Option(
      names = {"-t", "--target"},
      paramLabel = "FILE",
      description = "Write to this file instead.")
  @Nullable Path target;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoDump(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    if (!archive.equals("tar")) {
      throw new Failure.Invalid("--archive " + archive + " is not supported", "use tar");
    }
    Operation op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      ReadSnapshot read =
          ReadSnapshot.of(
              op, open.repository(), filter.filter(session.console().environment()), snapshot);
      Dump dump = new Dump(open.repository(), read.trees());
      RawPath wanted = RawPath.of("/" + path);
      Node node =
          wanted.names().isEmpty()
              ? null
              : new TreePath(read.trees()).node(op, read.tree(), wanted);
      boolean directory = node == null || node.type() == NodeType.DIR;
      if (directory && target == null && session.console().outWidth() > 0) {
        throw new Failure.Invalid(
            "A tar archive is not written to a terminal", "redirect it, or use --target FILE");
      }
      try (OutputStream out = new BufferedOutputStream(sink(), BUFFER)) {
        if (node == null) {
          dump.tar(op, read.tree(), List.of(), out);
        } else if (directory) {
          dump.tar(op, Objects.requireNonNull(node.subtree()), wanted.names(), out);
        } else {
          dump.file(op, node, out);
        }
      }
    } catch (IOException e) {
      throw new Failure.Invalid("Writing the dump failed: " + e.getMessage(), null, e);
    }
    return ExitCode.OK;
  }

  private OutputStream sink() throws IOException {
    return target == null ? session.console().bytes().out() : Files.newOutputStream(target);
  }
}
