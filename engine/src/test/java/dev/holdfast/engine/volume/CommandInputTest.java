package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.tree.RawPath;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An exit status of 0 alone does not prove that a volume has its content. */
@org.jspecify.annotations.NullUnmarked
@Timeout(120)
@Tag("EBS-16")
class CommandInputTest {

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
      """;

  @TempDir Path folder;
  private Town town;
  private final Operation op = Town.op();

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
    town.apply(POD);
    town.ready("default", "one");
  }

  @AfterEach
  void close() {
    town.close();
  }

  /** What containerd does to a command that has redirected its stdout. */
  @Test
  void aCommandThatSucceedsBeforeAllIsSentHasNotSucceeded() {
    List<String> command = List.of("sh", "-c", "head -c 1000 > /dev/null");
    var request = new ExecRequest("default", "one", "c", command, true);
    byte[] much = new byte[1 << 20];
    assertThatThrownBy(
            () -> {
              try (Execution execution = town.cluster().exec(op, request)) {
                CommandInput.send(
                    op,
                    execution,
                    in -> {
                      for (int i = 0; i < 1000; i++) {
                        in.write(much);
                      }
                    },
                    () -> assertThat(execution.exit()).isZero());
              }
            })
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("not all of the content could be sent");
  }

  @Test
  void aDeviceHasAllOfItOrThatIsAnError() {
    byte[] content = new byte[3_000_000];
    new SplittableRandom(5).nextBytes(content);
    town.exec("default", "one", "head -c 4000000 /dev/zero > /tmp/device");
    writeTo("/tmp/device", content);
    assertThat(town.exec("default", "one", "head -c 3000000 /tmp/device | sha256sum"))
        .startsWith(Id.hash(content).toString());
    assertThatThrownBy(() -> writeTo("/dev/full", content))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContainingAll("bytes reached the device", "No space left on device");
    assertThatThrownBy(() -> writeTo("/tmp/none", content))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("/tmp/none is not there");
  }

  private void writeTo(String device, byte[] content) {
    try (VolumeRepositories repositories = town.repositories()) {
      Repository repository = repositories.openOrInit(op, "default");
      BackupOptions options = new BackupOptions.Builder(List.of("/device"), US).build();
      var saved =
          new SnapshotRun(repository, options, BackupProgress.SILENT)
              .run(op, RawPath.of("device"), new ByteArrayInputStream(content))
              .snapshot();
      new ExecMover(town.cluster())
          .device(
              op,
              new ExecMover.Place("default", "one", "c", device),
              repository,
              Id.parse(saved.tree()),
              bytes -> {});
    }
  }
}
