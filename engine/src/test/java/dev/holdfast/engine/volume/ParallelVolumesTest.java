package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code --parallel-volumes}: so many pods' volumes move at a time, and no more. */
@org.jspecify.annotations.NullUnmarked
@Timeout(180)
@Tag("KUR-40")
class ParallelVolumesTest {

  private static final int PODS = 5;
  private static final int AT_A_TIME = 2;

  /** Its hooks say who is frozen, and hold it until the test lets it go. */
  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: POD, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: POD
        namespace: shop
        annotations:
          backup.velero.io/backup-volumes-excludes: gate
          pre.hook.backup.velero.io/command: '["sh", "-c", "echo + >> /gate/log; touch /gate/POD.in; until [ -e /gate/POD.go ]; do sleep 0.1; done"]'
          pre.hook.backup.velero.io/timeout: 2m
          post.hook.backup.velero.io/command: '["sh", "-c", "echo - >> /gate/log; touch /gate/POD.out"]'
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: db
          image: localhost/host
          command: [sh, -c, "echo rows > /data/table; exec sleep infinity"]
          volumeMounts: [{name: data, mountPath: /data}, {name: gate, mountPath: /gate}]
        volumes:
        - {name: data, persistentVolumeClaim: {claimName: POD}}
        - {name: gate, hostPath: {path: GATE}}
      """;

  @TempDir Path folder;
  private Path gate;
  private Town town;

  @BeforeEach
  void open() throws IOException {
    gate = Files.createDirectory(folder.resolve("gate"));
    town = new Town(folder, 1);
    town.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    List<String> pods = IntStream.range(0, PODS).mapToObj(i -> "pod-" + i).toList();
    for (String pod : pods) {
      town.apply(APPLICATION.replace("POD", pod).replace("GATE", gate.toString()));
    }
    pods.forEach(pod -> town.ready("shop", pod));
  }

  @AfterEach
  void close() {
    town.close();
  }

  private BackupOutcome backup(Operation op) {
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    try (VolumeRepositories repositories = town.repositories()) {
      BackupOptions options =
          town.options("first", spec, repositories)
              .volumes(
                  VolumeOptions.into(repositories).mover(MoverOptions.NONE.parallel(AT_A_TIME)));
      return new BackupRun(town.cluster(), town.store(), options, Progress.SILENT).run(op);
    }
  }

  /** Pods of which there is a file with this ending. */
  private List<String> pods(String ending) throws IOException {
    try (var files = Files.list(gate)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ending))
          .map(name -> name.substring(0, name.length() - ending.length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void asManyPodsAreFrozenAtATime() throws IOException {
    Operation op = Operation.start();
    var run = op.fork(() -> backup(op));
    for (int ended = 0; ended < PODS; ended++) {
      int wanted = Math.min(PODS, ended + AT_A_TIME);
      await().atMost(Duration.ofMinutes(2)).until(() -> pods(".in").size() >= wanted);
      List<String> frozen = new ArrayList<>(pods(".in"));
      frozen.removeAll(pods(".out"));
      assertThat(frozen).hasSize(wanted - ended);
      String next = frozen.getFirst();
      Files.createFile(gate.resolve(next + ".go"));
      await().atMost(Duration.ofMinutes(2)).until(() -> pods(".out").contains(next));
    }
    assertThat(run.join().results().errors().all()).isEmpty();
    int now = 0;
    int most = 0;
    for (String line : Files.readAllLines(gate.resolve("log"))) {
      now += line.equals("+") ? 1 : -1;
      most = Math.max(most, now);
    }
    assertThat(most).isEqualTo(AT_A_TIME);
  }

  @Test
  void asManyPodsFillAtATime() throws IOException {
    for (int i = 0; i < PODS; i++) {
      Files.createFile(gate.resolve("pod-" + i + ".go"));
    }
    assertThat(backup(Town.op()).results().errors().all()).isEmpty();
    AtomicBoolean begun = new AtomicBoolean();
    AtomicInteger most = new AtomicInteger();
    Progress watching =
        new Progress() {
          private volatile boolean filling;

          @Override
          public void phase(String name) {
            filling = name.equals("fill");
          }

          @Override
          public void advance(long items, long bytes) {
            if (filling && bytes > 0) {
              if (begun.compareAndSet(false, true)) { // until there is another one beside it
                await().atMost(Duration.ofMinutes(2)).until(() -> fillPods() >= AT_A_TIME);
              }
              most.accumulateAndGet(fillPods(), Math::max);
            }
          }
        };
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", "copy"),
            Json.read(
                "{\"backupName\":\"first\",\"namespaceMapping\":{\"shop\":\"copy\"}}"
                    .getBytes(StandardCharsets.UTF_8),
                Restore.Spec.class,
                "spec"),
            null);
    RestoreOptions options =
        RestoreOptions.of(document, "test")
            .inputs(RestoreInputs.NONE)
            .mover(MoverOptions.NONE.parallel(AT_A_TIME))
            .scratch(folder);
    try (VolumeRepositories repositories = town.repositories()) {
      var outcome =
          new RestoreRun(town.cluster(), town.store(), options, watching, repositories)
              .run(Town.op());
      assertThat(outcome.results().errors().all()).isEmpty();
    }
    assertThat(most).hasValue(AT_A_TIME);
  }

  private int fillPods() {
    AtomicInteger pods = new AtomicInteger();
    var labelled = new Cluster.ListOptions("holdfast.dev/fill", null, 0);
    town.cluster()
        .list(Town.op(), town.type("pods"), "copy", labelled, item -> pods.incrementAndGet());
    return pods.get();
  }
}
