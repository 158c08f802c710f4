package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.Town;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The content of a backup goes into claims that exist, under an application that runs. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
@Tag("EBS-34")
class ExistingVolumesTest {

  /**
   * It notes what it finds when it starts, so that a container that started too early is seen. It
   * is ready when it has: otherwise that note, made of the empty volume of its first start, could
   * come into the backup.
   */
  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop, labels: {app: db}}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: db
              image: localhost/host
              command: [sh, -c, "echo $(ls -A /data | tr '\\\\n' ' ') >> /data/seen; exec sleep infinity"]
              readinessProbe: {exec: {command: [test, -s, /data/seen]}}
              volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
        - metadata: {name: data, labels: {app: db}}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 2);
    town.apply(APPLICATION);
    town.ready("shop", "db-0");
    town.exec(
        "shop", "db-0", "cd /data; rm seen; mkdir -p dir; echo old > dir/table; echo .h > .hid");
    assertThat(town.backup(Town.op(), "first", "shop", "").results().errors().all()).isEmpty();
    town.exec("shop", "db-0", "cd /data; echo newer > dir/table; echo x > extra; rm .hid");
  }

  @AfterEach
  void close() {
    town.close();
  }

  private RestoreOutcome restore(Cluster cluster, String name, ExistingVolumes existing) {
    return restore(Town.op(), cluster, name, existing);
  }

  private RestoreOutcome restore(
      Operation op, Cluster cluster, String name, ExistingVolumes existing) {
    return restore(op, cluster, options(name, existing));
  }

  private RestoreOutcome restore(Operation op, Cluster cluster, RestoreOptions options) {
    try (VolumeRepositories repositories = town.repositories()) {
      return new RestoreRun(cluster, town.store(), options, Progress.SILENT, repositories).run(op);
    }
  }

  private RestoreOptions options(String name, ExistingVolumes existing) {
    return options(name, existing, ExistingPolicy.NONE);
  }

  private RestoreOptions options(String name, ExistingVolumes existing, ExistingPolicy policy) {
    String spec =
        """
        {"backupName": "first", "labelSelector": {"matchLabels": {"app": "db"}},
         "existingResourcePolicy": "%s"}
        """
            .formatted(policy.name().toLowerCase(Locale.ROOT));
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(spec.getBytes(StandardCharsets.UTF_8), Restore.Spec.class, "spec"),
            null);
    return RestoreOptions.of(document, "test")
        .inputs(RestoreInputs.NONE.existing(existing))
        .scratch(folder)
        .yes(true)
        .resume(true)
        .patience(Duration.ofMinutes(1));
  }

  private ObjectNode claim() {
    return town.get("persistentvolumeclaims", "shop", "data-db-0").orElseThrow();
  }

  private String volume() {
    return claim().at("/spec/volumeName").asText();
  }

  private ObjectNode volume(String name) {
    return town.get("persistentvolumes", "", name).orElseThrow();
  }

  private List<String> volumes() {
    List<String> names = new ArrayList<>();
    town.cluster()
        .list(
            Town.op(),
            town.type("persistentvolumes"),
            "",
            Cluster.ListOptions.ALL,
            item -> names.add(item.name()));
    return names;
  }

  /** The application runs on what the backup holds, and no trace of the restore is left. */
  private void isAsInTheBackup() {
    runsAgain();
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(town.exec("shop", "db-0", "cd /data; cat dir/table .hid seen; ls -A"))
                .isEqualTo("old\n.h\n.hid dir\n.hid\ndir\nseen\n"));
  }

  private void runsAgain() {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(town.get("pods", "shop", "db-0").map(Object::toString).orElse("none"))
                .contains("{\"type\":\"Ready\",\"status\":\"True\"")
                .doesNotContain("deletionTimestamp"));
    ObjectNode set = town.get("statefulsets.apps", "shop", "db").orElseThrow();
    assertThat(set.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(set.at("/metadata/annotations").toString()).doesNotContain(Workloads.STOPPED);
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(volumes()).containsExactly(volume()));
    ObjectNode volume = volume(volume());
    assertThat(volume.at("/spec/persistentVolumeReclaimPolicy").asText()).isEqualTo("Delete");
    assertThat(volume.path("metadata").toString()).doesNotContain("kept-");
    assertThat(town.get("pods", "shop", "holdfast-fill")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"OVERWRITE", "REPLACE"})
  void isFilledWhileNothingUsesIt(ExistingVolumes way) {
    String before = volume();
    RestoreOutcome outcome = restore(town.cluster(), "again", way);
    assertThat(outcome.results().errors().all()).isEmpty();
    isAsInTheBackup();
    assertThat(volume().equals(before)).isEqualTo(way == ExistingVolumes.OVERWRITE);
  }

  @Test
  @Tag("SF-15")
  void thePlanSaysWhichWay() {
    assertThat(ways(ExistingVolumes.KEEP)).contains("exists and keeps what is in it");
    assertThat(ways(ExistingVolumes.OVERWRITE))
        .contains("is emptied, and filled by tar in a pod of the application's image")
        .contains("[statefulsets.apps/shop/db] scaled to 0 meanwhile");
    assertThat(ways(ExistingVolumes.REPLACE)).contains("a new volume takes the place");
    town.delete("namespaces", "", "shop");
    assertThat(ways(ExistingVolumes.REPLACE))
        .isEqualTo("a new volume, filled by tar in a pod of the application's image");
  }

  private String ways(ExistingVolumes existing) {
    List<Plan.Volume> volumes;
    try (VolumeRepositories repositories = town.repositories()) {
      volumes =
          new Planner(
                  town.cluster(),
                  town.store(),
                  options("plan", existing),
                  false,
                  Progress.SILENT,
                  repositories)
              .plan(Town.op())
              .volumes();
    }
    assertThat(volumes).extracting(Plan.Volume::volume).containsExactly("shop/data-db-0");
    return volumes.getFirst().way();
  }

  @Test
  void isLeftAloneUnlessAsked() {
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.KEEP);
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("data-db-0", "left as it is", "--existing-volumes");
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }

  @Test
  void isNotDoneWithoutConsent() {
    var document = new Restore(null, null, ObjectMeta.named("velero", "r"), null, null);
    RestoreOptions options =
        RestoreOptions.of(document, "test")
            .inputs(RestoreInputs.NONE.existing(ExistingVolumes.REPLACE));
    var run = new RestoreRun(town.cluster(), town.store(), options, Progress.SILENT);
    assertThatThrownBy(() -> run.run(Town.op()))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("in use now");
  }

  /** The packs of the repository are gone, so that filling fails after the claim was cleared. */
  private void loseThePacks() throws IOException {
    try (Stream<Path> packs = Files.walk(town.repository("shop").resolve("data"))) {
      for (Path pack : packs.filter(Files::isRegularFile).toList()) {
        Files.delete(pack);
      }
    }
  }

  @Test
  void aFailedReplacementGivesTheOldVolumeBack() throws IOException {
    String before = volume();
    loseThePacks();
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.REPLACE);
    assertThat(outcome.results().warnings().all()).noneMatch(each -> each.contains("replicas"));
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("data-db-0", "has the volume again that it had before");
    runsAgain();
    assertThat(volume()).isEqualTo(before);
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }

  @Test
  void anApplicationDoesNotStartOnHalfAVolume() throws IOException {
    loseThePacks();
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.OVERWRITE);
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .allMatch(each -> each.contains("data-db-0"))
        .anyMatch(each -> each.contains("db-0") && each.contains("not created"));
    assertThat(outcome.results().warnings().all())
        .anyMatch(each -> each.contains("stays at 0 replicas"));
    assertThat(
            town.get("statefulsets.apps", "shop", "db").orElseThrow().at("/spec/replicas").asInt())
        .isZero();
    assertThat(town.get("pods", "shop", "db-0")).isEmpty();
  }

  @Test
  @Tag("EMF-4")
  void anApplicationDoesNotStartOnAnEmptyVolume() throws IOException {
    town.delete("namespaces", "", "shop");
    Path packs = town.repository("shop").resolve("data");
    Path away = Files.move(packs, folder.resolve("away"));
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.KEEP);
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .anyMatch(each -> each.contains("content of volume claim shop/data-db-0 was not restored"))
        .anyMatch(each -> each.contains("db-0") && each.contains("not created"));
    assertThat(outcome.results().warnings().all())
        .anyMatch(each -> each.contains("restored with 0 replicas instead of 1"));
    assertThat(town.get("statefulsets.apps", "shop", "db").orElseThrow().at("/spec/replicas"))
        .hasToString("0");
    assertThat(town.get("pods", "shop", "db-0")).isEmpty();
    Files.move(away, packs);
    outcome = restore(town.cluster(), "later", ExistingVolumes.OVERWRITE);
    assertThat(outcome.results().errors().all()).isEmpty();
    isAsInTheBackup();
    assertThat(town.get("statefulsets.apps", "shop", "db").orElseThrow().path("metadata") + "")
        .doesNotContain("stopped-by-restore");
  }

  /** What is stopped because its volume is empty stays so when the next restore fails early. */
  @ParameterizedTest
  @EnumSource(names = {"OVERWRITE", "REPLACE"})
  @Tag("EMF-4")
  void aRestoreThatFillsNothingDoesNotStartWhatWasHeldBack(ExistingVolumes way) throws IOException {
    town.delete("namespaces", "", "shop");
    Path packs = town.repository("shop").resolve("data");
    Path away = Files.move(packs, folder.resolve("away"));
    var _ = restore(town.cluster(), "again", ExistingVolumes.KEEP);
    Files.move(away, packs);
    for (String name : List.of("later", "and-later")) {
      RestoreOutcome outcome = restore(withoutFillPods(), name, way);
      assertThat(outcome.results().errors().all())
          .anyMatch(each -> each.contains("data-db-0") && each.contains("no room for pods"));
      isStopped();
      assertThat(outcome.results().warnings().all())
          .anyMatch(each -> each.contains("stays at 0 replicas"));
    }
    assertThat(restore(town.cluster(), "last", way).results().errors().all()).isEmpty();
    isAsInTheBackup();
  }

  /** Nor when the next restore leaves the claim as it is, and writes over the workload. */
  @ParameterizedTest
  @EnumSource(names = {"UPDATE", "RECREATE"})
  @Tag("EMF-4")
  void aRestoreThatKeepsTheVolumeDoesNotStartWhatWasHeldBack(ExistingPolicy policy)
      throws IOException {
    town.delete("namespaces", "", "shop");
    Path packs = town.repository("shop").resolve("data");
    Path away = Files.move(packs, folder.resolve("away"));
    var _ = restore(town.cluster(), "again", ExistingVolumes.KEEP);
    Files.move(away, packs);
    RestoreOptions options = options("later", ExistingVolumes.KEEP, policy);
    RestoreOutcome outcome = restore(Town.op(), town.cluster(), options);
    assertThat(outcome.results().errors().all())
        .anyMatch(each -> each.contains("data-db-0") && each.contains("--existing-volumes"));
    isStopped();
    var last = restore(town.cluster(), "last", ExistingVolumes.OVERWRITE);
    assertThat(last.results().errors().all()).isEmpty();
    isAsInTheBackup();
  }

  /** Nor when the next attempt of the same restore fails before it comes to the claim. */
  @Test
  void anAttemptThatFillsNothingDoesNotStartOnHalfAVolume() {
    KillSwitch kill = KillSwitch.ofWrites(5);
    assertThatThrownBy(() -> restore(kill.on(town.cluster()), "again", ExistingVolumes.OVERWRITE))
        .isInstanceOf(Failure.class);
    isStopped();
    var _ = restore(withoutFillPods(), "again", ExistingVolumes.OVERWRITE);
    isStopped();
    assertThat(restore(town.cluster(), "last", ExistingVolumes.OVERWRITE).results().errors().all())
        .isEmpty();
    isAsInTheBackup();
  }

  /** The claim that it made is marked, but the volume that comes back is whole. */
  @Test
  void anAttemptThatFailsAfterAKillGivesTheOldVolumeBack() {
    String before = volume();
    assertThatThrownBy(() -> restore(deadAtFillPod(), "again", ExistingVolumes.REPLACE))
        .isInstanceOf(Failure.class);
    assertThat(claim().at("/metadata/annotations").toString()).contains("unfilled");
    var outcome = restore(withoutFillPods(), "again", ExistingVolumes.REPLACE);
    assertThat(outcome.results().errors().all())
        .anyMatch(each -> each.contains("has the volume again that it had before"));
    runsAgain();
    assertThat(volume()).isEqualTo(before);
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }

  /** As if the process ended when a claim has another volume, and its pod is about to be made. */
  private Cluster deadAtFillPod() {
    AtomicBoolean dead = new AtomicBoolean();
    return town.cluster((call, arguments) -> {
      if (call.equals("create") && arguments[1].equals(town.type("pods"))) {
        dead.set(true);
      }
      if (dead.get()) {
        throw new Failure.Unreachable("killed", null, null);
      }
    });
  }

  /** A restore that was killed before it wrote the workload leaves a claim that says so. */
  @Test
  @Tag("EMF-4")
  void aNewRestoreKnowsTheClaimThatAnotherOneDidNotFill() {
    town.delete("namespaces", "", "shop");
    assertThatThrownBy(() -> restore(killedAtExec(), "killed", ExistingVolumes.KEEP))
        .isInstanceOf(Failure.Cancelled.class);
    assertThat(town.get("statefulsets.apps", "shop", "db")).isEmpty();
    var _ = restore(town.cluster(), "keeps", ExistingVolumes.KEEP);
    isStopped();
    var _ = restore(withoutFillPods(), "fails", ExistingVolumes.OVERWRITE);
    isStopped();
    assertThat(restore(town.cluster(), "last", ExistingVolumes.OVERWRITE).results().errors().all())
        .isEmpty();
    isAsInTheBackup();
    assertThat(claim().at("/metadata/annotations").toString()).doesNotContain("unfilled");
  }

  /** Filled is what this restore was to fill; another volume of the same workload is not. */
  @Test
  @Tag("EMF-4")
  void staysStoppedForAnotherClaimThatIsNotFilled() {
    town.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: other, namespace: shop, annotations: {holdfast.dev/filled: unfilled r}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """);
    String volumes =
        "{\"spec\":{\"template\":{\"spec\":{\"volumes\":[{\"name\":\"other\",\"persistentVolumeClaim\":{\"claimName\":\"other\"}}]}}}}";
    var _ =
        town.cluster()
            .patch(
                Town.op(),
                town.type("statefulsets.apps"),
                "shop",
                "db",
                Cluster.PatchType.MERGE,
                volumes.getBytes(StandardCharsets.UTF_8),
                Cluster.WriteOptions.NONE);
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.OVERWRITE);
    assertThat(outcome.results().warnings().all())
        .anyMatch(each -> each.contains("stays at 0 replicas"));
    isStopped();
  }

  /** As if the process ended when the first claim is about to be filled. */
  private Cluster killedAtExec() {
    return town.cluster((call, arguments) -> {
      if (call.equals("exec")) {
        throw new Failure.Cancelled("killed");
      }
    });
  }

  private void isStopped() {
    assertThat(town.get("statefulsets.apps", "shop", "db").orElseThrow().at("/spec/replicas"))
        .hasToString("0");
    assertThat(town.get("pods", "shop", "db-0")).isEmpty();
  }

  /** Pods that fill claims are refused, as by a quota. */
  private Cluster withoutFillPods() {
    return town.cluster((call, arguments) -> {
      if (call.equals("create") && arguments[1].equals(town.type("pods"))) {
        throw new Failure.Unreachable("no room for pods", null, null);
      }
    });
  }

  /** Wherever it is killed, the next attempt brings all of it to an end. */
  @ParameterizedTest
  @EnumSource(names = {"OVERWRITE", "REPLACE"})
  void goesOnAfterAKill(ExistingVolumes way) {
    assertThat(kill(way, 4, 3)).isGreaterThan(2);
  }

  @ParameterizedTest
  @EnumSource(names = {"OVERWRITE", "REPLACE"})
  @Tag("soak")
  void goesOnAfterAKillAnywhere(ExistingVolumes way) {
    assertThat(kill(way, 1, 1)).isGreaterThan(8);
  }

  private int kill(ExistingVolumes way, int first, int step) {
    int kills = 0;
    for (int writes = first; ; writes += step) {
      KillSwitch kill = KillSwitch.ofWrites(writes);
      try {
        var _ = restore(kill.on(town.cluster()), "run-" + writes, way);
      } catch (Failure e) {
        assertThat(kill.struck()).as(e.toString()).isTrue();
      }
      if (!kill.struck()) {
        break;
      }
      kills++;
      try {
        RestoreOutcome outcome = restore(town.cluster(), "run-" + writes, way);
        assertThat(outcome.results().errors().all()).as("after %d writes", writes).isEmpty();
      } catch (Failure.Conflict e) {
        assertThat(e).hasMessageContaining("has ended already");
      }
      isAsInTheBackup();
      town.exec("shop", "db-0", "cd /data; echo newer > dir/table; echo x > extra; rm .hid seen");
    }
    return kills;
  }

  /** Neither the claim's pod nor the old volume can be had: what used it waits for a repeat. */
  @Test
  void memoryThatEndsStartsNothingOnAnEmptyVolume() {
    String before = volume();
    assertThatThrownBy(() -> restore(withoutMemory(), "again", ExistingVolumes.REPLACE))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(fresh(before)).isTrue();
    isStopped();
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.REPLACE);
    assertThat(outcome.results().errors().all()).isEmpty();
    isAsInTheBackup();
  }

  /** It ends when the pod is made that fills, and once more when the old volume is looked for. */
  private Cluster withoutMemory() {
    AtomicInteger errors = new AtomicInteger();
    return town.cluster((call, arguments) -> {
      String fatal = errors.get() == 0 ? "create pods" : "list persistentvolumes";
      if (errors.get() < 2
          && arguments.length > 1
          && arguments[1] instanceof ResourceType type
          && fatal.equals(call + " " + type.groupResource())) {
        errors.incrementAndGet();
        throw new OutOfMemoryError("injected: no memory to " + fatal);
      }
    });
  }

  @Test
  void aCancelledReplacementGivesTheOldVolumeBack() throws Exception {
    String before = volume();
    Operation op = Operation.start();
    CountDownLatch filling = new CountDownLatch(1);
    Cluster held = untilCancelled(op, filling);
    var run = op.fork(() -> restore(op, held, "again", ExistingVolumes.REPLACE));
    assertThat(filling.await(2, TimeUnit.MINUTES)).isTrue();
    assertThat(fresh(before)).isTrue();
    op.cancel("Ctrl-C");
    assertThatThrownBy(run::join).hasCauseInstanceOf(Failure.Cancelled.class);
    runsAgain();
    assertThat(volume()).isEqualTo(before);
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }

  /** Nothing is filled before the operation is cancelled. */
  private Cluster untilCancelled(Operation op, CountDownLatch filling) {
    return town.cluster((call, arguments) -> {
      if (call.equals("exec")) {
        filling.countDown();
        await().until(op::cancelled);
      }
    });
  }

  private boolean fresh(String before) {
    return town.get("persistentvolumeclaims", "shop", "data-db-0")
        .map(claim -> claim.at("/spec/volumeName").asText())
        .filter(name -> !name.equals(before))
        .isPresent();
  }

  @Test
  void whatCannotBeScaledIsNamedAndNothingIsTouched() {
    town.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: reader, namespace: shop}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: reader
            image: localhost/host
            command: [sleep, infinity]
            volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]
        """);
    town.ready("shop", "reader");
    RestoreOutcome outcome = restore(town.cluster(), "again", ExistingVolumes.REPLACE);
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("data-db-0", "pod reader uses it", "delete it, then restore");
    assertThat(town.exec("shop", "db-0", "cat /data/dir/table")).isEqualTo("newer\n");
  }
}
