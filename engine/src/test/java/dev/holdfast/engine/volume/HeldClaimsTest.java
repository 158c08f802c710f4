package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Volumes that only one node can have, and that somebody else has. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class HeldClaimsTest {

  /** Of files, without the pod that has them. */
  private static final String WITHOUT_PODS =
      "'excludedResources':['pods'],'defaultVolumesToFsBackup':true";

  private static final String OTHER =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: early, namespace: copy}
      spec:
        terminationGracePeriodSeconds: 0
        nodeSelector: {kubernetes.io/hostname: node-2}
        containers:
        - name: early
          image: localhost/host
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]
      """;

  @TempDir Path folder;
  private CsiTown csi;
  private MoverImage image;

  @BeforeEach
  void open() {
    image = new MoverImage();
    csi = new CsiTown(folder);
  }

  @AfterEach
  void close() {
    if (csi != null) {
      csi.close();
    }
    if (image != null) {
      image.close();
    }
  }

  private void start(String mode) {
    csi.start(CsiTown.APPLICATION.replace("[ReadWriteOnce]", "[" + mode + "]"));
    csi.town.exec("shop", "db-0", "echo rows > /data/table");
  }

  private BackupOutcome backup(String name, String spec) {
    MoverOptions mover = image.options().patience(Duration.ofSeconds(20));
    return csi.backup(Town.op(), name, spec, how -> how.mover(mover));
  }

  /** The scheduler would choose the other node, where the volume cannot be had. */
  @Test
  @Tag("EMF-10")
  void aMoverGoesToTheNodeOfAPodThatIsNotInTheBackup() {
    start("ReadWriteOnce");
    BackupOutcome outcome = backup("first", WITHOUT_PODS);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(csi.log("first")).contains("saved by mover pod: 1 files");
  }

  @Test
  @Tag("EBS-32")
  void whatOnlyOnePodMayHaveIsNotWaitedFor() {
    start("ReadWriteOncePod");
    assertThat(backup("first", WITHOUT_PODS).results().errors().all())
        .singleElement()
        .asString()
        .contains(
            "pod db-0 on node node-1 uses it, and nobody else may, as it is ReadWriteOncePod",
            "have that pod in the backup, or end it");
    BackupOutcome whole = backup("second", "'defaultVolumesToFsBackup':true");
    assertThat(whole.results().errors().all()).isEmpty(); // by exec, in the pod itself
  }

  /** The claim is taken on another node in the moment before it is filled. */
  @Test
  @Tag("EBS-34")
  void aFillThatCannotHaveItsVolumeSaysWhoHasIt() {
    start("ReadWriteOnce");
    var first = backup("first", "'defaultVolumesToFsBackup':true");
    assertThat(first.results().errors().all()).isEmpty();
    Progress taking =
        new Progress() {
          @Override
          public void phase(String name) {
            if (name.equals("fill")) {
              csi.town.apply(OTHER);
              csi.town.ready("copy", "early");
            }
          }
        };
    RestoreOutcome outcome = restoreToFirstNode(taking);
    assertThat(outcome.results().errors().all())
        .hasSize(2) // the other one is of the pod, which is not started
        .first()
        .asString()
        .contains(
            "The content of volume claim shop/data-db-0 was not restored",
            "did not run (Pending): ContainerCreating: FailedAttachVolume Multi-Attach error for"
                + " volume \"pvc-",
            "claim copy/data-db-0 is in use by pod early on node node-2",
            "end that pod and try again")
        .doesNotContain("\n");
    assertThat(csi.list("pods", "copy"))
        .noneMatch(pod -> pod.at("/metadata/name").asText().startsWith("holdfast-fill-"));
  }

  private RestoreOutcome restoreToFirstNode(Progress progress) {
    String spec = "{\"backupName\":\"first\",\"namespaceMapping\":{\"shop\":\"copy\"}}";
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", "copy"),
            Json.read(spec.getBytes(StandardCharsets.UTF_8), Restore.Spec.class, "spec"),
            null);
    RestoreOptions options =
        RestoreOptions.of(document, "test")
            .inputs(RestoreInputs.NONE.nodes(new NodeMapping(Map.of("*", "node-1"))))
            .yes(true)
            .scratch(folder)
            .patience(Duration.ofSeconds(5));
    try (VolumeRepositories repositories = csi.town.repositories()) {
      return new RestoreRun(csi.town.cluster(), csi.town.store(), options, progress, repositories)
          .run(Town.op());
    }
  }
}
