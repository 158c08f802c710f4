package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What uses the claims of a namespace: pods that have not ended, and workloads that can be scaled,
 * which use one by their template, whether they have pods or not.
 */
final class ClaimUsers {

  private static final GroupResource DEPLOYMENTS = GroupResource.parse("deployments.apps");
  private static final GroupResource SETS = GroupResource.parse("statefulsets.apps");
  private static final GroupResource REPLICA_SETS = GroupResource.parse("replicasets.apps");
  private static final GroupResource CONTROLLERS = new GroupResource("", "replicationcontrollers");

  /** What has {@code spec.replicas}, in the order in which owners come before what they own. */
  static final List<GroupResource> SCALED = List.of(DEPLOYMENTS, SETS, REPLICA_SETS, CONTROLLERS);

  private final Map<String, ObjectNode> workloads = new LinkedHashMap<>();
  private final Map<String, ItemKey> keys = new LinkedHashMap<>();
  private final List<ObjectNode> pods;

  private ClaimUsers(List<ObjectNode> pods) {
    this.pods = pods;
  }

  static ClaimUsers find(Operation op, Cluster cluster, Discovery discovery, String namespace) {
    ClaimUsers users = new ClaimUsers(pods(op, cluster, discovery, namespace));
    for (GroupResource kind : SCALED) {
      for (ObjectNode each : list(op, cluster, discovery, kind, namespace)) {
        users.workloads.put(Target.uid(each), each);
        users.keys.put(
            Target.uid(each), new ItemKey(kind, namespace, each.at("/metadata/name").asText()));
      }
    }
    return users;
  }

  private static List<ObjectNode> list(
      Operation op, Cluster cluster, Discovery discovery, GroupResource kind, String namespace) {
    List<ObjectNode> found = new ArrayList<>();
    Optional<ResourceType> type = discovery.find(kind);
    type.ifPresent(each ->
        cluster.list(op, each, namespace, ListOptions.ALL, item -> found.add(Target.tree(item))));
    return found;
  }

  private static List<ObjectNode> pods(
      Operation op, Cluster cluster, Discovery discovery, String namespace) {
    return list(op, cluster, discovery, Kinds.PODS, namespace).stream()
        .filter(pod -> !pod.at("/status/phase").asText().matches("Succeeded|Failed"))
        .toList();
  }

  /** Claim → a pod that uses it and has not ended; only for claims that one uses. */
  static Map<String, String> inUse(
      Operation op, Cluster cluster, Discovery discovery, String namespace, Set<String> claims) {
    Map<String, String> used = new LinkedHashMap<>();
    if (!claims.isEmpty()) {
      for (ObjectNode pod : pods(op, cluster, discovery, namespace)) {
        for (String claim : claims(pod.path("spec"))) {
          if (claims.contains(claim)) {
            used.put(claim, pod.at("/metadata/name").asText());
          }
        }
      }
    }
    return used;
  }

  /** The claims that a pod names; those of ephemeral volumes are not among them. */
  static List<String> claims(JsonNode podSpec) {
    return podSpec
        .path("volumes")
        .valueStream()
        .map(volume -> volume.at("/persistentVolumeClaim/claimName").asText())
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /** Why what uses the claim cannot be stopped, with what to do; empty if it can. */
  Optional<String> obstacle(String claim) {
    for (ObjectNode pod : pods) {
      if (claims(pod.path("spec")).contains(claim)) {
        Optional<String> obstacle = obstacle(pod);
        if (obstacle.isPresent()) {
          return obstacle;
        }
      } else if (ephemeral(pod, claim)) {
        return Optional.of("it lives and dies with pod " + pod.at("/metadata/name").asText());
      }
    }
    return workloads(claim).stream().flatMap(each -> obstacle(each).stream()).findFirst();
  }

  private static boolean ephemeral(ObjectNode pod, String claim) {
    return pod.at("/spec/volumes")
        .valueStream()
        .filter(volume -> volume.has("ephemeral"))
        .anyMatch(volume ->
            claim.equals(pod.at("/metadata/name").asText() + "-" + volume.path("name").asText()));
  }

  private Optional<String> obstacle(ObjectNode pod) {
    String name = pod.at("/metadata/name").asText();
    JsonNode owner = controller(pod);
    if (owner.isMissingNode()) {
      return Optional.of(
          "pod " + name + " uses it, and nothing would start it again: delete it, then restore");
    }
    return workloads.containsKey(owner.path("uid").asText())
        ? Optional.empty()
        : Optional.of(
            "pod %s uses it, and its %s %s cannot be scaled down: end it, then restore"
                .formatted(name, owner.path("kind").asText(), owner.path("name").asText()));
  }

  private Optional<String> obstacle(ItemKey key) {
    for (var entry : keys.entrySet()) {
      if (entry.getValue().equals(key)) {
        ObjectNode workload = workloads.getOrDefault(entry.getKey(), null);
        return workload == null ? Optional.empty() : unscalable(key, workload);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> unscalable(ItemKey key, ObjectNode workload) {
    JsonNode owner = controller(workload);
    if (!owner.isMissingNode()) {
      return Optional.of(
          "%s uses it, and its %s %s would scale it up again: stop it there, then restore"
              .formatted(key, owner.path("kind").asText(), owner.path("name").asText()));
    }
    return workload
            .at("/spec/persistentVolumeClaimRetentionPolicy/whenScaled")
            .asText()
            .equals("Delete")
        ? Optional.of(
            key + " deletes its claims when it is scaled down (whenScaled: Delete): change that")
        : Optional.empty();
  }

  private static JsonNode controller(ObjectNode object) {
    return object
        .at("/metadata/ownerReferences")
        .valueStream()
        .filter(owner -> owner.path("controller").asBoolean())
        .findFirst()
        .orElse(com.fasterxml.jackson.databind.node.MissingNode.getInstance());
  }

  /** The workloads that use the claim: the topmost that can be scaled. */
  Set<ItemKey> workloads(String claim) {
    Set<ItemKey> found = new LinkedHashSet<>();
    workloads.forEach((uid, workload) -> {
      if (claims(workload.at("/spec/template/spec")).contains(claim)
          || templated(workload, claim)) {
        found.add(key(top(uid)));
      }
    });
    for (ObjectNode pod : pods) {
      String owner = controller(pod).path("uid").asText();
      if (workloads.containsKey(owner) && claims(pod.path("spec")).contains(claim)) {
        found.add(key(top(owner)));
      }
    }
    return found;
  }

  private ItemKey key(String uid) {
    return java.util.Objects.requireNonNull(keys.get(uid));
  }

  private String top(String uid) {
    ObjectNode workload = workloads.get(uid);
    String owner = workload == null ? "" : controller(workload).path("uid").asText();
    return workloads.containsKey(owner) ? top(owner) : uid;
  }

  /** Whether a StatefulSet makes a claim of this name: {@code TEMPLATE-SET-NUMBER}. */
  static boolean templated(JsonNode set, String claim) {
    String name = set.at("/metadata/name").asText();
    return set.at("/spec/volumeClaimTemplates")
        .valueStream()
        .map(template -> template.at("/metadata/name").asText() + "-" + name + "-")
        .anyMatch(prefix ->
            claim.startsWith(prefix) && claim.substring(prefix.length()).matches("\\d{1,9}"));
  }
}
