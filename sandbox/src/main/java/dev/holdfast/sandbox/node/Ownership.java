package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.sandbox.schema.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Which pods and replica sets a controller controls; orphans that match are adopted. */
final class Ownership {

  static final String MANAGER = "kube-controller-manager";

  private final Objects objects;

  Ownership(Objects objects) {
    this.objects = objects;
  }

  /** What this owner controls, now or after adoption. */
  List<ObjectNode> claim(GroupResource type, ObjectNode owner) {
    return claim(type, owner, _ -> true);
  }

  /**
   * The same.
   *
   * @param adopts which of the orphans that its selector matches it takes
   */
  List<ObjectNode> claim(GroupResource type, ObjectNode owner, Predicate<ObjectNode> adopts) {
    JsonNode metadata = owner.path("metadata");
    LabelSelector selector = selector(owner);
    List<ObjectNode> mine = new ArrayList<>();
    for (ObjectNode each : objects.list(type, metadata.path("namespace").asText())) {
      if (!selector.matches(labels(each))) {
        continue;
      }
      String controller = controller(each);
      if (controller.equals(metadata.path("uid").asText())) {
        mine.add(each);
      } else if (controller.isEmpty()
          && adopts.test(each)
          && !each.path("metadata").hasNonNull("deletionTimestamp")
          && !metadata.hasNonNull("deletionTimestamp")) {
        objects.edit(type, each, "", MANAGER, present -> own(present, owner));
        mine.add(each);
      }
    }
    return mine;
  }

  static Map<String, String> labels(JsonNode object) {
    Map<String, String> labels = new HashMap<>();
    object
        .at("/metadata/labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return labels;
  }

  /** The uid of the controlling owner, or empty. */
  static String controller(JsonNode object) {
    for (JsonNode owner : object.at("/metadata/ownerReferences")) {
      if (owner.path("controller").asBoolean()) {
        return owner.path("uid").asText();
      }
    }
    return "";
  }

  /** Adds the owner reference, in place. */
  static void own(ObjectNode object, ObjectNode owner) {
    ArrayNode owners = object.withArray("/metadata/ownerReferences");
    owners
        .addObject()
        .put("apiVersion", owner.path("apiVersion").asText())
        .put("kind", owner.path("kind").asText())
        .put("name", owner.at("/metadata/name").asText())
        .put("uid", owner.at("/metadata/uid").asText())
        .put("controller", true)
        .put("blockOwnerDeletion", true);
  }

  /** A pod of a template, owned, without a name. */
  static ObjectNode pod(ObjectNode owner, JsonNode template) {
    ObjectNode pod = Json.MAPPER.createObjectNode();
    ObjectNode metadata = pod.putObject("metadata");
    for (String field : List.of("labels", "annotations")) {
      if (template.path("metadata").has(field)) {
        metadata.set(field, template.path("metadata").path(field).deepCopy());
      }
    }
    pod.set("spec", template.path("spec").deepCopy());
    own(pod, owner);
    return pod;
  }

  /** Creates it with a name that begins like the owner's. */
  void create(ObjectNode owner, ObjectNode pod) {
    String name = owner.at("/metadata/name").asText();
    pod.withObject("/metadata").put("generateName", name + "-");
    objects.create(Types.PODS, owner.at("/metadata/namespace").asText(), pod, MANAGER);
  }

  /** Pods that count: neither ended nor going. */
  static List<ObjectNode> active(List<ObjectNode> pods) {
    return pods.stream()
        .filter(pod ->
            !pod.path("metadata").hasNonNull("deletionTimestamp")
                && !ended(pod, "Succeeded")
                && !ended(pod, "Failed"))
        .toList();
  }

  static boolean ended(JsonNode pod, String phase) {
    return pod.at("/status/phase").asText().equals(phase);
  }

  static long ready(List<ObjectNode> pods) {
    return pods.stream().filter(pod -> Conditions.holds(pod, "Ready")).count();
  }

  private static LabelSelector selector(ObjectNode owner) {
    return Json.read(Json.bytes(owner.at("/spec/selector")), LabelSelector.class, "a selector");
  }

  /**
   * Those of a type that a changed object makes a controller look at again: whom an orphan fits.
   */
  List<ObjectNode> ownersOf(JsonNode object, GroupResource type) {
    String namespace = object.at("/metadata/namespace").asText();
    String controller = controller(object);
    Map<String, String> labels = labels(object);
    return objects.list(type, namespace).stream()
        .filter(owner ->
            controller.isEmpty()
                ? owner.at("/spec/selector").isObject() && selector(owner).matches(labels)
                : controller.equals(owner.at("/metadata/uid").asText()))
        .toList();
  }
}
