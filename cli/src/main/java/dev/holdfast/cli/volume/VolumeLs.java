package dev.holdfast.cli.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Table;
import dev.holdfast.cli.output.Units;
import dev.holdfast.cli.repo.NodeText;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeLoader;
import dev.holdfast.repository.walk.TreePath;
import dev.holdfast.repository.walk.TreeWalk;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast volume ls}. */
@Command(
    name = "ls",
    description = {
      "List the volumes of a backup, or the files of one of them.",
      "A volume that is not in the backup is listed with the reason."
    })
final class VolumeLs implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "BACKUP", description = "The backup.")
  String backup = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VOLUME",
      description = "NAMESPACE/CLAIM, or NAMESPACE/POD/VOLUME; the end of it if that says which.")
  @Nullable String volume;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "DIR",
      description = "Only what is below this directory of the volume.")
  String directory = "/";

  @Option(
      names = {"-l", "--long"},
      description = "Mode, owner, size and time, too.")
  boolean details;

  @Option(names = "--human-readable", description = "Sizes in units.")
  boolean human;

  @Mixin final BackupVolumes volumes = new BackupVolumes();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  VolumeLs(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    if (volume != null) {
      return volumes.read(session, backup, volume, this::files);
    }
    try (OpenLocation location = session.location()) {
      print(volumes.records(session, location, backup));
    }
    return ExitCode.OK;
  }

  private void print(List<VolumeInfo> records) {
    switch (output.format()) {
      case TABLE -> table(records);
      case NAME -> records.forEach(each -> session.out().println(SavedVolumes.name(each)));
      case JSON, YAML -> {
        ObjectNode list = Json.MAPPER.createObjectNode();
        list.set("volumes", Json.MAPPER.valueToTree(records));
        session.out().print(output.format().text(list));
      }
    }
  }

  private void table(List<VolumeInfo> records) {
    if (records.isEmpty()) {
      session.say("Backup " + backup + " has no volumes.");
      return;
    }
    Table table = new Table("NAME", "STATE", "SIZE", "NEW", "SNAPSHOT", "NODE", "REASON");
    for (VolumeInfo each : records) {
      VolumeInfo.PodVolume saved = each.pvbInfo();
      VolumeInfo.CsiSnapshot csi = each.csiSnapshotInfo();
      String reason = Objects.requireNonNullElse(each.skippedReason(), "");
      if (csi != null && "succeeded".equals(each.result()) && !each.snapshotDataMoved()) {
        table.row(
            SavedVolumes.name(each),
            "CSI snapshot",
            Units.bytes(csi.size()),
            "",
            csi.snapshotHandle(),
            "",
            "in the storage of " + csi.driver());
      } else if (saved == null || saved.snapshotHandle() == null) {
        String state = each.skipped() ? "Skipped" : "Failed";
        table.row(SavedVolumes.name(each), state, "", "", "", "", reason);
      } else {
        String id = saved.snapshotHandle();
        table.row(
            SavedVolumes.name(each),
            "Saved",
            Units.bytes(saved.size()),
            Units.bytes(saved.incrementalSize()),
            id.substring(0, Math.min(8, id.length())),
            Objects.requireNonNullElse(saved.nodeName(), ""),
            reason);
      }
    }
    table.print(session.out(), session.console().outWidth(), session.style());
  }

  private int files(Repository repository, Id tree) {
    Operation op = session.operation();
    TreeLoader trees = new TreeLoader(repository);
    RawPath path = RawPath.of("/" + directory);
    Id root = new TreePath(trees).directory(op, tree, path);
    String above = path.names().isEmpty() ? "" : path.toString();
    boolean json = output.format() == Format.JSON;
    TreeWalk.Visitor visitor =
        (at, node, parent) -> {
          session
              .out()
              .println(
                  json
                      ? Json.string(NodeText.json(at, node))
                      : NodeText.line(at, node, details, human));
          return true;
        };
    new TreeWalk(trees, visitor).below(op, root, above);
    return ExitCode.OK;
  }
}
