package dev.holdfast.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The flags of {@code backup create} that say how volumes go, on a volume of a CSI driver. */
@Timeout(300)
class VolumeFlagsTest {

  private static final int SIZE = 300_000;

  @TempDir private Path folder;
  private Shore shore;
  private Terminal terminal;

  @BeforeEach
  void start() {
    shore = new Shore(folder, 1);
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", folder.resolve("b") + "")
            .with("HOLDFAST_PASSWORD", "correct horse");
    shore.create(
        "persistentvolumeclaims",
        "shop",
        """
        {"metadata": {"name": "data"},
         "spec": {"storageClassName": "csi", "accessModes": ["ReadWriteOnce"],
           "resources": {"requests": {"storage": "1Gi"}}}}
        """);
    shore.create(
        "pods",
        "shop",
        """
        {"metadata": {"name": "db"},
         "spec": {"terminationGracePeriodSeconds": 0,
           "containers": [{"name": "db", "image": "localhost/host",
             "command": ["sh", "-c", "head -c %d /dev/urandom > /data/rows; touch /tmp/up; exec sleep infinity"],
             "readinessProbe": {"exec": {"command": ["test", "-e", "/tmp/up"]}},
             "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
           "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}
        """
            .formatted(SIZE));
    shore.ready("db");
  }

  @AfterEach
  void stop() {
    shore.close();
  }

  private Terminal.Result create(String name, String... flags) {
    List<String> words = new ArrayList<>(List.of("backup", "create", name, "-n", "shop"));
    words.addAll(List.of(flags));
    return terminal.run(words.toArray(String[]::new));
  }

  private String plan(String... flags) {
    List<String> words = new ArrayList<>(List.of(flags));
    words.add("--dry-run");
    var planned = create("b", words.toArray(String[]::new));
    assertThat(planned.code()).as(planned.err()).isEqualTo(ExitCode.OK);
    assertThat(planned.out()).endsWith("Nothing was written.\n");
    return planned
        .out()
        .lines()
        .filter(line -> line.startsWith("volume  shop/data: "))
        .findFirst()
        .orElse("none in " + planned.out());
  }

  private void refused(String why, String... flags) {
    var refused = create("b", flags);
    assertThat(refused.code()).as(refused.err()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err()).contains(why);
  }

  @Test
  @Tag("SF-15")
  void thePlanSaysTheWay() {
    String exec = "tar in container db of pod db";
    assertThat(plan()).endsWith(": by " + exec);
    assertThat(plan("--snapshot-move-data"))
        .endsWith(": by a CSI snapshot, whose content is moved");
    assertThat(plan("--snapshot-local")).endsWith(": by a CSI snapshot, kept where it is");
    String pod = ": by a mover pod on node-1, or by " + exec;
    assertThat(plan("--mover-image", "example/m")).endsWith(pod + " if that does not run");
    assertThat(plan("--mover-image", "example/m", "--kubelet-directory"))
        .endsWith(
            pod
                + ", or without a tar there by a mover pod from the kubelet's directory on node-1"
                + " if that does not run");
    refused("it needs --mover-image", "--kubelet-directory");
    refused("no absolute path", "--mover-image", "m", "--kubelet-directory=here");
    refused("--parallel-volumes", "--parallel-volumes", "0");
  }

  @Test
  @Tag("EBS-35")
  void snapshotsAreMovedOrKept() {
    var moved = create("moved", "--snapshot-move-data", "--parallel-volumes", "1");
    assertThat(moved.code()).as(moved.err()).isEqualTo(ExitCode.OK);
    assertThat(terminal.run("backup", "logs", "moved").out())
        .contains("saved by CSI snapshot and exec: 1 files, " + SIZE + " bytes");
    assertThat(terminal.run("volume", "ls", "moved").out()).containsPattern("shop/data +Saved");
    var kept = create("kept", "--snapshot-local");
    assertThat(kept.code()).as(kept.err()).isEqualTo(ExitCode.OK);
    assertThat(terminal.run("backup", "logs", "kept").out()).doesNotContain("saved by");
    assertThat(terminal.run("volume", "ls", "kept").out()).contains("shop/data", "CSI");
    var deleted = terminal.run("backup", "delete", "kept", "--yes");
    assertThat(deleted.code()).as(deleted.err()).isEqualTo(ExitCode.OK);
  }

  /** Only that it takes no less time than the rate says: how much more is up to the machine. */
  @Test
  void ratesAreKept() {
    long start = System.nanoTime();
    var made = create("b", "--limit-upload", "100");
    assertThat(made.code()).as(made.err()).isEqualTo(ExitCode.OK);
    assertThat(since(start)).isGreaterThan(Duration.ofMillis(1500));
    var dumped = new ByteArrayOutputStream();
    terminal.piped(InputStream.nullInputStream(), dumped);
    start = System.nanoTime();
    var dump = terminal.run("volume", "dump", "b", "data", "/rows", "--limit-download", "100");
    assertThat(dump.code()).as(dump.err()).isEqualTo(ExitCode.OK);
    assertThat(dumped.size()).isEqualTo(SIZE);
    assertThat(since(start)).isGreaterThan(Duration.ofMillis(1500));
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
