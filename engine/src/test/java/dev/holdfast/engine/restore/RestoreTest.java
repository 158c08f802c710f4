package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.sandbox.http.Faults;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.fault.FaultyStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore does beyond the recorded cases. */
class RestoreTest {

  private static final String SHOP = "{\"backupName\": \"shop\"}";

  @TempDir Path folder;
  private Harness harness;

  @BeforeEach
  void start() {
    harness = Harness.recorded(folder);
  }

  @AfterEach
  void stop() {
    harness.close();
  }

  private static ObjectNode configMap(String name, String more) {
    return Harness.item(
        """
        {'apiVersion':'v1','kind':'ConfigMap',
         'metadata':{'name':'%s','namespace':'shop','uid':'uid-%s'%s},'data':{'k':'v'}}
        """
            .formatted(name, name, more));
  }

  private static String ownedBy(String kind, String name) {
    return ",'ownerReferences':[{'apiVersion':'v1','kind':'%s','name':'%s','uid':'uid-%s'}]"
        .formatted(kind, name, name);
  }

  @Test
  @Tag("EBS-12")
  void singleItemsAndWhatTheyNeed() {
    RestoreOutcome outcome =
        harness.restore(
            Harness.options(
                    "one",
                    "{\"backupName\": \"source\", \"namespaceMapping\": {\"harbour\": \"n\"}}")
                .inputs(
                    RestoreInputs.NONE.items(
                        List.of(ItemKey.parse("persistentvolumeclaims/harbour/log-crane-0")))));
    assertThat(outcome.count(Outcome.CREATED)).as("namespace and claim").isEqualTo(2);
    assertThat(outcome.count(Outcome.SKIPPED)).as("its volume exists and differs").isEqualTo(1);
    assertThat(harness.find("persistentvolumeclaims", "n", "log-crane-0")).isPresent();
    assertThat(harness.find("configmaps", "n", "tides")).isEmpty();
  }

  @Test
  void aVolumeThatStillBelongsToADeletedClaimIsNamed() {
    String volume =
        """
        {'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'pv-orders','uid':'uid-v',
          'finalizers':['kubernetes.io/pv-protection']},
         'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],
          'persistentVolumeReclaimPolicy':'Retain','storageClassName':'local','volumeMode':'Filesystem',
          'hostPath':{'path':'/srv','type':''},
          'claimRef':{'apiVersion':'v1','kind':'PersistentVolumeClaim','namespace':'shop','name':'orders',
           'uid':'uid-old'}},
         'status':{'phase':'%s'}}
        """;
    harness.backup("shop", List.of(Harness.item(volume.formatted("Bound"))));
    harness.create("persistentvolumes", "", Harness.item(volume.formatted("Bound")));
    await()
        .until(() ->
            harness
                .find("persistentvolumes", "", "pv-orders")
                .filter(live -> live.at("/status/phase").asText().equals("Released"))
                .isPresent());
    RestoreOutcome outcome = harness.restore("shop", SHOP);
    assertThat(outcome.count(Outcome.IDENTICAL)).isEqualTo(1);
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .contains("PersistentVolume pv-orders is Released")
        .contains("claim shop/orders")
        .contains("kubectl patch pv pv-orders");
  }

  @Test
  void anItemThatIsNotThereIsRefused() {
    RestoreOptions options =
        Harness.options("none", "{\"backupName\": \"source\"}")
            .inputs(RestoreInputs.NONE.items(List.of(ItemKey.parse("configmaps/harbour/x"))));
    assertThatThrownBy(() -> harness.restore(options))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("configmaps/harbour/x");
  }

  @Test
  void ownersComeFirstAndAreLinkedAnew() {
    // Alphabetically, and in the backup, the owned come first.
    harness.backup(
        "shop",
        List.of(
            configMap("a-owned", ownedBy("ConfigMap", "b-owner")),
            configMap("b-owner", ownedBy("ConfigMap", "c-root")),
            configMap("c-root", ""),
            configMap("d-orphan", ownedBy("ConfigMap", "gone"))));
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(outcome.secondWrites()).isZero();
    assertThat(ownerOf("a-owned")).isEqualTo(uid("b-owner")).isNotEqualTo("uid-b-owner");
    assertThat(ownerOf("b-owner")).isEqualTo(uid("c-root"));
    assertThat(ownerOf("d-orphan")).as("its owner is not restored").isEmpty();
  }

