package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mover pods in a namespace that enforces the restricted standard, on nodes that run them. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class MoverPodTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: db, namespace: shop}
      spec:
        terminationGracePeriodSeconds: 0
        securityContext:
          runAsNonRoot: true
          runAsUser: 1234
          runAsGroup: 2345
          fsGroup: 4711
          supplementalGroups: [5678]
          seccompProfile: {type: RuntimeDefault}
        containers:
        - name: db
          image: localhost/host
          command: [sleep, infinity]
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts:
          - {name: data, mountPath: /data}
        volumes:
        - name: data
          persistentVolumeClaim: {claimName: data}
      """;

  @TempDir Path folder;
  private MoverImage image;
  private Town town;
  private final List<ObjectNode> seen = new CopyOnWriteArrayList<>();

  /** Runs when a mover has sent something. */
  private Runnable midway = () -> {};

  @BeforeEach
  void open() throws IOException {
    image = new MoverImage();
    town = new Town(folder, 2);
    town.apply(APPLICATION);
    town.ready("shop", "db");
    town.exec(
        "shop",
        "db",
        "mkdir /data/sub; echo rows > /data/sub/table; chmod 600 /data/sub/table;"
            + " ln -s sub/table /data/link; head -c 3000000 /dev/urandom > /data/large");
  }

  @AfterEach
  void close() throws IOException {
    if (town != null) {
      town.close();
    }
    if (image != null) {
      image.close();
    }
  }

  private MoverOptions mover() {
    return image.options();
  }

  private BackupOutcome backup(Operation op, String name, MoverOptions mover) {
    return backup(op, town.cluster(), name, mover);
  }

  private BackupOutcome backup(Operation op, Cluster cluster, String name, MoverOptions mover) {
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    try (VolumeRepositories repositories = town.repositories()) {
      BackupOptions options =
          town.options(name, spec, repositories)
              .volumes(VolumeOptions.into(repositories).mover(mover));
      Progress watching =
          new Progress() {
            @Override
            public void advance(long items, long bytes) {
              if (bytes > 0) {
                List<ObjectNode> running = movers();
                seen.addAll(running);
                if (!running.isEmpty()) {
                  midway.run();
                }
              }
            }
          };
      return new BackupRun(cluster, town.store(), options, watching).run(op);
    }
  }

  private List<ObjectNode> movers() {
    List<ObjectNode> movers = new ArrayList<>();
    var labelled = new Cluster.ListOptions(MoverPod.LABEL, null, 0);
    town.cluster()
        .list(
            Town.op(),
            town.type("pods"),
            "shop",
            labelled,
            item -> movers.add(Json.object(item.json(), item.name())));
    return movers;
  }

  private VolumeInfo.PodVolume volume(String backup) throws IOException {
    try (var in = town.store().get(Town.op(), new BackupKeys(backup).volumeInfo())) {
      return VolumeInfo.read(in.readAllBytes(), "volumes").getFirst().pvbInfo();
    }
  }

  private String log(String backup) {
    return new Backups(town.store()).logs(Town.op(), backup, null);
  }

  @Test
  @Tag("EBS-30")
  @Tag("EBS-31")
  void aRestrictedNamespaceIsSavedByPodsThatHoldNothing() throws Exception {
    BackupOutcome first = backup(Town.op(), "first", mover());
    assertThat(first.results().errors().all()).isEmpty();
    assertThat(first.results().warnings().all()).isEmpty();
    assertThat(log("first")).contains("saved by mover pod: 2 files");
    assertThat(seen).isNotEmpty();
    ObjectNode pod = seen.getFirst();
    assertThat(pod.at("/spec/nodeName").asText())
        .isEqualTo(town.get("pods", "shop", "db").orElseThrow().at("/spec/nodeName").asText());
    JsonNode security = pod.at("/spec/securityContext");
    assertThat(security.path("runAsUser").asInt()).isEqualTo(1234);
    assertThat(security.path("runAsGroup").asInt()).isEqualTo(2345);
    assertThat(security.path("fsGroup").asInt()).isEqualTo(4711);
    assertThat(security.path("supplementalGroups").toString()).isEqualTo("[5678]");
    assertThat(security.path("fsGroupChangePolicy").asText()).isEqualTo("OnRootMismatch");
    assertThat(pod.path("spec").toString())
        .doesNotContain("hostPath", "privileged", "secret", "serviceAccountToken", "\"env\"")
        .contains("\"automountServiceAccountToken\":false")
        .contains("\"mountPath\":\"/holdfast-volume\",\"readOnly\":true");
    assertThat(pod.toString()).doesNotContain(Town.PASSWORD);
    await().atMost(Duration.ofMinutes(2)).until(() -> movers().isEmpty());

    town.exec("shop", "db", "echo more > /data/more");
    assertThat(backup(Town.op(), "second", mover()).results().errors().all()).isEmpty();
    assertThat(volume("second").size()).isEqualTo(volume("first").size() + 5);
    assertThat(volume("second").incrementalSize()).isLessThan(10_000);
    town.delete("pods", "shop", "db");
    town.restore(Town.op(), "back", "second", ",'namespaceMapping':{'shop':'copy'}");
    town.ready("copy", "db");
    assertThat(town.exec("copy", "db", "cat /data/sub/table /data/more")).isEqualTo("rows\nmore\n");
  }

  /** Nobody would have it end before its patience does. */
  @Test
  void aPodWhoseSessionMeetsAnErrorIsRemoved() {
    List<ObjectNode> left = new ArrayList<>();
    Cluster withoutMemory =
        town.cluster((call, arguments) -> {
          if (call.equals("exec")) {
            left.addAll(movers());
            throw new OutOfMemoryError("injected");
          }
        });
    assertThatThrownBy(() -> backup(Town.op(), withoutMemory, "first", mover()))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(left).hasSize(1);
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(movers()).allMatch(pod -> pod.at("/metadata").has("deletionTimestamp")));
  }

  private static final String TREE =
      "cd /data; find . -printf '%p %y %m %U %G %T@ %l\\n' | grep -v '^. ' | sort; cat sub/table;"
          + " sha256sum large";

  @Test
  @Tag("EBS-34")
  void aClaimIsFilledByAPodOfTheMoversImage() throws Exception {
    assertThat(backup(Town.op(), "first", mover()).results().errors().all()).isEmpty();
    String before = town.exec("shop", "db", TREE);
    // A namespace that enforces the restricted standard, too.
    RestoreOutcome outcome = restoreCopy("copy", mover());
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all()).noneMatch(each -> each.contains("tar"));
    town.ready("copy", "db");
    assertThat(town.exec("copy", "db", TREE)).isEqualTo(before);
    assertThat(pods("copy")).containsExactly("db");
  }

  @Test
  void whereNoMoverRunsTheApplicationsImageFills() throws Exception {
    assertThat(backup(Town.op(), "first", mover()).results().errors().all()).isEmpty();
    MoverOptions bad = mover().command(List.of("no-such-program")).patience(Duration.ofSeconds(5));
    RestoreOutcome outcome = restoreCopy("copy", bad);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all())
        .anyMatch(each -> each.contains("filled by tar in the application's image"));
    town.ready("copy", "db");
    assertThat(town.exec("copy", "db", "cat /data/sub/table")).isEqualTo("rows\n");
  }

  /** What a stopped application leaves: Velero's records have no word for it, ours have. */
  @Test
  @Tag("EMF-10")
  void aClaimThatNoPodUsesIsSavedAndRestored() throws Exception {
    String before = town.exec("shop", "db", "cat /data/sub/table; sha256sum < /data/large");
    town.delete("pods", "shop", "db");
    BackupOutcome none = backup(Town.op(), "none", MoverOptions.NONE);
    assertThat(none.results().errors().all())
        .singleElement()
        .asString()
        .contains("no pod mounts it", "--mover-image");

    var whose = Json.MAPPER.createObjectNode();
    whose.putObject("securityContext").put("runAsUser", 1234).put("fsGroup", 4711);
    MoverOptions mover = mover().extra(whose);
    BackupOutcome first = backup(Town.op(), "first", mover);
    assertThat(first.results().errors().all()).isEmpty();
    VolumeInfo record = volumes("first").getFirst();
    assertThat(record.skipped()).isTrue();
    assertThat(record.skippedReason()).contains("no pod of the backup uses it");
    assertThat(log("first")).contains("saved by mover pod: 2 files");

    assertThat(restoreCopy("without", MoverOptions.NONE).results().errors().all())
        .singleElement()
        .asString()
        .contains("no pod used it", "give --mover-image");
    assertThat(restoreCopy("copy", mover).results().errors().all()).isEmpty();
    await().atMost(Duration.ofMinutes(2)).until(() -> pods("copy").isEmpty());
    town.apply(APPLICATION.substring(APPLICATION.lastIndexOf("---")).replace("shop", "copy"));
    town.ready("copy", "db");
    assertThat(town.exec("copy", "db", "cat /data/sub/table; sha256sum < /data/large"))
        .isEqualTo(before);
  }

  private List<VolumeInfo> volumes(String backup) throws IOException {
    try (var in = town.store().get(Town.op(), new BackupKeys(backup).volumeInfo())) {
      return VolumeInfo.read(in.readAllBytes(), "volumes");
    }
  }

  private RestoreOutcome restoreCopy(String namespace, MoverOptions mover) {
    String mapping = ",'namespaceMapping':{'shop':'" + namespace + "'}";
    return town.restore(Town.op(), namespace, "first", mapping, RestoreInputs.NONE, mover);
  }

  private List<String> pods(String namespace) {
    List<String> names = new ArrayList<>();
    town.cluster()
        .list(
            Town.op(),
            town.type("pods"),
            namespace,
            Cluster.ListOptions.ALL,
            item -> names.add(item.name()));
    return names;
  }

  @Test
  void whatItMayNotReadIsNamed() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "Not root: skipped");
    JsonNode claim = town.get("persistentvolumeclaims", "shop", "data").orElseThrow();
    JsonNode volume =
        town.get("persistentvolumes", "", claim.at("/spec/volumeName").asText()).orElseThrow();
    Path foreign = Path.of(volume.at("/spec/local/path").asText()).resolve("foreign");
    Files.writeString(foreign, "root's own");
    Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rw-------"));
    BackupOutcome outcome = backup(Town.op(), "first", mover());
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("could not be read: /foreign");
    assertThat(volume("first").size()).isGreaterThan(3_000_000);
  }

  @Test
  void withoutItsImageExecTakesItsPlace() throws Exception {
    MoverOptions bad = mover().command(List.of("no-such-program")).patience(Duration.ofSeconds(5));
    BackupOutcome outcome = backup(Town.op(), "first", bad);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .contains("goes by exec, as no mover pod can save it: ")
        .containsPattern("its pod has failed: .*exit status|no-such-program");
    assertThat(log("first")).contains("saved by exec");
    await().atMost(Duration.ofMinutes(2)).until(() -> movers().isEmpty());
  }

  @Test
  void aCancelledBackupLeavesNoPodAndNoSnapshot() throws Exception {
    Operation op = Operation.start();
    MoverOptions mover = mover();
    CountDownLatch reading = new CountDownLatch(1);
    midway =
        () -> {
          reading.countDown();
          await().until(op::cancelled);
        };
    var run = op.fork(() -> backup(op, "stopped", mover));
    assertThat(reading.await(2, TimeUnit.MINUTES)).isTrue();
    assertThat(movers()).isNotEmpty();
    op.cancel("Ctrl-C");
    assertThatThrownBy(run::join).hasCauseInstanceOf(Failure.Cancelled.class);
    await().atMost(Duration.ofMinutes(2)).until(() -> movers().isEmpty());
  }

  /** What a command that was killed leaves: a pod whose stream has ended. */
  @Test
  void thePodEndsWithItsStream() throws Exception {
    ObjectNode user = town.get("pods", "shop", "db").orElseThrow();
    ObjectNode pod =
        MoverPod.of(
            "holdfast-mover-left",
            user,
            List.of(new PodMover.Source("shop", "db", "db", "data", "/data", "")),
            mover());
    var pods = town.type("pods");
    var _ =
        town.cluster().create(Town.op(), pods, "shop", Json.bytes(pod), Cluster.WriteOptions.NONE);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            town.get("pods", "shop", "holdfast-mover-left")
                .orElseThrow()
                .at("/status/phase")
                .asText()
                .equals("Running"));
    List<String> words = new ArrayList<>(image.command());
    words.addAll(List.of("mover", "--session", MoverPod.SESSION, MoverPod.DATA));
    var request =
        new Cluster.ExecRequest("shop", "holdfast-mover-left", MoverPod.CONTAINER, words, true);
    try (var execution = town.cluster().exec(Town.op(), request)) {
      assertThat(execution.output().readNBytes(9)).hasSize(9); // its HELLO
      execution.input().close();
      assertThat(execution.exit()).isNotZero();
    }
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(
                    town.get("pods", "shop", "holdfast-mover-left")
                        .orElseThrow()
                        .path("status")
                        .toString())
                .contains("\"phase\":\"Succeeded\""));
    assertThat(backup(Town.op(), "next", mover()).results().errors().all()).isEmpty();
    await().atMost(Duration.ofMinutes(2)).until(() -> movers().isEmpty());
  }
}
