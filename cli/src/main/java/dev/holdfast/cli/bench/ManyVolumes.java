package dev.holdfast.cli.bench;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.backup.Targets;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Backs up several directories into one repository, which is opened once: what a server does. */
final class ManyVolumes {

  private ManyVolumes() {}

  /** {@code REPOSITORY FOLDER...}, the repository a directory, its password in the environment. */
  public static void main(String[] args) {
    Operation op = Operation.start();
    try (var store = new DirectoryStore(Path.of(args[0]))) {
      Repository repository = Repository.open(op, store, System.getenv("RESTIC_PASSWORD"));
      repository.loadIndex(op, null);
      for (String folder : Arrays.asList(args).subList(1, args.length)) {
        save(op, repository, folder);
      }
    }
    System.exit(0);
  }

  private static void save(Operation op, Repository repository, String folder) {
    var options = BackupOptions.of(folder, new Repository.Identity("bench", "bench"));
    var last =
        new Snapshots(repository)
            .latest(op, new SnapshotFilter(List.of(), List.of(), List.of(folder)), op.now());
    SnapshotRun run =
        new SnapshotRun(
            repository,
            options.withParent(last.map(SavedSnapshot::id).orElse(null)),
            BackupProgress.SILENT);
    var _ = run.run(op, Targets.of(List.of(RawPath.of(folder))), RawPath.of("/"));
  }
}