  @Test
  void aCircleCostsASecondWrite() {
    harness.backup(
        "shop",
        List.of(
            configMap("a", ownedBy("ConfigMap", "b")), configMap("b", ownedBy("ConfigMap", "a"))));
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(outcome.secondWrites()).isEqualTo(1);
    assertThat(ownerOf("a")).isEqualTo(uid("b"));
    assertThat(ownerOf("b")).isEqualTo(uid("a"));
  }

  private String uid(String name) {
    return Target.uid(harness.get("configmaps", "shop", name));
  }

  private String ownerOf(String name) {
    return harness
        .get("configmaps", "shop", name)
        .path("metadata")
        .path("ownerReferences")
        .path(0)
        .path("uid")
        .asText();
  }

  @Test
  void throttledFailingAndDroppedRequestsCreateEachItemOnce() {
    List<ObjectNode> items = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      items.add(configMap("map-" + i, ""));
    }
    harness.backup("shop", items);
    for (Faults.Kind kind :
        List.of(
            Faults.Kind.TOO_MANY_REQUESTS,
            Faults.Kind.INTERNAL_ERROR,
            Faults.Kind.DROP_BEFORE,
            Faults.Kind.DROP_AFTER,
            Faults.Kind.HALF_ANSWER)) {
      harness.sandbox.faults().next(kind, 6, r -> r.path().contains("/configmaps"));
    }
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(harness.sandbox.faults().hits()).isGreaterThanOrEqualTo(25);
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.count(Outcome.CREATED)).isEqualTo(120 + 1);
    assertThat(harness.sandbox.snapshot().stream().filter(o -> o.name().startsWith("map-")))
        .hasSize(120);
  }

  @Test
  @Tag("KUR-9")
  void aUserWhoMayNotCreateSomethingRestoresTheRest() {
    harness.backup("shop", List.of(configMap("one", ""), secret()));
    Cluster denied =
        answering((method, arguments) ->
            method.equals("create") && arguments[1].toString().contains("resource=secrets")
                ? new Failure.Denied("secrets is forbidden", null, null)
                : null);
    RestoreOutcome outcome =
        new RestoreRun(denied, harness.store, Harness.options("shop", SHOP), Progress.SILENT)
            .run(Operation.start());
    assertThat(outcome.complete()).isFalse();
    assertThat(outcome.document().status())
        .extracting(Restore.Status::phase)
        .isEqualTo("PartiallyFailed");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("secrets/shop/key", "forbidden")
        .doesNotContain("c2VjcmV0");
    assertThat(harness.find("configmaps", "shop", "one")).isPresent();
  }

  @Test
  void aLoginThatEndsInTheMiddleEndsTheRestoreWhichGoesOnAfterANewOne() {
    harness.backup("shop", List.of(configMap("one", ""), secret()));
    Cluster expired =
        answering((method, arguments) ->
            method.equals("create") && arguments[1].toString().contains("resource=configmaps")
                ? Failure.Denied.credentials("the token has expired", "log in again")
                : null);
    assertThatThrownBy(() ->
            new RestoreRun(expired, harness.store, Harness.options("shop", SHOP), Progress.SILENT)
                .run(Operation.start()))
        .isInstanceOf(Failure.Denied.class)
        .hasMessageContaining("expired");
    assertThat(harness.find("secrets", "shop", "key")).isPresent();
    RestoreOutcome outcome = harness.restore(Harness.options("shop", SHOP).resume(true));
    assertThat(outcome.complete()).isTrue();
    assertThat(outcome.count(Outcome.CREATED)).isEqualTo(3);
  }

  private static ObjectNode secret() {
    return Harness.item(
        """
        {'apiVersion':'v1','kind':'Secret','metadata':{'name':'key','namespace':'shop'},
         'type':'Opaque','data':{'k':'c2VjcmV0'}}
        """);
  }

  @Test
  void aTakenNodePortIsReplacedUnlessItIsToBeKept() {
    ObjectNode service =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'shop'},
             'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}}
            """);
    service
        .withObject("/metadata/annotations")
        .put(
            "kubectl.kubernetes.io/last-applied-configuration",
            "{\"spec\":{\"ports\":[{\"port\":80,\"nodePort\":30080}]}}");
    harness.backup("shop", List.of(service));
    Cluster taken =
        answering((method, arguments) ->
            method.equals("create")
                    && new String((byte[]) arguments[3], StandardCharsets.UTF_8)
                        .contains("\"nodePort\":30080")
                ? new Failure.Rejected(
                    "spec.ports[0].nodePort: Invalid value: 30080: provided port is already"
                        + " allocated",
                    null,
                    null)
                : null);
    RestoreOutcome other =
        new RestoreRun(taken, harness.store, Harness.options("a", SHOP), Progress.SILENT)
            .run(Operation.start());
    assertThat(other.complete()).isTrue();
    assertThat(other.results().warnings().all()).singleElement().asString().contains("30080");
    assertThat(harness.get("services", "shop", "web").at("/spec/ports/0/nodePort").asInt())
        .isNotEqualTo(30080);

    String keep =
        "{\"backupName\":\"shop\",\"preserveNodePorts\":true,"
            + "\"namespaceMapping\":{\"shop\":\"shop-2\"}}";
    RestoreOutcome kept =
        new RestoreRun(taken, harness.store, Harness.options("b", keep), Progress.SILENT)
            .run(Operation.start());
    assertThat(kept.count(Outcome.FAILED)).isEqualTo(1);
  }

  @Test
  void recreateNeedsConsentAndKeepsWhatOwnsOthers() {
    harness.backup("shop", List.of(configMap("plain", ""), configMap("owner", "")));
    harness.namespace("shop");
    for (String name : List.of("plain", "owner")) {
      ObjectNode live = configMap(name, "");
      live.withObject("/metadata").remove("uid");
      live.withObject("/data").put("k", "other");
      harness.create("configmaps", "shop", live);
    }
    ObjectNode child = configMap("child", ownedBy("ConfigMap", "owner"));
    child.withObject("/metadata").remove("uid");
    ((ObjectNode) child.at("/metadata/ownerReferences/0")).put("uid", uid("owner"));
    harness.create("configmaps", "shop", child);
    String plain = uid("plain");
    String owner = uid("owner");
    String spec = "{\"backupName\": \"shop\", \"existingResourcePolicy\": \"recreate\"}";

    assertThatThrownBy(() -> harness.restore(Harness.options("r", spec)))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("recreate");
    RestoreOutcome outcome = harness.restore(Harness.options("r", spec).yes(true));

    assertThat(uid("plain")).isNotEqualTo(plain);
    assertThat(harness.get("configmaps", "shop", "plain").at("/data/k").asText()).isEqualTo("v");
    assertThat(uid("owner")).as("it owns a child that the backup does not hold").isEqualTo(owner);
    assertThat(outcome.results().warnings().all()).anyMatch(w -> w.contains("not recreated"));
    assertThat(outcome.count(Outcome.UPDATED)).isEqualTo(1);
  }

  @Test
  @Tag("KUR-36")
  void whatMustNotBeRestoredIsRefused() {
    harness.document("running", "InProgress");
    assertThatThrownBy(() -> harness.restore("a", "{\"backupName\": \"running\"}"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("InProgress");
    assertThatThrownBy(() -> harness.restore("a", "{\"backupName\": \"nowhere\"}"))
        .isInstanceOf(Failure.Absent.class);
  }

  @Test
  void aNameIsUsedOnce() {
    harness.backup("shop", List.of(configMap("one", "")));
    var _ = harness.restore("shop", SHOP);
    assertThatThrownBy(() -> harness.restore("shop", SHOP))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("ended already");
    assertThat(new Restores(harness.store).get(Operation.start(), "shop").status())
        .extracting(Restore.Status::phase)
        .isEqualTo("Completed");
  }

  @Test
  void whatIsResumedKnowsItsMovers() {
    harness.backup("shop", List.of(configMap("one", "")));
    ObjectNode extra = Json.MAPPER.createObjectNode();
    extra.putObject("resources").putObject("limits").put("memory", "1Gi");
    MoverOptions mover =
        MoverOptions.image("example/mover:1")
            .pullPolicy("Never")
            .patience(Duration.ofSeconds(7))
            .parallel(5)
            .extra(extra);
    var _ = harness.restore(Harness.options("shop", SHOP).mover(mover));
    Restores restores = new Restores(harness.store);
    RestoreOptions none = Harness.options("shop", SHOP);
    assertThat(restores.resume(Operation.start(), "shop", none).mover()).isEqualTo(mover);
    MoverOptions other = MoverOptions.image("example/mover:2");
    assertThat(restores.resume(Operation.start(), "shop", none.mover(other)).mover())
        .isEqualTo(other);
  }

  @Test
  void withStateNothingIsWrittenToTheLocation() throws Exception {
    harness.backup("shop", List.of(configMap("one", "")));
    List<Path> before = files(harness.location);
    Path state = Files.createDirectories(folder.resolve("state"));
    var _ = harness.restore(Harness.options("s", SHOP).state(new DirectoryStore(state)));
    assertThat(files(harness.location)).isEqualTo(before);
    assertThat(files(state)).anyMatch(f -> f.endsWith("restore-s-results.gz"));
  }

  private static List<Path> files(Path root) throws Exception {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void ofTwoRunsOfOneRestoreTheOlderOneStops() {
    Operation op = Operation.start();
    try (Journal older = Journal.open(op, harness.store, "journal/", true, line -> {})) {
      try (Journal newer = Journal.open(op, harness.store, "journal/", true, line -> {})) {
        newer.flush();
        assertThatThrownBy(older::flush)
            .isInstanceOf(Failure.Locked.class)
            .hasMessageContaining("took this restore over");
      }
    }
  }

  /** Else the next part would stand for what the lost one said. */
  @Test
  void aJournalThatLostAPartIsNotGoneOnWith() {
    FaultyStore faulty = new FaultyStore(harness.store);
    try (Journal journal = Journal.open(Operation.start(), faulty, "journal/", true, line -> {})) {
      faulty.on(FaultyStore.writes(), FaultyStore.outOfMemory());
      journal.add(Map.of("one", 1));
      assertThatThrownBy(journal::flush).isInstanceOf(OutOfMemoryError.class);
      faulty.heal();
      assertThatThrownBy(journal::flush).isInstanceOf(OutOfMemoryError.class);
      assertThatThrownBy(() -> journal.add(Map.of("two", 2))).isInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void aNamespaceThatIsBeingDeletedIsWaitedFor() {
    harness.backup("shop", List.of(configMap("one", "")));
    List<String> asked = new ArrayList<>();
    Cluster terminating =
        answeringItem((method, arguments) -> {
          if (method.equals("get") && "shop".equals(arguments[3]) && asked.size() < 3) {
            asked.add("shop");
            return Harness.item(
                "{'metadata':{'name':'shop','deletionTimestamp':'2026-01-01T00:00:00Z'}}");
          }
          return null;
        });
    RestoreOutcome outcome =
        new RestoreRun(
                terminating,
                harness.store,
                Harness.options("t", SHOP).patience(Duration.ofSeconds(20)),
                Progress.SILENT)
            .run(Operation.start());
    assertThat(asked).hasSize(3);
    assertThat(outcome.complete()).isTrue();
  }

  @Test
  void whatGoesToANamespaceThatStaysTerminatingIsNamedAndNotTried() {
    harness.backup("shop", List.of(configMap("one", ""), configMap("two", "")));
    List<String> created = new CopyOnWriteArrayList<>();
    Cluster stuck =
        answeringItem((method, arguments) -> {
          if (method.equals("create")) {
            created.add(String.valueOf(arguments[2]));
          }
          return method.equals("get") && "shop".equals(arguments[3])
              ? Harness.item(
                  "{'metadata':{'name':'shop','deletionTimestamp':'2026-01-01T00:00:00Z'},'status':{'conditions':[{'status':'True','message':'a"
                      + " finalizer remains'}]}}")
              : null;
        });
    List<String> said = new CopyOnWriteArrayList<>();
    Progress progress =
        new Progress() {
          @Override
          public void note(String message) {
            said.add("note: " + message);
          }

          @Override
          public void error(String message) {
            said.add("error: " + message);
          }
        };
    RestoreOutcome outcome =
        new RestoreRun(
                stuck,
                harness.store,
                Harness.options("t", SHOP).patience(Duration.ofSeconds(1)),
                progress)
            .run(Operation.start());
    assertThat(created).isEmpty();
    assertThat(outcome.complete()).isFalse();
    assertThat(said)
        .satisfiesExactly(
            one -> assertThat(one).startsWith("note: Namespace shop is being deleted"),
            two -> assertThat(two).contains("still being deleted").contains("a finalizer remains"));
    assertThat(outcome.results().toString()).contains("one").contains("two").contains("not tried");
  }

  /** The cluster, failing where the function says so. */
  private Cluster answering(BiFunction<String, Object[], @Nullable RuntimeException> failure) {
    return harness.answering((method, arguments) -> failure.apply(method, arguments));
  }

  private Cluster answeringItem(BiFunction<String, Object[], @Nullable ObjectNode> answer) {
    return harness.answering((method, arguments) -> {
      ObjectNode item = answer.apply(method, arguments);
      return item == null
          ? null
          : java.util.Optional.of(
              new Cluster.Item(
                  (dev.holdfast.model.ResourceType) arguments[1],
                  "",
                  "x",
                  dev.holdfast.model.Json.bytes(item)));
    });
  }
}
