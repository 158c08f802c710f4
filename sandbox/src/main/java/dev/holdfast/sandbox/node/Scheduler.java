package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives pods a node: node selector, required node affinity, the nodes of their volumes, required
 * anti-affinity by host name, cordoned nodes. Claims that wait for their first consumer are told
 * the node; the pod follows once they are bound. Resources are not counted.
 */
final class Scheduler implements Controller {

  private static final Set<GroupResource> CONCERNS =
      Set.of(Types.PODS, Types.CLAIMS, Types.VOLUMES, Types.NODES, Types.STORAGE_CLASSES);

  private static final String MANAGER = "kube-scheduler";

  private final Objects objects;

  Scheduler(Objects objects) {
    this.objects = objects;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (!CONCERNS.contains(object.type())) {
      return;
    }
    if (object.type().equals(Types.PODS) && change.after() != null) {
      ObjectNode pod = objects.read(change.after());
      if (!ended(pod)) {
        schedule(pod);
        return;
      }
    }
    String namespace = object.type().equals(Types.CLAIMS) ? object.namespace() : "";
    objects.list(Types.PODS, namespace).forEach(this::schedule);
  }

  private void schedule(ObjectNode pod) {
    if (!pod.at("/spec/nodeName").asText().isEmpty()
        || pod.path("metadata").hasNonNull("deletionTimestamp")
        || !pod.at("/spec/schedulingGates").isEmpty()
        || !pod.at("/spec/schedulerName").asText("default-scheduler").equals("default-scheduler")
        || !pod.at("/status/phase").asText("Pending").equals("Pending")) {
      return;
    }
    List<ObjectNode> claims = new ArrayList<>();
    for (String name : claimNames(pod)) {
      ObjectNode claim = objects.get(Types.CLAIMS, pod.at("/metadata/namespace").asText(), name);
      if (claim == null) {
        refuse(pod, "persistentvolumeclaim \"" + name + "\" not found");
        return;
      }
      claims.add(claim);
    }
    if (claims.stream().anyMatch(claim -> !bound(claim) && !waitsForConsumer(claim))) {
      refuse(pod, "pod has unbound immediate PersistentVolumeClaims");
      return;
    }
    List<ObjectNode> nodes = objects.list(Types.NODES, "");
    if (claims.stream().anyMatch(claim -> taken(claim, pod))) {
      refuse(
          pod,
          "0/%d nodes are available: %1$d node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode."
              .formatted(nodes.size()));
      return;
    }
    Optional<ObjectNode> node =
        nodes.stream()
            .filter(each -> fits(pod, claims, each))
            .min(java.util.Comparator.comparingLong(this::load));
    if (node.isEmpty()) {
      refuse(pod, "0 nodes are available: none matches the pod's affinity and its volumes");
      return;
    }
    String name = node.get().at("/metadata/name").asText();
    boolean waits = false;
    for (ObjectNode claim : claims) {
      if (!bound(claim)) {
        waits = true;
        select(claim, name);
      }
    }
    if (!waits) {
      bind(pod, name);
    }
  }

  private static boolean ended(JsonNode pod) {
    return pod.at("/status/phase").asText().matches("Succeeded|Failed");
  }

  /** Whether another pod has a claim that only one may have. */
  private boolean taken(ObjectNode claim, ObjectNode pod) {
    if (claim
        .at("/spec/accessModes")
        .valueStream()
        .noneMatch(mode -> mode.asText().equals("ReadWriteOncePod"))) {
      return false;
    }
    String name = claim.at("/metadata/name").asText();
    return objects.list(Types.PODS, claim.at("/metadata/namespace").asText()).stream()
        .filter(other -> !other.at("/metadata/uid").equals(pod.at("/metadata/uid")))
        .filter(other -> !other.at("/spec/nodeName").asText().isEmpty() && !ended(other))
        .anyMatch(other -> claimNames(other).contains(name));
  }

