package dev.holdfast.cli.backup;

import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.StoredSnapshots;
import dev.holdfast.model.Failure;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What becomes of CSI snapshots when the backups go that keep them in a cluster's storage. */
final class SnapshotFlags {

  @Option(
      names = "--keep-snapshots",
      description =
          "Leave the CSI snapshots of backups in the cluster's storage, where nothing points at"
              + " them any more. Without it the cluster's driver deletes them.")
  boolean keep;

  @Mixin final IdentityFlag identity = new IdentityFlag();

  /** Has backups deleted; the cluster is only asked for if one of them keeps snapshots there. */
  void with(
      Session session, OpenLocation location, List<String> names, Consumer<Backups> deletion) {
    Backups plain = new Backups(location.store());
    if (keep || names.stream().noneMatch(name -> keepsSnapshots(session, plain, name))) {
      deletion.accept(plain);
      return;
    }
    try (Cluster cluster = session.cluster()) {
      deletion.accept(
          new Backups(
              location.store(),
              new StoredSnapshots(
                  location.store(),
                  cluster,
                  identity.decryption(),
                  Path.of(System.getProperty("java.io.tmpdir", ".")))));
    }
  }

  private boolean keepsSnapshots(Session session, Backups backups, String name) {
    try {
      return backups.keepsSnapshots(session.operation(), name);
    } catch (Failure.Absent | Failure.Corrupt | Failure.Unsupported e) {
      return false; // what a dead run left, or nobody can read
    }
  }
}
