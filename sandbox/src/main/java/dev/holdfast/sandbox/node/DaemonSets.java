package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;

/** One pod on each node that the template's selector and affinity choose. */
final class DaemonSets implements Controller {

  static final GroupResource TYPE = new GroupResource("apps", "daemonsets");

  private static final String REQUIRED =
      "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";

  private final Objects objects;
  private final Ownership ownership;

  DaemonSets(Objects objects) {
    this.objects = objects;
    this.ownership = new Ownership(objects);
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(TYPE) && change.after() != null) {
      reconcile(objects.read(change.after()));
    } else if (object.type().equals(Types.NODES)) {
      objects.list(TYPE, "").forEach(this::reconcile);
    } else if (object.type().equals(Types.PODS)) {
      ownership.ownersOf(objects.read(object), TYPE).forEach(this::reconcile);
    }
  }

  private void reconcile(ObjectNode set) {
    if (set.path("metadata").hasNonNull("deletionTimestamp")) {
      return;
    }
    List<ObjectNode> pods = Ownership.active(ownership.claim(Types.PODS, set));
    long wanted = 0;
    for (ObjectNode node : objects.list(Types.NODES, "")) {
      String name = node.at("/metadata/name").asText();
      List<ObjectNode> there = pods.stream().filter(pod -> target(pod).equals(name)).toList();
      boolean chosen = Affinity.chooses(set.at("/spec/template/spec"), node);
      wanted += chosen ? 1 : 0;
      if (chosen && there.isEmpty()) {
        create(set, name);
      }
      there.stream().skip(chosen ? 1 : 0).forEach(pod -> objects.delete(Types.PODS, pod, -1));
    }
    report(set, pods, wanted);
  }

  /** The node that a pod runs on or is meant for. */
  private static String target(JsonNode pod) {
    String node = pod.at("/spec/nodeName").asText();
    return node.isEmpty()
        ? pod.path("spec").at(REQUIRED + "/nodeSelectorTerms/0/matchFields/0/values/0").asText()
        : node;
  }

  private void create(ObjectNode set, String node) {
    ObjectNode pod = Ownership.pod(set, set.at("/spec/template"));
    pod.withObject("/spec")
        .withObject(REQUIRED)
        .putArray("nodeSelectorTerms")
        .addObject()
        .putArray("matchFields")
        .addObject()
        .put("key", "metadata.name")
        .put("operator", "In")
        .putArray("values")
        .add(node);
    ownership.create(set, pod);
  }

  private void report(ObjectNode set, List<ObjectNode> pods, long wanted) {
    long ready = Ownership.ready(pods);
    objects.edit(
        TYPE,
        set,
        "status",
        Ownership.MANAGER,
        latest -> {
          ObjectNode status = latest.withObject("/status");
          status.put("observedGeneration", latest.at("/metadata/generation").asLong());
          status.put("currentNumberScheduled", pods.size());
          status.put("desiredNumberScheduled", wanted).put("numberMisscheduled", 0);
          status.put("numberReady", ready).put("numberAvailable", ready);
          status.put("updatedNumberScheduled", pods.size());
          status.put("numberUnavailable", Math.max(0, wanted - ready));
        });
  }
}