  /** Of persistentVolumeClaim and ephemeral volumes. */
  static List<String> claimNames(JsonNode pod) {
    List<String> names = new ArrayList<>();
    for (JsonNode volume : pod.at("/spec/volumes")) {
      if (volume.has("persistentVolumeClaim")) {
        names.add(volume.at("/persistentVolumeClaim/claimName").asText());
      } else if (volume.has("ephemeral")) {
        names.add(pod.at("/metadata/name").asText() + "-" + volume.path("name").asText());
      }
    }
    return names;
  }

  private static boolean bound(JsonNode claim) {
    return claim.at("/status/phase").asText().equals("Bound");
  }

  private boolean waitsForConsumer(JsonNode claim) {
    ObjectNode type =
        objects.get(Types.STORAGE_CLASSES, "", claim.at("/spec/storageClassName").asText());
    return type != null
        && type.path("volumeBindingMode").asText().equals("WaitForFirstConsumer")
        && claim.at("/spec/volumeName").asText().isEmpty();
  }

  private boolean fits(ObjectNode pod, List<ObjectNode> claims, ObjectNode node) {
    if (node.at("/spec/unschedulable").asBoolean()
        || Nodes.unreachable(node)
        || !Affinity.chooses(pod.path("spec"), node)
        || avoids(pod, node)) {
      return false;
    }
    String name = node.at("/metadata/name").asText();
    for (ObjectNode claim : claims) {
      if (bound(claim)) {
        ObjectNode volume = objects.get(Types.VOLUMES, "", claim.at("/spec/volumeName").asText());
        if (volume == null || !Affinity.reaches(volume, node)) {
          return false;
        }
      } else {
        String selected = claim.at("/metadata/annotations").path(Provisioner.SELECTED).asText();
        if (!selected.isEmpty() && !selected.equals(name)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Required anti-affinity, with the host as topology. */
  private boolean avoids(ObjectNode pod, ObjectNode node) {
    JsonNode terms =
        pod.at("/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    if (terms.isEmpty()) {
      return false;
    }
    String name = node.at("/metadata/name").asText();
    for (ObjectNode other : objects.list(Types.PODS, pod.at("/metadata/namespace").asText())) {
      if (other.at("/spec/nodeName").asText().equals(name)
          && terms.valueStream().anyMatch(term -> matches(term, other))) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(JsonNode term, ObjectNode pod) {
    Map<String, String> labels = new HashMap<>();
    pod.at("/metadata/labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return term.path("topologyKey").asText().equals("kubernetes.io/hostname")
        && term.path("labelSelector").isObject()
        && Json.read(Json.bytes(term.path("labelSelector")), LabelSelector.class, "a selector")
            .matches(labels);
  }

  private long load(ObjectNode node) {
    String name = node.at("/metadata/name").asText();
    return objects.list(Types.PODS, "").stream()
        .filter(pod -> pod.at("/spec/nodeName").asText().equals(name))
        .count();
  }

  private void select(ObjectNode claim, String node) {
    if (!claim.at("/metadata/annotations").path(Provisioner.SELECTED).asText().equals(node)) {
      objects.edit(
          Types.CLAIMS,
          claim,
          "",
          MANAGER,
          present -> present.withObject("/metadata/annotations").put(Provisioner.SELECTED, node));
    }
  }

  private void bind(ObjectNode pod, String node) {
    objects.edit(
        Types.PODS,
        pod,
        "",
        MANAGER,
        present -> {
          if (present.at("/spec/nodeName").asText().isEmpty()) {
            present.withObject("/spec").put("nodeName", node);
          }
        });
  }

  private void refuse(ObjectNode pod, String why) {
    for (JsonNode condition : pod.at("/status/conditions")) {
      if (condition.path("type").asText().equals("PodScheduled")
          && condition.path("message").asText().equals(why)) {
        return;
      }
    }
    objects.edit(
        Types.PODS,
        pod,
        "status",
        MANAGER,
        present -> {
          ObjectNode status = present.withObject("/status").put("phase", "Pending");
          Conditions.set(status, "PodScheduled", false, "Unschedulable", why);
        });
  }
}
