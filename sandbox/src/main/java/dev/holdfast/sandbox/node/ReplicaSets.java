package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.util.Comparator;
import java.util.List;

/** As many pods as a ReplicaSet wants. */
final class ReplicaSets implements Controller {

  static final GroupResource TYPE = new GroupResource("apps", "replicasets");

  private final Objects objects;
  private final Ownership ownership;

  ReplicaSets(Objects objects) {
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
    List<ObjectNode> pods = Ownership.active(ownership.claim(Types.PODS, set));
    long wanted = set.at("/spec/replicas").asLong(1);
    for (long number = pods.size(); number < wanted; number++) {
      ownership.create(set, Ownership.pod(set, set.at("/spec/template")));
    }
    pods.stream()
        .sorted(Comparator.comparing(pod -> Conditions.holds(pod, "Ready")))
        .limit(Math.max(0, pods.size() - wanted))
        .forEach(pod -> objects.delete(Types.PODS, pod, -1));
    long ready = Ownership.ready(pods);
    long present = Math.min(pods.size(), wanted);
    objects.edit(
        TYPE,
        set,
        "status",
        Ownership.MANAGER,
        latest -> {
          ObjectNode status = latest.withObject("/status").put("replicas", present);
          JsonNode generation = latest.at("/metadata/generation");
          status.put("observedGeneration", generation.asLong());
          status.put("fullyLabeledReplicas", present);
          status.put("readyReplicas", ready).put("availableReplicas", ready);
        });
  }
}
