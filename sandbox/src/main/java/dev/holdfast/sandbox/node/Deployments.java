package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A ReplicaSet for a Deployment's template. A new template gets a new set at once and the old ones
 * are scaled to nothing: no rolling, no limits of unavailability.
 */
final class Deployments implements Controller {

  static final GroupResource TYPE = new GroupResource("apps", "deployments");

  private static final String HASH = "pod-template-hash";

  private final Objects objects;
  private final Ownership ownership;

  Deployments(Objects objects) {
    this.objects = objects;
    this.ownership = new Ownership(objects);
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(TYPE) && change.after() != null) {
      reconcile(objects.read(change.after()));
    } else if (object.type().equals(ReplicaSets.TYPE)) {
      ownership.ownersOf(objects.read(object), TYPE).forEach(this::reconcile);
    }
  }

  private void reconcile(ObjectNode deployment) {
    if (deployment.path("metadata").hasNonNull("deletionTimestamp")) {
      return;
    }
    List<ObjectNode> sets = ownership.claim(ReplicaSets.TYPE, deployment);
    long wanted = deployment.at("/spec/replicas").asLong(1);
    ObjectNode current = null;
    for (ObjectNode set : sets) {
      if (current == null && sameTemplate(set, deployment)) {
        current = set;
      }
    }
    for (ObjectNode set : sets) {
      scale(set, set.equals(current) ? wanted : 0);
    }
    if (current == null && !deployment.at("/spec/paused").asBoolean()) {
      create(deployment, wanted);
    }
    report(deployment, current, sets, wanted);
  }

  private static boolean sameTemplate(JsonNode set, JsonNode deployment) {
    return bare(set.at("/spec/template")).equals(bare(deployment.at("/spec/template")));
  }

  private static JsonNode bare(JsonNode template) {
    ObjectNode copy = template.deepCopy();
    ObjectNode metadata = copy.withObject("/metadata");
    metadata.remove("creationTimestamp");
    if (metadata.get("labels") instanceof ObjectNode labels) {
      labels.remove(HASH);
    }
    return copy;
  }

  private void scale(ObjectNode set, long replicas) {
    if (set.at("/spec/replicas").asLong(1) != replicas) {
      objects.edit(
          ReplicaSets.TYPE,
          set,
          "",
          Ownership.MANAGER,
          present -> present.withObject("/spec").put("replicas", replicas));
    }
  }

  private void create(ObjectNode deployment, long replicas) {
    JsonNode template = deployment.at("/spec/template");
    String hash = Integer.toHexString(bare(template).toString().hashCode());
    JsonNode metadata = deployment.path("metadata");
    ObjectNode set = Json.MAPPER.createObjectNode();
    ObjectNode own = set.putObject("metadata");
    own.put("name", metadata.path("name").asText() + "-" + hash);
    ObjectNode labels = own.putObject("labels");
    labels.setAll(template.withObject("/metadata/labels").deepCopy());
    labels.put(HASH, hash);
    own.putObject("annotations").put("deployment.kubernetes.io/revision", "1");
    Ownership.own(set, deployment);
    ObjectNode spec = set.putObject("spec").put("replicas", replicas);
    spec.set("selector", deployment.at("/spec/selector").deepCopy());
    spec.withObject("/selector/matchLabels").put(HASH, hash);
    spec.set("template", template.deepCopy());
    spec.withObject("/template/metadata/labels").put(HASH, hash);
    objects.create(ReplicaSets.TYPE, metadata.path("namespace").asText(), set, Ownership.MANAGER);
  }

  private void report(
      ObjectNode deployment, @Nullable ObjectNode current, List<ObjectNode> sets, long wanted) {
    long all = sum(sets, "replicas");
    long ready = sum(sets, "readyReplicas");
    long updated = current == null ? 0 : current.at("/status/replicas").asLong();
    boolean complete = updated == wanted && ready >= wanted && all == updated;
    objects.edit(
        TYPE,
        deployment,
        "status",
        Ownership.MANAGER,
        latest -> {
          ObjectNode status = latest.withObject("/status");
          status.put("observedGeneration", latest.at("/metadata/generation").asLong());
          status.put("replicas", all).put("updatedReplicas", updated);
          status.put("readyReplicas", ready).put("availableReplicas", ready);
          status.put("unavailableReplicas", Math.max(0, wanted - ready));
          boolean enough = ready >= wanted;
          Conditions.set(
              status,
              "Available",
              enough,
              enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
              "");
          Conditions.set(
              status,
              "Progressing",
              true,
              complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
              "");
        });
  }

  private static long sum(List<ObjectNode> sets, String field) {
    return sets.stream().mapToLong(set -> set.path("status").path(field).asLong()).sum();
  }
}
