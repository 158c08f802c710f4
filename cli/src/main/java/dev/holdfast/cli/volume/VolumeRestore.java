package dev.holdfast.cli.volume;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.restore.RestoreOptions;
import dev.holdfast.repository.restore.RestorePart;
import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import dev.holdfast.repository.walk.TreePath;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast volume restore}. */
@Command(
    name = "restore",
    description = {
      "Restore a saved volume, or single files of it, into a directory of this machine.",
      "Ends with 3 if something could not be restored: each such entry is named."
    })
final class VolumeRestore implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "BACKUP", description = "The backup.")
  String backup = "";

  @Parameters(
      index = "1",
      paramLabel = "VOLUME",
      description = "NAMESPACE/CLAIM, or NAMESPACE/POD/VOLUME; the end of it if that says which.")
  String volume = "";

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "PATH",
      description = "Only these files and directories of the volume.")
  List<String> paths = List.of();

  @Option(
      names = {"-t", "--target"},
      required = true,
      paramLabel = "DIR",
      description = "Where to; made if it is not there.")
  String target = "";

  @Mixin final BackupVolumes volumes = new BackupVolumes();

  private final Session session;

  VolumeRestore(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    return volumes.read(session, backup, volume, this::restore);
  }

  private int restore(Repository repository, Id tree) {
    Operation op = session.operation();
    TreePath inTree = new TreePath(new TreeLoader(repository));
    List<RawPath> wanted = paths.stream().map(path -> RawPath.of("/" + path)).toList();
    boolean whole = wanted.stream().anyMatch(path -> path.names().isEmpty());
    List<String> patterns = new ArrayList<>();
    if (!whole) {
      for (RawPath path : wanted) {
        var _ = inTree.node(op, tree, path); // or it says what is not there
        patterns.add(path.toString().replaceAll("([\\\\*?\\[\\]])", "\\\\$1"));
      }
    }
    RestorePart part = new RestorePart(List.of(PathPatterns.of(patterns, false)), List.of());
    RestoreOptions usual = RestoreOptions.DEFAULT;
    RestoreOptions options =
        new RestoreOptions(
            part,
            usual.sparse(),
            usual.overwrite(),
            usual.delete(),
            usual.dryRun(),
            usual.threads());
    RestoreProgress progress =
        new RestoreProgress() {
          @Override
          public void failed(String path, String why) {
            session.err().println(path + ": " + why);
          }

          @Override
          public void warning(String message) {
            session.err().println(message);
          }
        };
    var outcome = new RestoreRun(repository, options, progress).run(op, tree, RawPath.of(target));
    session.say(
        "Restored %s, %s, to %s"
            .formatted(Units.count(outcome.files(), "file"), Units.bytes(outcome.bytes()), target));
    return outcome.failed() > 0 ? ExitCode.PARTIAL : ExitCode.OK;
  }
}
