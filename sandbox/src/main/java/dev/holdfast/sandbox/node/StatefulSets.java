package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Numbered pods with claims of their own, one after the other unless the policy is Parallel. A
 * changed template reaches pods when they are made again; nothing rolls.
 */
final class StatefulSets implements Controller {

  static final GroupResource TYPE = new GroupResource("apps", "statefulsets");

  private final Objects objects;
  private final Ownership ownership;

  StatefulSets(Objects objects) {
    this.objects = objects;
    this.ownership = new Ownership(objects);
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(TYPE) && change.after() != null) {
      reconcile(objects.read(change.after()));
    } else if (object.type().equals(Types.PODS)) {
      ownership.ownersOf(objects.read(object), TYPE).forEach(this::reconcile);
    }
  }

  private void reconcile(ObjectNode set) {
    if (set.path("metadata").hasNonNull("deletionTimestamp")) {
      return;
    }
    Map<Long, ObjectNode> pods = new TreeMap<>();
    for (ObjectNode pod : ownership.claim(Types.PODS, set, each -> ordinal(set, each) >= 0)) {
      long ordinal = ordinal(set, pod);
      if (ordinal >= 0) {
        pods.put(ordinal, pod);
      }
    }
    long start = set.at("/spec/ordinals/start").asLong(0);
    long wanted = set.at("/spec/replicas").asLong(1);
    boolean parallel = set.at("/spec/podManagementPolicy").asText().equals("Parallel");
    grow(set, pods, start, wanted, parallel);
    shrink(pods, start + wanted, parallel);
    report(set, List.copyOf(pods.values()));
  }

  private static long ordinal(ObjectNode set, ObjectNode pod) {
    String prefix = set.at("/metadata/name").asText() + "-";
    String name = pod.at("/metadata/name").asText();
    String number = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
    return number.matches("\\d{1,9}") ? Long.parseLong(number) : -1;
  }

  private void grow(
      ObjectNode set, Map<Long, ObjectNode> pods, long start, long wanted, boolean parallel) {
    for (long number = start; number < start + wanted; number++) {
      ObjectNode pod = pods.get(number);
      if (pod == null) {
        create(set, number);
      } else if (Ownership.ended(pod, "Failed") || Ownership.ended(pod, "Succeeded")) {
        objects.delete(Types.PODS, pod, 0);
      }
      if (!parallel && (pod == null || !Conditions.holds(pod, "Ready"))) {
        return; // the next one waits for it
      }
    }
  }

  private void shrink(Map<Long, ObjectNode> pods, long end, boolean parallel) {
    List<ObjectNode> surplus =
        pods.entrySet().stream()
            .filter(pod -> pod.getKey() >= end)
            .map(Map.Entry::getValue)
            .toList()
            .reversed();
    surplus.stream()
        .limit(parallel ? surplus.size() : 1)
        .filter(pod -> !pod.path("metadata").hasNonNull("deletionTimestamp"))
        .forEach(pod -> objects.delete(Types.PODS, pod, -1));
  }

  private void create(ObjectNode set, long number) {
    String namespace = set.at("/metadata/namespace").asText();
    String name = set.at("/metadata/name").asText() + "-" + number;
    ObjectNode pod = Ownership.pod(set, set.at("/spec/template"));
    ObjectNode metadata = pod.withObject("/metadata").put("name", name);
    metadata
        .withObject("/labels")
        .put("statefulset.kubernetes.io/pod-name", name)
        .put("apps.kubernetes.io/pod-index", String.valueOf(number));
    ObjectNode spec = pod.withObject("/spec").put("hostname", name);
    String service = set.at("/spec/serviceName").asText();
    if (!service.isEmpty()) {
      spec.put("subdomain", service);
    }
    for (JsonNode template : set.at("/spec/volumeClaimTemplates")) {
      String volume = template.at("/metadata/name").asText();
      claim(namespace, volume + "-" + name, template, set);
      mount(spec.withArray("/volumes"), volume, volume + "-" + name);
    }
    objects.create(Types.PODS, namespace, pod, Ownership.MANAGER);
  }

  private void claim(String namespace, String name, JsonNode template, ObjectNode set) {
    if (objects.get(Types.CLAIMS, namespace, name) != null) {
      return;
    }
    ObjectNode claim = Json.MAPPER.createObjectNode();
    ObjectNode metadata = claim.putObject("metadata");
    if (template.at("/metadata").has("annotations")) {
      metadata.set("annotations", template.at("/metadata/annotations").deepCopy());
    }
    metadata.put("name", name);
    ObjectNode labels = metadata.putObject("labels");
    if (template.at("/metadata/labels") instanceof ObjectNode given) {
      labels.setAll(given.deepCopy());
    }
    if (set.at("/spec/selector/matchLabels") instanceof ObjectNode selected) {
      labels.setAll(selected.deepCopy());
    }
    claim.set("spec", template.path("spec").deepCopy());
    objects.create(Types.CLAIMS, namespace, claim, Ownership.MANAGER);
  }

  private static void mount(ArrayNode volumes, String name, String claim) {
    for (int i = volumes.size() - 1; i >= 0; i--) {
      if (volumes.get(i).path("name").asText().equals(name)) {
        volumes.remove(i);
      }
    }
    volumes
        .addObject()
        .put("name", name)
        .putObject("persistentVolumeClaim")
        .put("claimName", claim);
  }

  private void report(ObjectNode set, List<ObjectNode> pods) {
    long present = Ownership.active(pods).size();
    long ready = Ownership.ready(Ownership.active(pods));
    objects.edit(
        TYPE,
        set,
        "status",
        Ownership.MANAGER,
        latest -> {
          ObjectNode status = latest.withObject("/status").put("replicas", present);
          status.put("observedGeneration", latest.at("/metadata/generation").asLong());
          status.put("readyReplicas", ready).put("availableReplicas", ready);
          status.put("currentReplicas", present).put("updatedReplicas", present);
          status.put("collisionCount", 0);
        });
  }
}
