package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What it costs a container to have several volumes saved. */
@org.jspecify.annotations.NullUnmarked
@Timeout(120)
@Tag("EBS-24")
class ExecMoverTest {

  private static final Repository.Identity US = new Repository.Identity("somebody", "somewhere");

  private static final String POD =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: one, namespace: default}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - {name: c, image: localhost/host, command: [/bin/sleep, infinity]}
        - {name: d, image: localhost/host, command: [/bin/sleep, infinity]}
      """;

  @Test
  void aContainerIsAskedForItsTarOnce(@TempDir Path folder) {
    Operation op = Town.op();
    List<ExecRequest> requests = new CopyOnWriteArrayList<>();
    try (Town town = new Town(folder, 1);
        VolumeRepositories repositories = town.repositories()) {
      town.apply(POD);
      town.ready("default", "one");
      Repository repository = repositories.openOrInit(op, "default");
      Cluster heard =
          town.cluster((call, arguments) -> {
            if (call.equals("exec")) {
              requests.add((ExecRequest) arguments[1]);
            }
          });
      ExecMover mover = new ExecMover(heard);
      for (String container : List.of("c", "c", "d")) {
        var source = new ExecMover.Place("default", "one", container, "/tmp");
        var saved = mover.save(op, source, repository, US, List.of(), "t", BackupProgress.SILENT);
        assertThat(repository.snapshot(op, saved.snapshot()).paths()).containsExactly("/tmp");
      }
    }
    assertThat(requests)
        .filteredOn(each -> each.command().contains("--version"))
        .extracting(ExecRequest::container)
        .containsExactly("c", "d");
  }
}
