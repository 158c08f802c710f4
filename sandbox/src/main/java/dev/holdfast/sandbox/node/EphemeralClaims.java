package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;

/** A claim for each ephemeral volume of a pod, owned by the pod. */
final class EphemeralClaims implements Controller {

  private final Objects objects;

  EphemeralClaims(Objects objects) {
    this.objects = objects;
  }

  @Override
  public void observe(Change change) {
    if (!change.object().type().equals(Types.PODS)
        || change.before() != null
        || change.after() == null) {
      return;
    }
    ObjectNode pod = objects.read(change.after());
    for (JsonNode volume : pod.at("/spec/volumes")) {
      if (volume.has("ephemeral")) {
        ObjectNode claim = Json.MAPPER.createObjectNode();
        ObjectNode metadata = claim.putObject("metadata");
        metadata.put(
            "name", pod.at("/metadata/name").asText() + "-" + volume.path("name").asText());
        claim.set("spec", volume.at("/ephemeral/volumeClaimTemplate/spec").deepCopy());
        Ownership.own(claim, pod);
        objects.create(
            Types.CLAIMS, pod.at("/metadata/namespace").asText(), claim, Ownership.MANAGER);
      }
    }
  }
}
