package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.Backups;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.TreeReader;
import dev.holdfast.sandbox.http.Faults;
import dev.holdfast.store.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups of an application that really runs, in a sandbox's node: hooks around its volume. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class HooksAndVolumesTest {

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
          command: [sleep, infinity]
          volumeMounts:
          - {name: data, mountPath: /data}
          - {name: scratch, mountPath: /scratch}
        volumes:
        - name: data
          persistentVolumeClaim: {claimName: data}
        - name: scratch
          emptyDir: {}
      """;

  private static final String FREEZE =
      "pre.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"touch /data/frozen; echo now"
          + " frozen\"]', post.hook.backup.velero.io/command: '[\"rm\",\"/data/frozen\"]'";

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
    town.exec(
        "shop",
        "db",
        "mkdir /data/sub; echo rows > /data/sub/table; ln -s sub/table /data/link;"
            + " chmod 640 /data/sub/table; ln /data/sub/table /data/same;"
            + " head -c 3000000 /dev/urandom > /data/large; echo temp > /scratch/t");
  }

  private String frozen() {
    return town.exec("shop", "db", "ls /data");
  }

  private byte[] read(String key) throws java.io.IOException {
    try (var in = town.store().get(Town.op(), key)) {
      return in.readAllBytes();
    }
  }

  private List<VolumeInfo> volumes(String backup) throws java.io.IOException {
    return VolumeInfo.read(read(new BackupKeys(backup).volumeInfo()), "volumes");
  }

  /** The content of a file of a snapshot, as text. */
  private String file(String snapshot, String path) {
    try (VolumeRepositories repositories = town.repositories()) {
      Repository repository = repositories.open(Town.op(), "shop");
      Id tree = Id.parse(repository.snapshot(Town.op(), Id.parse(snapshot)).tree());
      Node node = null;
      for (String name : path.split("/", -1)) {
        node =
            TreeReader.read(repository.load(Town.op(), BlobType.TREE, tree), "tree").stream()
                .filter(each -> each.name().toString().equals(name))
                .findFirst()
                .orElseThrow();
        tree = Optional.ofNullable(node.subtree()).orElse(tree);
      }
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      for (Id id : Optional.ofNullable(node.content()).orElse(List.of())) {
        content.writeBytes(repository.load(Town.op(), BlobType.DATA, id));
      }
      return content.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  @Tag("EBS-13")
  @Tag("EBS-24")
  @Tag("EBS-32")
  @Tag("EBS-38")
  @Tag("EMF-10")
  @Tag("EMF-18")
  void savesVolumesBetweenTheHooks() throws Exception {
    start(FREEZE);
    BackupOutcome outcome = town.backup(Town.op(), "first", "shop", "");
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(frozen()).doesNotContain("frozen");
    assertThat(new Backups(town.store()).logs(Town.op(), "first", null))
        .contains("wrote: now frozen");
    List<VolumeInfo> infos = volumes("first");
    assertThat(infos).hasSize(2).allMatch(info -> "succeeded".equals(info.result()));
    VolumeInfo data =
        infos.stream().filter(info -> "data".equals(info.pvcName())).findFirst().orElseThrow();
    String snapshot = Objects.requireNonNull(data.pvbInfo()).snapshotHandle();
    assertThat(file(snapshot, "frozen")).isEmpty();
    assertThat(file(snapshot, "sub/table")).isEqualTo("rows\n");
    assertThat(file(snapshot, "same")).isEqualTo("rows\n");
    var documents =
        Documents.readAll(read(new BackupKeys("first").podVolumeBackups()), "documents");
    assertThat(documents)
        .hasSize(2)
        .anyMatch(each ->
            each.at("/status/snapshotID").asText().equals(snapshot)
                && each.at("/metadata/annotations/velero.io~1pvc-name").asText().equals("data"))
        .allMatch(each -> each.at("/status/phase").asText().equals("Completed"));
    Backup.Status status = new Backups(town.store()).get(Town.op(), "first").status();
    assertThat(status.hookStatus().toString()).isEqualTo("{\"hooksAttempted\":2}");
  }

  @Test
  @Tag("EBS-30")
  void savesOnlyNewContentTheSecondTime() throws Exception {
    start("");
    assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
    assertThat(town.backup(Town.op(), "second", "shop", "").phase()).isEqualTo("Completed");
    VolumeInfo.PodVolume first = Objects.requireNonNull(volumes("first").getFirst().pvbInfo());
    VolumeInfo.PodVolume second = Objects.requireNonNull(volumes("second").getFirst().pvbInfo());
    assertThat(first.incrementalSize()).isGreaterThan(3_000_000);
    assertThat(second.size()).isEqualTo(first.size());
    assertThat(second.incrementalSize()).isLessThan(10_000);
  }

  @Test
  void aBrokenStreamFailsTheVolumeAndThePostHookRuns() throws Exception {
    start(FREEZE);
    town.sandbox()
        .faults()
        .next(
            Faults.Kind.HALF_ANSWER,
            1,
            request ->
                request.path().endsWith("/exec")
                    && request.query().getOrDefault("command", List.of()).contains("/data"));
    BackupOutcome outcome = town.backup(Town.op(), "broken", "shop", "");
    assertThat(outcome.phase()).isEqualTo("PartiallyFailed");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains(
            "volume data (claim data) of pod shop/db is not in the backup",
            "before the command's end");
    assertThat(volumes("broken"))
        .filteredOn(info -> "data".equals(info.pvcName()))
        .singleElement()
        .matches(info -> "failed".equals(info.result()));
    assertThat(frozen()).doesNotContain("frozen");
  }

  @Test
  void aPreHookThatFailsKeepsThePodOutOnlyIfItSaysSo() {
    start(
        "pre.hook.backup.velero.io/command: '[\"false\"]',"
            + " pre.hook.backup.velero.io/on-error: Fail,"
            + " post.hook.backup.velero.io/command: '[\"touch\",\"/data/thawed\"]'");
    BackupOutcome outcome = town.backup(Town.op(), "refused", "shop", "");
    assertThat(outcome.results().errors().all())
        .anyMatch(
            e -> e.contains("pre hook of its annotations failed: it ended with exit status 1"))
        .anyMatch(e -> e.contains("is not in the backup, because a pre hook failed"));
    assertThat(frozen()).contains("thawed");
  }

  @Test
  void aHookThatHangsEndsWithItsTimeAndOneThatFloodsIsCut() throws Exception {
    start(
        "pre.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"yes | head -c 50000000; sleep 60\"]',"
            + " pre.hook.backup.velero.io/timeout: 3s,"
            + " post.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"yes | head -c 100000000;"
            + " touch /data/thawed\"]'");
    BackupOutcome outcome = town.backup(Town.op(), "slow", "shop", "");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("did not end within 3 s");
    String log = new Backups(town.store()).logs(Town.op(), "slow", null);
    assertThat(log).contains("post hook of its annotations has run");
    assertThat(log.length()).isLessThan(300_000);
    assertThat(frozen()).contains("thawed");
  }

  @Test
  void aCancelledRunRunsThePostHook() {
    start(
        "pre.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"touch /data/frozen; sleep 60\"]',"
            + " pre.hook.backup.velero.io/timeout: 2m,"
            + " post.hook.backup.velero.io/command: '[\"rm\",\"/data/frozen\"]'");
    Operation op = Operation.start();
    var run = op.fork(() -> town.backup(op, "stopped", "shop", ""));
    await().atMost(Duration.ofMinutes(2)).until(() -> frozen().contains("frozen"));
    op.cancel("Ctrl-C");
    assertThatThrownBy(run::join).hasCauseInstanceOf(Failure.Cancelled.class);
    assertThat(frozen()).doesNotContain("frozen");
    assertThat(town.store().list(Town.op(), "plugins/holdfast/hooks/").objects()).isEmpty();
  }

  /** A real process, at a real instant: nothing of it gets to clean up. */
  @Test
  @Tag("EBS-13")
  void aProcessThatIsKilledWhileItFreezesIsMadeUpFor() throws Exception {
    start(
        "pre.hook.backup.velero.io/command: '[\"sh\",\"-c\",\"touch /data/frozen; sleep 60\"]',"
            + " pre.hook.backup.velero.io/timeout: 2m,"
            + " post.hook.backup.velero.io/command: '[\"rm\",\"/data/frozen\"]'");
    Process process = KilledBackup.start(folder);
    try {
      await().atMost(Duration.ofMinutes(2)).until(() -> frozen().contains("frozen"));
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(frozen()).contains("frozen");
    BackupOutcome next = town.backup(Town.op(), "next", "shop", ",'includedResources':['secrets']");
    assertThat(next.results().warnings().all())
        .anyMatch(w -> w.contains("which backup killed owed") && w.contains("has run now"));
    assertThat(frozen()).doesNotContain("frozen");
    assertThat(town.store().list(Town.op(), "plugins/holdfast/hooks/").objects()).isEmpty();
  }

  @Test
  void theNextRunMakesUpForOneThatWasKilled() {
    start(FREEZE);
    town.exec("shop", "db", "touch /data/frozen");
    String uid = town.get("pods", "shop", "db").orElseThrow().at("/metadata/uid").asText();
    String note =
        """
        {"cluster":"CLUSTER","backup":"killed","host":"elsewhere","pid":1,"processStart":"",
         "hooks":[{"namespace":"shop","pod":"db","podUid":"UID","name":"the post hook",
           "container":"db","command":["rm","/data/frozen"],"timeoutSeconds":30}]}
        """
            .replace("CLUSTER", town.cluster().id(Town.op()))
            .replace("UID", uid);
    var _ =
        town.store()
            .put(
                Town.op(),
                "plugins/holdfast/hooks/x-1.json",
                Json.bytes(Json.object(note.getBytes(StandardCharsets.UTF_8), "note")),
                ObjectStore.PutOptions.NONE);
    String spec = ",'includedResources':['configmaps']";
    BackupOutcome outcome = town.backup(Town.op(), "next", "shop", spec);
    assertThat(outcome.results().warnings().all())
        .anyMatch(w -> w.contains("which backup killed owed") && w.contains("has run now"));
    assertThat(frozen()).doesNotContain("frozen");
    assertThat(town.store().list(Town.op(), "plugins/holdfast/hooks/").objects()).isEmpty();
  }
}
