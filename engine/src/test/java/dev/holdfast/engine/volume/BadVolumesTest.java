package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Gzip;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.ExistingVolumes;
import dev.holdfast.engine.restore.Plan;
import dev.holdfast.engine.restore.Planner;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong with volumes is an error that names them, never a shorter volume. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
@Tag("EBS-32")
class BadVolumesTest {

  private static final Repository.Identity US = new Repository.Identity("somebody", "somewhere");

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: db
        namespace: shop
        annotations: {ANNOTATIONS}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: db
          image: localhost/host
          command: [/bin/sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
      """;

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
  }

  @AfterEach
  void close() {
    town.close();
  }

  private void start(String annotations) {
    town.apply(APPLICATION.replace("ANNOTATIONS", annotations));
    town.ready("shop", "db");
  }

  private void start() {
    start("");
    town.exec("shop", "db", "echo rows > /data/table");
  }

  private static void notSaved(BackupOutcome outcome, String why) {
    assertThat(outcome.phase()).isEqualTo("PartiallyFailed");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("data of volume data (claim data) of pod shop/db is not in the backup")
        .contains(why);
  }

  @Test
  void aPodThatDiesMidway() {
    start();
    town.exec("shop", "db", "truncate -s 64G /data/huge");
    AtomicLong read = new AtomicLong();
    Progress counting =
        new Progress() {
          @Override
          public void advance(long items, long bytes) {
            read.addAndGet(bytes);
          }
        };
    Operation op = Operation.start();
    var run = op.fork(() -> backup(op, "first", Town.PASSWORD, counting));
    await().atMost(Duration.ofMinutes(2)).until(() -> read.get() > 1_000_000);
    town.delete("pods", "shop", "db");
    notSaved(run.join(), "");
  }

  private BackupOutcome backup(Operation op, String name, String password, Progress progress) {
    return backup(op, name, password, progress, MoverOptions.NONE);
  }

  private BackupOutcome backup(
      Operation op, String name, String password, Progress progress, MoverOptions mover) {
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    try (VolumeRepositories repositories = repositories(password)) {
      var options =
          town.options(name, spec, repositories)
              .volumes(VolumeOptions.into(repositories).mover(mover));
      return new BackupRun(town.cluster(), town.store(), options, progress).run(op);
    }
  }

  private VolumeRepositories repositories(String password) {
    return new VolumeRepositories(
            namespace -> new DirectoryStore(town.repository(namespace)),
            password,
            US,
            new ProcessHolder(US),
            Duration.ofSeconds(2))
        .keys(KeyFile.Cost.WEAK);
  }

  private BackupOutcome backup(String name) {
    return backup(Town.op(), name, Town.PASSWORD, Progress.SILENT);
  }

  @Test
  void anotherPasswordThanTheRepositorys() {
    start();
    assertThat(backup("first").phase()).isEqualTo("Completed");
    notSaved(backup(Town.op(), "second", "wrong", Progress.SILENT), "assword");
    RestoreOptions copy = options("copy", ",'namespaceMapping':{'shop':'copy'}");
    assertThatThrownBy(() -> restore(copy, "wrong"))
        .isInstanceOf(Failure.WrongKey.class)
        .hasMessageContaining("content of volume shop/data cannot be opened")
        .extracting(e -> ((Failure) e).next())
        .asString()
        .contains("nothing was written", "--restore-volumes=false");
    assertThatThrownBy(() -> plan(copy, "wrong")).isInstanceOf(Failure.WrongKey.class);
    nothingWasWritten("copy");
  }

  private void nothingWasWritten(String restore) {
    assertThat(town.get("namespaces", "", restore)).isEmpty();
    assertThat(town.store().list(Town.op(), "restores/").prefixes()).isEmpty();
  }

  @Test
  void aRepositoryThatIsBeingPruned() {
    start();
    assertThat(backup("first").phase()).isEqualTo("Completed");
    Repository repository =
        Repository.open(Town.op(), new DirectoryStore(town.repository("shop")), Town.PASSWORD);
    var locks = new Locks(repository, new ProcessHolder(US), Locks.Timing.DEFAULT);
    try (var _ = locks.exclusive(Town.op())) {
      notSaved(backup("second"), "lock");
      RestoreOptions copy = options("copy", ",'namespaceMapping':{'shop':'copy'}");
      assertThatThrownBy(() -> restore(copy, Town.PASSWORD)).isInstanceOf(Failure.Locked.class);
      nothingWasWritten("copy");
    }
    assertThat(backup("third").phase()).isEqualTo("Completed");
  }

  @Test
  void twoBackupsOfOneVolumeAtOnce() {
    start();
    town.exec("shop", "db", "head -c 20000000 /dev/urandom > /data/large");
    Operation op = Operation.start();
    var one = op.fork(() -> backup("one"));
    var two = op.fork(() -> backup("two"));
    assertThat(List.of(one.join().phase(), two.join().phase()))
        .containsExactly("Completed", "Completed");
    for (String name : List.of("one", "two")) {
      town.restore(Town.op(), name, name, ",'namespaceMapping':{'shop':'" + name + "'}");
      town.ready(name, "db");
      assertThat(town.exec(name, "db", "cat /data/table; stat -c %s /data/large"))
          .isEqualTo("rows\n20000000\n");
    }
  }

  @Test
  void aHookThatIsKilled() {
    start("pre.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"exit 137\"]'");
    assertThat(backup("first").results().errors().all())
        .singleElement()
        .asString()
        .contains("pre hook", "exit status 137");
  }

  private RestoreOutcome restore(String name, String password, String more) {
    return restore(overwriting(name, more), password);
  }

  private RestoreOptions overwriting(String name, String more) {
    return options(name, more).inputs(RestoreInputs.NONE.existing(ExistingVolumes.OVERWRITE));
  }

  /** Where a pod waits in vain. */
  private RestoreOutcome restoreHastily(String name, String more) {
    return restore(overwriting(name, more).patience(Duration.ofSeconds(5)), Town.PASSWORD);
  }

  private RestoreOutcome restore(RestoreOptions options, String password) {
    return restore(options, password, Progress.SILENT);
  }

  private RestoreOutcome restore(RestoreOptions options, String password, Progress progress) {
    try (VolumeRepositories repositories = repositories(password)) {
      return new RestoreRun(town.cluster(), town.store(), options, progress, repositories)
          .run(Town.op());
    }
  }

  private Plan plan(RestoreOptions options, String password) {
    try (VolumeRepositories repositories = repositories(password)) {
      return new Planner(
              town.cluster(), town.store(), options, false, Progress.SILENT, repositories)
          .plan(Town.op());
    }
  }

  private RestoreOptions options(String name, String more) {
    String spec = ("{'backupName':'first'" + more + "}").replace('\'', '"');
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(spec.getBytes(StandardCharsets.UTF_8), Restore.Spec.class, "spec"),
            null);
    return RestoreOptions.of(document, "test")
        .yes(true)
        .scratch(folder)
        .patience(Duration.ofMinutes(1));
  }

  private ObjectNode volume() {
    String name =
        town.get("persistentvolumeclaims", "shop", "data")
            .orElseThrow()
            .at("/spec/volumeName")
            .asText();
    return town.get("persistentvolumes", "", name).orElseThrow();
  }

  /** Its processes end and say nothing; the connection to them breaks. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNodeThatIsLostWhileItsVolumeIsRead(boolean mover) {
    start();
    town.exec("shop", "db", "head -c 50000000 /dev/urandom > /data/large");
    town.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, namespace: shop}
        """);
    Progress losing = onBytes("volumes", () -> town.sandbox().loseNode("node-1"));
    BackupOutcome outcome;
    try (MoverImage image = mover ? new MoverImage() : null) {
      MoverOptions movers = image == null ? MoverOptions.NONE : image.options();
      outcome = backup(Town.op(), "first", Town.PASSWORD, losing, movers);
    }
    notSaved(outcome, "the connection ended before the command's end was reported");
    var stored = new Backups(town.store()).get(Town.op(), "first");
    assertThat(stored.status().phase()).isEqualTo("PartiallyFailed");
    assertThat(backupLists("first")).contains("settings");
  }

  private String backupLists(String name) {
    try (var in = town.store().get(Town.op(), new BackupKeys(name).resourceList())) {
      return new String(Gzip.decompress(in.readAllBytes(), name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs something once, when the first bytes of a phase move; who moves them waits for it. */
  private static Progress onBytes(String phase, Runnable event) {
    AtomicBoolean done = new AtomicBoolean();
    return new Progress() {
      private volatile boolean now;

      @Override
      public void phase(String name) {
        now = name.equals(phase);
      }

      @Override
      public void advance(long items, long bytes) {
        if (now && bytes > 0 && done.compareAndSet(false, true)) {
          event.run();
        }
      }
    };
  }

  /** What is half filled is not started on, and comes to another node the next time. */
  @Test
  @Tag("EMF-3")
  void aNodeThatIsLostWhileItsVolumeIsFilled() throws InterruptedException {
    town.close();
    town = new Town(folder, 2);
    start();
    town.exec("shop", "db", "head -c 50000000 /dev/urandom > /data/large");
    assertThat(backup("first").phase()).isEqualTo("Completed");
    town.delete("namespaces", "", "shop");
    List<String> lost = new ArrayList<>();
    List<String> pods = new ArrayList<>();
    Progress losing =
        onBytes(
            "fill",
            () -> {
              pods("shop")
                  .forEach(pod -> {
                    pods.add(pod.at("/metadata/name").asText());
                    lost.add(pod.at("/spec/nodeName").asText());
                  });
              town.sandbox().loseNode(lost.getFirst());
            });
    RestoreOutcome outcome = restore(options("back", ""), Town.PASSWORD, losing);
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .anyMatch(each -> each.contains("content of volume claim shop/data was not restored"))
        .anyMatch(each -> each.contains("db") && each.contains("not created: it would start"));
    assertThat(outcome.results().warnings().all())
        .anyMatch(each ->
            each.contains("has to be deleted by hand")
                && each.contains("does not end on node " + lost.getFirst())
                && each.contains("kubectl delete pod " + pods.getFirst() + " -n shop --force"));
    String kubeconfig = "--kubeconfig=" + folder.resolve("kubeconfig");
    assumeTrue(run("kubectl", kubeconfig, "version"), "There is no kubectl: skipped");
    assertThat(
            run("kubectl", kubeconfig, "delete", "pod", pods.getFirst(), "-n", "shop", "--force"))
        .isTrue();
    String other = lost.getFirst().equals("node-1") ? "node-2" : "node-1";
    RestoreInputs moved =
        RestoreInputs.NONE
            .existing(ExistingVolumes.REPLACE)
            .nodes(new NodeMapping(Map.of(lost.getFirst(), other)));
    RestoreOutcome later = restore(options("later", "").inputs(moved), Town.PASSWORD);
    assertThat(later.results().errors().all()).isEmpty();
    town.ready("shop", "db");
    assertThat(town.exec("shop", "db", "cat /data/table; stat -c %s /data/large"))
        .isEqualTo("rows\n50000000\n");
  }

  private List<ObjectNode> pods(String namespace) {
    List<ObjectNode> all = new ArrayList<>();
    town.cluster()
        .list(
            Town.op(),
            town.type("pods"),
            namespace,
            Cluster.ListOptions.ALL,
            item -> all.add(Json.object(item.json(), item.name())));
    return all;
  }

  @Test
  void aNodeThatIsGone() {
    start();
    assertThat(backup("first").phase()).isEqualTo("Completed");
    town.delete("pods", "shop", "db");
    var _ =
        town.cluster()
            .patch(
                Town.op(),
                town.type("nodes"),
                "",
                "node-1",
                PatchType.MERGE,
                "{\"spec\":{\"unschedulable\":true}}".getBytes(StandardCharsets.UTF_8),
                WriteOptions.NONE);
    assertThat(restoreHastily("again", "").results().errors().all())
        .anyMatch(each -> each.contains("shop/data") && each.contains("0 nodes are available"));
  }

  /** Its container starts as soon as there is the claim: nobody can put a restore before it. */
  @Test
  @Tag("EBS-34")
  void aClaimThatAPodOfSomebodyElseWaitsFor() {
    start();
    assertThat(backup("first").phase()).isEqualTo("Completed");
    town.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: copy}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: early, namespace: copy}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: early
            image: localhost/host
            command: [sleep, infinity]
            volumeMounts: [{name: data, mountPath: /data}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
        """);
    String copy = ",'namespaceMapping':{'shop':'copy'}";
    assertThat(restore("copy", Town.PASSWORD, copy).results().errors().all())
        .hasSize(2)
        .anyMatch(each ->
            each.contains("shop/data was not restored: pod early waited for this claim")
                && each.contains("end that pod, and restore again with --existing-volumes"))
        .anyMatch(each -> each.contains("db") && each.contains("not created: it would start"));
    town.ready("copy", "early");
    assertThat(town.exec("copy", "early", "ls /data")).isEmpty();
    town.delete("pods", "copy", "early");
    assertThat(restore("later", Town.PASSWORD, copy).results().errors().all()).isEmpty();
    town.ready("copy", "db");
    assertThat(town.exec("copy", "db", "cat /data/table")).isEqualTo("rows\n");
  }

  @Test
  void aClaimOfAVolumeThatIsAnothers() {
    start();
    assertThat(backup("first").phase()).isEqualTo("Completed");
    String taken = volume().at("/metadata/name").asText();
    town.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: copy}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: copy}
        spec:
          accessModes: [ReadWriteOnce]
          volumeName: TAKEN
          resources: {requests: {storage: 1Gi}}
        """
            .replace("TAKEN", taken));
    RestoreOutcome outcome = restoreHastily("again", ",'namespaceMapping':{'shop':'copy'}");
    assertThat(outcome.results().errors().all())
        .anyMatch(each -> each.contains("shop/data") && each.contains("did not run"));
    assertThat(town.exec("shop", "db", "cat /data/table")).isEqualTo("rows\n");
  }

  /** The claim is as small as a mapping made it: it is not even begun to be filled. */
  @Test
  void aClaimThatWasMadeTooSmall() {
    start();
    town.exec("shop", "db", "head -c 3000000 /dev/urandom > /data/large");
    assertThat(backup("first").phase()).isEqualTo("Completed");
    RestoreInputs small =
        RestoreInputs.NONE.modifiers(
            """
            version: v1
            resourceModifierRules:
            - conditions: {groupResource: persistentvolumeclaims}
              mergePatches:
              - patchData: '{"spec": {"resources": {"requests": {"storage": "2Mi"}}}}'
            """);
    String why = "its content takes 3000005 bytes, and the claim has 2Mi";
    RestoreOptions options = options("copy", ",'namespaceMapping':{'shop':'copy'}").inputs(small);
    assertThat(plan(options, Town.PASSWORD).volumes())
        .singleElement()
        .satisfies(volume -> assertThat(volume.way()).startsWith("not restored: " + why));
    assertThat(restore(options, Town.PASSWORD).results().errors().all())
        .anyMatch(each -> each.contains("shop/data was not restored: " + why));
    assertThat(town.get("pods", "copy", "db")).isEmpty();
    JsonNode claim = town.get("persistentvolumeclaims", "copy", "data").orElseThrow();
    assertThat(claim.at("/status/phase").asText()).as("no pod was to fill it").isEqualTo("Pending");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aVolumeWithoutRoom(boolean mover) throws Exception {
    start();
    town.exec("shop", "db", "head -c 3000000 /dev/urandom > /data/large");
    assertThat(backup("first").phase()).isEqualTo("Completed");
    town.delete("pods", "shop", "db");
    String path = volume().at("/spec/local/path").asText();
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", path),
        "No file system can be mounted here: skipped");
    try (MoverImage image = mover ? new MoverImage() : null) {
      RestoreOptions options =
          options("again", "").inputs(RestoreInputs.NONE.existing(ExistingVolumes.OVERWRITE));
      if (image != null) {
        options = options.mover(image.options());
      }
      assertThat(restore(options, Town.PASSWORD).results().errors().all())
          .hasSize(2)
          .anyMatch(each ->
              each.contains("shop/data")
                  && each.contains("the volume is full: its content takes 3000005 bytes")
                  && each.contains("the claim has 1Gi")
                  && each.toLowerCase(Locale.ROOT).contains("no space left"))
          .anyMatch(each -> each.contains("db") && each.contains("not created: it would start"));
    } finally {
      assertThat(run("umount", "-l", path)).isTrue();
    }
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false; // there is no such program
    }
  }
}
