package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.restore.Outcome;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.engine.restore.action.FieldDiff;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job on what real API servers returned: everything is backed up, all but the system is
 * wiped, everything is restored, and every object is compared field by field.
 */
@NullUnmarked
@Tag("EMF-9")
@Tag("EMF-12")
@Tag("EBS-4")
class RealInputTest {

  /** What a restore leaves alone on purpose (velero.md 5.1, 5.3): not wiped, not compared. */
  private static final Set<String> NOT_RESTORED =
      Set.of(
          "nodes",
          "events",
          "events.events.k8s.io",
          "csinodes.storage.k8s.io",
          "volumeattachments.storage.k8s.io",
          "leases.coordination.k8s.io");

  /** Taken over by their controllers, by selector. */
  private static final Set<String> ADOPTED =
      Set.of("pods", "replicasets.apps", "controllerrevisions.apps");

  private static final Set<String> SYSTEM_NAMESPACES =
      Set.of("kube-system", "kube-public", "kube-node-lease", "default");

  @TempDir Path folder;
  private final Operation op = Operation.start().within(Duration.ofMinutes(5));

  @Test
  void theClusterThatVeleroWasAskedAbout() throws Exception {
    assertThat(outAndBack(Fixtures.path("velero-cases/cluster")))
        .isEqualTo(
            Map.of(
                "being deleted", 1,
                "certificate authority", 5,
                "excluded by its label", 1,
                "of Velero", 1,
                "provisioned volume", 1));
  }

  @Test
  void aClusterWithArgoCdOpenEbsAndAShop() throws Exception {
    assertThat(outAndBack(Fixtures.external("real-cluster")))
        .isEqualTo(Map.of("certificate authority", 5, "provisioned volume", 1));
  }

