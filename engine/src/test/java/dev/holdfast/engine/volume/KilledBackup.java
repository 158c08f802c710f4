package dev.holdfast.engine.volume;

import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A backup of namespace {@code shop} in a process of its own, which a test kills. */
public final class KilledBackup {

  private KilledBackup() {}

  /** The folder of a {@link Town}. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    String spec = "{\"includedNamespaces\":[\"shop\"],\"defaultVolumesToFsBackup\":true}";
    var document =
        new Backup(
            null,
            null,
            ObjectMeta.named("velero", "killed"),
            Json.read(spec.getBytes(StandardCharsets.UTF_8), Backup.Spec.class, "spec"),
            null);
    try (var cluster = Clusters.connect(ClusterOptions.of(folder.resolve("kubeconfig"), null));
        var repositories =
            new VolumeRepositories(
                    namespace -> new DirectoryStore(folder.resolve("location/restic/" + namespace)),
                    Town.PASSWORD,
                    new Repository.Identity("somebody", "somewhere"))
                .keys(KeyFile.Cost.WEAK)) {
      BackupOptions options =
          BackupOptions.of(document, "test")
              .scratch(folder)
              .volumes(VolumeOptions.into(repositories));
      var store = new DirectoryStore(folder.resolve("location"));
      new BackupRun(cluster, store, options, Progress.SILENT).run(Operation.start());
    }
  }

  /** Starts one; its output is the test's. */
  static Process start(Path folder) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            List.of(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledBackup.class.getName(),
                folder.toString()))
        .inheritIO()
        .start();
  }
}
