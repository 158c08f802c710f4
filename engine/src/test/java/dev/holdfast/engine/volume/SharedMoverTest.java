package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several claims through one mover pod, in a namespace that enforces the restricted standard. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class SharedMoverTest {

  private static final String NAMESPACE =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
      """;

  private static final String CLAIM =
      """
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: CLAIM, namespace: shop}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private static final String POD =
      """
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: POD
        namespace: shop
        annotations:
          pre.hook.backup.velero.io/command: '["touch", "/tmp/pre"]'
          post.hook.backup.velero.io/command: '["touch", "/tmp/post"]'
      spec:
        terminationGracePeriodSeconds: 0
        nodeSelector: {kubernetes.io/hostname: NODE}
        securityContext:
          runAsNonRoot: true
          runAsUser: USER
          runAsGroup: USER
          fsGroup: USER
          seccompProfile: {type: RuntimeDefault}
        containers:
        - name: main
          image: localhost/host
          command: [sleep, infinity]
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts: [MOUNTS]
        volumes: [VOLUMES]
      """;

  @TempDir Path folder;
  private MoverImage image;
  private Town town;

  /** What was asked of the cluster: {@code pod NODE USER [CLAIMS]}, {@code exec POD WORD}. */
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  private Runnable whenVolumesBegin = () -> {};
  private Runnable whenBytesCome = () -> {};
  private Runnable whenFrozenAgain = () -> {};

  @BeforeEach
  void open() {
    image = new MoverImage();
    town = new Town(folder, 2);
    town.apply(NAMESPACE);
  }

  @AfterEach
  void close() {
    if (town != null) {
      town.close();
    }
    if (image != null) {
      image.close();
    }
  }

  private void pod(String name, int node, int user, int claims) {
    StringBuilder yaml = new StringBuilder();
    List<String> mounts = new ArrayList<>();
    List<String> volumes = new ArrayList<>();
    for (int i = 0; i < claims; i++) {
      yaml.append(CLAIM.replace("CLAIM", name + i));
      mounts.add("{name: v%d, mountPath: /data-%d}".formatted(i, i));
      volumes.add("{name: v%d, persistentVolumeClaim: {claimName: %s%d}}".formatted(i, name, i));
    }
    yaml.append(
        POD.replace("POD", name)
            .replace("NODE", "node-" + node)
            .replace("USER", String.valueOf(user))
            .replace("MOUNTS", String.join(",", mounts))
            .replace("VOLUMES", String.join(",", volumes)));
    town.apply(yaml.toString());
    town.ready("shop", name);
    for (int i = 0; i < claims; i++) {
      var _ = town.exec("shop", name, "echo %s-%d > /data-%d/file".formatted(name, i, i));
    }
  }

  private Cluster watched() {
    return town.cluster((call, arguments) -> {
      if (call.equals("create")) {
        note(Json.object((byte[]) arguments[3], "an object"));
      } else if (call.equals("exec")) {
        var request = (Cluster.ExecRequest) arguments[1];
        boolean ours = request.pod().startsWith("holdfast-mover-");
        asked.add(
            ours
                ? "session"
                : request.pod() + " " + request.command().getLast().replace("/tmp/", ""));
        if (asked.getLast().equals("b pre")) {
          whenFrozenAgain.run();
        }
      }
    });
  }

  private void note(ObjectNode object) {
    if (object.path("kind").asText().equals("Pod")) {
      List<String> claims =
          object
              .at("/spec/volumes")
              .valueStream()
              .map(each -> each.at("/persistentVolumeClaim/claimName").asText())
              .filter(each -> !each.isEmpty())
              .toList();
      asked.add(
          "%s of %s on %s"
              .formatted(
                  claims,
                  object.at("/spec/securityContext/runAsUser").asText(),
                  object.at("/spec/nodeName").asText()));
    }
  }

  private BackupOutcome backup(Operation op, String name, MoverOptions mover) {
    asked.clear();
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    Progress watching =
        new Progress() {
          private volatile boolean volumes;

          @Override
          public void phase(String phase) {
            volumes = phase.equals("volumes");
            if (volumes) {
              whenVolumesBegin.run();
            }
          }

          @Override
          public void advance(long items, long bytes) {
            if (volumes && bytes > 0) {
              whenBytesCome.run();
            }
          }
        };
    try (VolumeRepositories repositories = town.repositories()) {
      BackupOptions options =
          town.options(name, spec, repositories)
              .volumes(VolumeOptions.into(repositories).mover(mover));
      return new BackupRun(watched(), town.store(), options, watching).run(op);
    }
  }

  private List<String> log(String backup, String word) {
    return new Backups(town.store())
        .logs(Town.op(), backup, null)
        .lines()
        .filter(line -> line.contains(word))
        .toList();
  }

  private List<String> pods() {
    return asked.stream().filter(each -> each.startsWith("[")).toList();
  }

  private List<String> movers() {
    List<String> names = new ArrayList<>();
    var labelled = new Cluster.ListOptions(MoverPod.LABEL, null, 0);
    town.cluster()
        .list(Town.op(), town.type("pods"), "shop", labelled, item -> names.add(item.name()));
    return names;
  }

  private void none() {
    await().atMost(Duration.ofMinutes(2)).until(() -> movers().isEmpty());
  }

  private Path place(String claim) {
    String volume =
        town.get("persistentvolumeclaims", "shop", claim)
            .orElseThrow()
            .at("/spec/volumeName")
            .asText();
    JsonNode found = town.get("persistentvolumes", "", volume).orElseThrow();
    return Path.of(found.at("/spec/local/path").asText());
  }

  @Test
  @Tag("EBS-30")
  @Tag("EBS-31")
  void whatIsAlikeSharesAPodAndNothingElseDoes() throws IOException {
    pod("a", 1, 1234, 2);
    pod("b", 1, 1234, 2);
    pod("c", 2, 1234, 1);
    pod("d", 1, 4321, 1);
    MoverOptions one = image.options().parallel(1);
    BackupOutcome first = backup(Town.op(), "first", one);
    assertThat(first.results().errors().all()).isEmpty();
    assertThat(first.results().warnings().all()).isEmpty();
    assertThat(log("first", "saved by mover pod: 1 files")).hasSize(6);
    // The pod runs before the first of its blocks is frozen, and each thaws before the next one.
    assertThat(asked)
        .containsExactly(
            "[a0, a1, b0, b1] of 1234 on node-1",
            "session",
            "a pre",
            "a post",
            "b pre",
            "b post",
            "[c0] of 1234 on node-2",
            "session",
            "c pre",
            "c post",
            "[d0] of 4321 on node-1",
            "session",
            "d pre",
            "d post");
    none();
    var _ = town.exec("shop", "b", "echo more > /data-1/more");
    assertThat(backup(Town.op(), "second", one).results().errors().all()).isEmpty();
    assertThat(pods()).hasSize(3);
    assertThat(added("second")).containsExactly("a0", "a1", "b0", "b1 more", "c0", "d0");
    town.restore(Town.op(), "back", "second", ",'namespaceMapping':{'shop':'copy'}");
    for (String pod : List.of("a", "b", "c", "d")) {
      town.ready("copy", pod);
    }
    assertThat(town.exec("copy", "b", "cat /data-0/file /data-1/file /data-1/more"))
        .isEqualTo("b-0\nb-1\nmore\n");
    assertThat(town.exec("copy", "d", "cat /data-0/file")).isEqualTo("d-0\n");
  }

  /** The claims, with "more" where anything was stored. */
  private List<String> added(String backup) throws IOException {
    try (var in = town.store().get(Town.op(), new BackupKeys(backup).volumeInfo())) {
      return VolumeInfo.read(in.readAllBytes(), "volumes").stream()
          .map(each -> each.pvcName() + (each.pvbInfo().incrementalSize() > 0 ? " more" : ""))
          .toList();
    }
  }

  /** What only the kubelet notices costs the others a while, what the claim says nothing. */
  @Test
  void aClaimThatCannotBeMountedDoesNotHarmTheOthers() throws IOException {
    pod("a", 1, 1234, 2);
    pod("b", 1, 1234, 1);
    Path place = place("a1");
    Path away = place.resolveSibling("away");
    whenVolumesBegin =
        () -> {
          try {
            Files.move(place, away); // a's container still has it
            town.cluster()
                .delete(
                    Town.op(),
                    town.type("persistentvolumeclaims"),
                    "shop",
                    "b0",
                    Cluster.DeleteOptions.NONE);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        };
    MoverOptions impatient = image.options().parallel(1).patience(Duration.ofSeconds(8));
    BackupOutcome outcome = backup(Town.op(), "first", impatient);
    Files.move(away, place);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(pods())
        .containsExactly(
            "[a0, a1] of 1234 on node-1", "[a0] of 1234 on node-1", "[a1] of 1234 on node-1");
    assertThat(log("first", "saved by mover pod")).singleElement().asString().contains("claim a0");
    assertThat(
            outcome.results().warnings().all().stream()
                .filter(each -> each.contains("goes by exec")))
        .hasSize(2)
        .anyMatch(each -> each.contains("claim a1") && each.contains("did not run within 4 s"))
        .anyMatch(each -> each.contains("claim b0") && each.contains("being deleted"));
    assertThat(log("first", "saved by exec: 1 files")).hasSize(2);
    none();
  }

  @Test
  void aMoverThatDiesTakesOnlyWhatItWasSaving() {
    pod("a", 1, 1234, 3);
    var _ = town.exec("shop", "a", "head -c 32000000 /dev/urandom > /data-1/large");
    List<String> killed = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger told = new AtomicInteger();
    whenBytesCome =
        () -> {
          if (told.getAndIncrement() == 1) { // the first is the small one before
            killed.addAll(movers());
            killed.forEach(this::delete);
          }
        };
    BackupOutcome outcome = backup(Town.op(), "first", image.options());
    assertThat(killed).hasSize(1);
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("claim a1", "is not in the backup", "stream ended");
    assertThat(log("first", "saved by mover pod")).hasSize(2);
    assertThat(pods()).containsExactly("[a0, a1, a2] of 1234 on node-1", "[a2] of 1234 on node-1");
    none();
  }

  /** Until it is gone: meanwhile nobody reads what comes from it. */
  private void delete(String pod) {
    town.cluster().delete(Town.op(), town.type("pods"), "shop", pod, Cluster.DeleteOptions.NONE);
    await().atMost(Duration.ofMinutes(2)).until(() -> town.get("pods", "shop", pod).isEmpty());
  }

  /** As a connection does on which nothing was said for a while. */
  @Test
  void aMoverThatGoesWhileItHasNothingToDoIsReplaced() {
    pod("a", 1, 1234, 1);
    pod("b", 1, 1234, 1);
    whenFrozenAgain = () -> movers().forEach(this::delete);
    BackupOutcome outcome = backup(Town.op(), "first", image.options().parallel(1));
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all()).isEmpty();
    assertThat(pods()).containsExactly("[a0, b0] of 1234 on node-1", "[b0] of 1234 on node-1");
    assertThat(log("first", "saved by mover pod: 1 files")).hasSize(2);
    none();
  }

  @Test
  void aCancelledBackupLeavesNoPod() {
    pod("a", 1, 1234, 2);
    pod("b", 1, 1234, 2);
    Operation op = Operation.start();
    whenBytesCome = () -> op.cancel("Ctrl-C");
    assertThatThrownBy(() -> backup(op, "stopped", image.options()))
        .isInstanceOf(Failure.Cancelled.class);
    assertThat(asked).contains("a pre", "a post");
    assertThat(pods()).isNotEmpty();
    none();
  }

  /** What an image of another version says, once for all of its volumes. */
  @Test
  void aMoverOfAnotherVersionIsNamedAndExecTakesItsPlace() {
    pod("a", 1, 1234, 2);
    pod("b", 1, 1234, 1);
    String old =
        "case $2 in --wait) exec sleep 60;; esac;"
            + " printf '\\0\\0\\0\\0\\3\\0\\0\\0\\016holdfast mover'; exec cat > /dev/null";
    MoverOptions mover = image.options().parallel(1).command(List.of("sh", "-c", old, "mover"));
    BackupOutcome outcome = backup(Town.op(), "first", mover);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.results().warnings().all())
        .hasSize(3)
        .allMatch(each ->
            each.contains("goes by exec")
                && each.contains("The mover speaks version 3, and this is version 4"));
    assertThat(pods()).containsExactly("[a0, a1, b0] of 1234 on node-1");
    assertThat(log("first", "saved by exec: 1 files")).hasSize(3);
    none();
  }
}