  /** How many objects were wiped and are, for which reason, not to come back as they were. */
  private Map<String, Integer> outAndBack(Path recording) throws Exception {
    Path kubeconfig = folder.resolve("kubeconfig");
    try (Sandbox sandbox =
            Sandbox.start(SandboxOptions.DEFAULT.load(recording).kubeconfig(kubeconfig));
        Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null));
        DirectoryStore store =
            new DirectoryStore(Files.createDirectory(folder.resolve("location")))) {
      assertThat(sandbox.url()).isNotEmpty();
      Map<ItemKey, ObjectNode> before = objects(cluster);
      BackupOutcome backup = backUp(cluster, store);
      assertThat(backup.results().errors().cluster()).isEmpty();

      Discovery discovery = cluster.discover(op);
      wipe(cluster, discovery, before);
      Map<ItemKey, ObjectNode> wiped = objects(cluster);
      List<ItemKey> gone = before.keySet().stream().filter(key -> !wiped.containsKey(key)).toList();
      assertThat(gone).hasSizeGreaterThan(50);

      RestoreOutcome restored = restore(cluster, store);
      Map<ItemKey, ObjectNode> after = objects(cluster);
      assertThat(restored.count(Outcome.FAILED)).as(String.valueOf(restored.results())).isZero();
      List<String> differences = new ArrayList<>();
      Map<String, Integer> skipped = new TreeMap<>();
      for (ItemKey key : gone) {
        String reason = leftOut(key, before.get(key));
        if (reason == null) {
          compare(key, before.get(key), after.get(key), differences);
          owners(key, before, after, differences);
        } else {
          skipped.merge(reason, 1, Integer::sum);
        }
      }
      assertThat(differences).isEmpty();
      return skipped;
    }
  }

  private BackupOutcome backUp(Cluster cluster, DirectoryStore store) throws Exception {
    Backup.Spec spec =
        Json.read(
            "{\"snapshotVolumes\":false,\"includeClusterResources\":true}"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8),
            Backup.Spec.class,
            "spec");
    var document = new Backup(null, null, ObjectMeta.named("velero", "all"), spec, null);
    return new BackupRun(
            cluster, store, BackupOptions.of(document, "test").scratch(folder), Progress.SILENT)
        .run(op);
  }

  private RestoreOutcome restore(Cluster cluster, DirectoryStore store) {
    Restore.Spec spec =
        Json.read(
            "{\"backupName\":\"all\",\"includeClusterResources\":true,\"preserveNodePorts\":true}"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8),
            Restore.Spec.class,
            "spec");
    var document = new Restore(null, null, ObjectMeta.named("velero", "back"), spec, null);
    return new RestoreRun(cluster, store, RestoreOptions.of(document, "test"), Progress.SILENT)
        .run(op);
  }

  private Map<ItemKey, ObjectNode> objects(Cluster cluster) {
    Map<ItemKey, ObjectNode> objects = new TreeMap<>();
    for (ResourceType type : cluster.discover(op).preferred()) {
      if (type.can("list") && type.can("create") && type.can("delete")) {
        try {
          var _ =
              cluster.list(
                  op,
                  type,
                  "",
                  Cluster.ListOptions.ALL,
                  item ->
                      objects.put(
                          new ItemKey(type.groupResource(), item.namespace(), item.name()),
                          Json.object(item.json(), item.name())));
        } catch (Failure.Absent e) {
          // a custom type whose definition went after it was discovered
        }
      }
    }
    return objects;
  }

  /** Deletes everything that is not the system's, definitions and namespaces last. */
  private void wipe(Cluster cluster, Discovery discovery, Map<ItemKey, ObjectNode> objects) {
    List<ItemKey> mine =
        objects.keySet().stream().filter(key -> !isSystem(key, objects.get(key))).toList();
    List<ItemKey> last =
        mine.stream()
            .filter(k ->
                k.type().resource().equals("namespaces")
                    || k.type().resource().equals("customresourcedefinitions"))
            .toList();
    // What is in a namespace goes with it, at once: nobody runs the pods that would end in their
    // time.
    for (ItemKey key : mine) {
      release(cluster, discovery, key, objects.get(key));
      if (!key.namespaced() && !last.contains(key)) {
        delete(cluster, discovery, key);
      }
    }
    last.forEach(key -> delete(cluster, discovery, key));
    await()
        .untilAsserted(
            () -> assertThat(objects(cluster).keySet().stream().filter(last::contains)).isEmpty());
  }

  private static boolean isSystem(ItemKey key, ObjectNode object) {
    String type = key.type().toString();
    boolean made = key.name().startsWith("system:") || key.name().startsWith("kube-");
    return NOT_RESTORED.contains(type)
        || SYSTEM_NAMESPACES.contains(key.namespace())
        || (type.equals("namespaces") && SYSTEM_NAMESPACES.contains(key.name()))
        || type.endsWith(".cattle.io") // the distribution's own, in kube-system
        || key.name().endsWith(".cattle.io")
        || type.startsWith("apiservices.")
        || type.startsWith("flowschemas.")
        || type.startsWith("prioritylevelconfigurations.")
        || type.startsWith("servicecidrs.")
        || type.startsWith("ipaddresses.")
        || type.startsWith("componentstatuses")
        || (!key.namespaced() && made)
        || object.path("metadata").path("labels").has("kubernetes.io/bootstrapping");
  }

  /** Takes finalizers away, whose controllers do not run here. */
  private void release(Cluster cluster, Discovery discovery, ItemKey key, ObjectNode object) {
    if (object.path("metadata").has("finalizers")) {
      ResourceType type = discovery.find(key.type()).orElseThrow();
      try {
        var _ =
            cluster.patch(
                op,
                type,
                key.namespace(),
                key.name(),
                Cluster.PatchType.MERGE,
                "{\"metadata\":{\"finalizers\":null}}"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8),
                Cluster.WriteOptions.NONE);
      } catch (Failure.Absent e) {
        // an owner that went before took it along
      }
    }
  }

  private void delete(Cluster cluster, Discovery discovery, ItemKey key) {
    try {
      cluster.delete(
          op,
          discovery.find(key.type()).orElseThrow(),
          key.namespace(),
          key.name(),
          Cluster.DeleteOptions.NONE);
    } catch (Failure.Absent e) {
      // an owner that went before took it along
    }
  }

  private static void compare(
      ItemKey key, ObjectNode before, JsonNode after, List<String> differences) {
    if (after == null) {
      differences.add(key + " is missing");
      return;
    }
    JsonNode left = strip(key, before.deepCopy());
    JsonNode right = strip(key, after.deepCopy());
    // What is there in addition is a default of the server: the recorded one may be years older.
    // A Job's own uid, in its labels, is the server's, too.
    var lost =
        FieldDiff.of(key.type(), left, right).stream()
            .filter(c -> c.before() != null && !c.path().contains("controller-uid"))
            .toList();
    if (!lost.isEmpty()) {
      differences.add(key + ": " + lost);
    }
  }

  /** Whoever owned it owns it again, under the uid of now; what controllers adopt is theirs. */
  private static void owners(
      ItemKey key,
      Map<ItemKey, ObjectNode> before,
      Map<ItemKey, ObjectNode> after,
      List<String> differences) {
    if (ADOPTED.contains(key.type().toString()) || !after.containsKey(key)) {
      return;
    }
    for (JsonNode owner : before.get(key).path("metadata").path("ownerReferences")) {
      String uid =
          after.entrySet().stream()
              .filter(e -> before.containsKey(e.getKey()))
              .filter(e -> uid(before.get(e.getKey())).equals(owner.path("uid").asText()))
              .map(e -> uid(e.getValue()))
              .findFirst()
              .orElse("");
      boolean linked = false;
      for (JsonNode now : after.get(key).path("metadata").path("ownerReferences")) {
        linked |= now.path("uid").asText().equals(uid);
      }
      if (!uid.isEmpty() && !linked) {
        differences.add(key + " is not owned by " + owner.path("kind") + " " + owner.path("name"));
      }
    }
  }

  private static String uid(ObjectNode object) {
    return object.path("metadata").path("uid").asText();
  }

  /** Why a restore does not bring it back as it was; null if it must. */
  private static String leftOut(ItemKey key, ObjectNode before) {
    JsonNode metadata = before.path("metadata");
    String phase = before.path("status").path("phase").asText();
    String type = key.type().toString();
    if (NOT_RESTORED.contains(type)) {
      return type;
    }
    if (key.type().group().equals("velero.io")) {
      return "of Velero";
    }
    if (metadata.has("deletionTimestamp")) {
      return "being deleted";
    }
    if (metadata.path("labels").path("velero.io/exclude-from-backup").asText().equals("true")) {
      return "excluded by its label";
    }
    if (type.equals("pods") && (phase.equals("Succeeded") || phase.equals("Failed"))) {
      return "ended pod";
    }
    if (type.equals("jobs.batch") && before.path("status").has("completionTime")) {
      return "complete job";
    }
    if (metadata.path("annotations").has("kubernetes.io/config.mirror")) {
      return "mirror pod";
    }
    if (type.equals("persistentvolumes")
        && before.path("spec").path("persistentVolumeReclaimPolicy").asText().equals("Delete")) {
      return "provisioned volume";
    }
    if (key.name().equals("kube-root-ca.crt")) {
      return "certificate authority"; // every cluster publishes its own
    }
    return before.path("type").asText().equals("kubernetes.io/service-account-token")
        ? "token"
        : null;
  }

  /** Drops what only the server sets and what a restore changes by its rules. */
  private static JsonNode strip(ItemKey key, ObjectNode object) {
    ObjectNode metadata = object.withObject("metadata");
    metadata.remove(
        List.of(
            "uid",
            "generateName",
            "resourceVersion",
            "creationTimestamp",
            "generation",
            "managedFields",
            "selfLink",
            "ownerReferences"));
    if (metadata.get("labels") instanceof ObjectNode labels) {
      labels.remove(List.of("velero.io/backup-name", "velero.io/restore-name"));
      if (labels.isEmpty()) {
        metadata.remove("labels");
      }
    }
    if (metadata.get("annotations") instanceof ObjectNode annotations) {
      annotations.remove(
          List.of(
              "pv.kubernetes.io/bind-completed",
              "pv.kubernetes.io/bound-by-controller",
              "volume.kubernetes.io/selected-node",
              "volume.kubernetes.io/storage-provisioner",
              "volume.beta.kubernetes.io/storage-provisioner"));
      annotations.properties().removeIf(entry -> entry.getKey().startsWith("holdfast.dev/"));
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    object.remove("status");
    dropNulls(object);
    if (key.type().toString().equals("serviceaccounts")) {
      object.remove("secrets"); // tokens that the control plane makes anew
    }
    if (object.get("spec") instanceof ObjectNode spec) {
      switch (key.type().toString()) {
        case "pods" -> spec.remove(List.of("nodeName", "priority"));
        case "services" -> spec.remove(List.of("clusterIP", "clusterIPs"));
        // said by the schema since v1
        case "customresourcedefinitions.apiextensions.k8s.io" ->
            spec.remove("preserveUnknownFields");
        // a claim whose volume was provisioned for it gets a new one
        case "persistentvolumeclaims" -> spec.remove("volumeName");
        case "persistentvolumes" -> {
          if (spec.get("claimRef") instanceof ObjectNode claim) {
            claim.remove(List.of("uid", "resourceVersion"));
          }
        }
        default -> {}
      }
    }
    return object;
  }

  /** An older server writes null where a newer one writes nothing. */
  private static void dropNulls(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(field -> field.getValue().isNull());
    }
    node.forEach(RealInputTest::dropNulls);
  }
}
