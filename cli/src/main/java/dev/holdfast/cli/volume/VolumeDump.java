package dev.holdfast.cli.volume;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.dump.Dump;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
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

/** {@code holdfast volume dump}. */
@Command(
    name = "dump",
    description =
        "Write a file of a saved volume, or a directory as a tar archive, to standard output.")
final class VolumeDump implements Callable<Integer> {

  private static final int BUFFER = 256 << 10;

  @Parameters(index = "0", paramLabel = "BACKUP", description = "The backup.")
  String backup = "";

  @Parameters(
      index = "1",
      paramLabel = "VOLUME",
      description = "NAMESPACE/CLAIM, or NAMESPACE/POD/VOLUME; the end of it if that says which.")
  String volume = "";

  @Parameters(index = "2", paramLabel = "PATH", description = "In the volume; / for all of it.")
  String path = "";

  @Option(
      names = {"-t", "--target"},
      paramLabel = "FILE",
      description = "Write to this file instead.")
  @Nullable Path target;

  @Mixin final BackupVolumes volumes = new BackupVolumes();

  private final Session session;

  VolumeDump(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    return volumes.read(session, backup, volume, this::dump);
  }

  private int dump(Repository repository, Id tree) {
    Operation op = session.operation();
    TreeLoader trees = new TreeLoader(repository);
    Dump dump = new Dump(repository, trees);
    RawPath wanted = RawPath.of("/" + path);
    @Nullable Node node =
        wanted.names().isEmpty() ? null : new TreePath(trees).node(op, tree, wanted);
    boolean directory = node == null || node.type() == NodeType.DIR;
    if (directory && target == null && session.console().outWidth() > 0) {
      throw new Failure.Invalid(
          "A tar archive is not written to a terminal", "redirect it, or use --target FILE");
    }
    try (OutputStream out = new BufferedOutputStream(sink(), BUFFER)) {
      if (node == null) {
        dump.tar(op, tree, List.of(), out);
      } else if (directory) {
        dump.tar(op, Objects.requireNonNull(node.subtree()), wanted.names(), out);
      } else {
        dump.file(op, node, out);
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
