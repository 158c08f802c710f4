package dev.holdfast.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every item of a cluster at one time, without what only a server sets: uid, resourceVersion,
 * times, generation, managed fields, status, addresses it hands out, and the two labels that a
 * restore adds. An owner reference is kept with the owner's name, and with whether its uid is that
 * of the object which now has this name.
 */
record Census(SortedMap<ItemKey, ObjectNode> items) {

  /** Kinds whose controller takes them back by its selector: restored without an owner. */
  private static final Set<String> ADOPTED = Set.of("Pod", "ReplicaSet", "ControllerRevision");

  private static final List<String> SERVER_SET =
      List.of(
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "generation",
          "managedFields",
          "selfLink",
          "deletionTimestamp",
          "deletionGracePeriodSeconds");

  static Census take(Operation op, Cluster cluster) {
    SortedMap<ItemKey, ObjectNode> items = new TreeMap<>();
    for (ResourceType type : cluster.discover(op).preferred()) {
      if (!type.can("list") || !type.can("create") || duplicate(type.groupResource())) {
        continue;
      }
      cluster.list(
          op,
          type,
          "",
          Cluster.ListOptions.ALL,
          item ->
              items.put(
                  new ItemKey(type.groupResource(), item.namespace(), item.name()),
                  Json.object(item.json(), "An item")));
    }
    Map<String, String> uids = new HashMap<>();
    items.forEach((key, item) -> uids.put(id(item, key.namespace()), uid(item)));
    items.forEach((key, item) -> strip(item, key.namespace(), uids));
    return new Census(items);
  }

  /** The same objects under a second group. */
  private static boolean duplicate(GroupResource type) {
    return type.toString().equals("events.events.k8s.io");
  }

  private static void strip(ObjectNode item, String namespace, Map<String, String> uids) {
    item.remove("status");
    if (item.get("metadata") instanceof ObjectNode metadata) {
      metadata.remove(SERVER_SET);
      owners(item.path("kind").asText(), metadata, namespace, uids);
      without(metadata, "labels", "velero.io/backup-name", "velero.io/restore-name");
      without(metadata, "annotations", "holdfast.dev/restore-run");
    }
    if (item.get("spec") instanceof ObjectNode spec) {
      if (!"None".equals(spec.path("clusterIP").asText())) {
        spec.remove(List.of("clusterIP", "clusterIPs"));
      }
      if (spec.get("claimRef") instanceof ObjectNode claim) {
        claim.remove(List.of("uid", "resourceVersion"));
      }
    }
  }

  /** Takes entries out of a map, and the map where nothing is left of it. */
  private static void without(ObjectNode metadata, String field, String... names) {
    if (metadata.get(field) instanceof ObjectNode map) {
      map.remove(List.of(names));
      if (map.isEmpty()) {
        metadata.remove(field);
      }
    }
  }

  private static void owners(
      String kind, ObjectNode metadata, String namespace, Map<String, String> uids) {
    if (!(metadata.get("ownerReferences") instanceof ArrayNode references)) {
      return;
    }
    if (ADOPTED.contains(kind)) {
      metadata.remove("ownerReferences");
      return;
    }
    for (JsonNode reference : references) {
      String uid = reference.path("uid").asText();
      boolean linked =
          uid.equals(uids.get(id((ObjectNode) reference, reference.path("name"), namespace)))
              || uid.equals(uids.get(id((ObjectNode) reference, reference.path("name"), "")));
      ((ObjectNode) reference).put("uid", linked ? "of that object" : "of nothing");
    }
  }

  private static String id(ObjectNode item, String namespace) {
    return id(item, item.path("metadata").path("name"), namespace);
  }

  private static String id(ObjectNode item, JsonNode name, String namespace) {
    return item.path("kind").asText() + "/" + namespace + "/" + name.asText();
  }

  private static String uid(ObjectNode item) {
    return item.path("metadata").path("uid").asText();
  }

  int types() {
    return (int) items.keySet().stream().map(ItemKey::type).distinct().count();
  }

  /** What of the earlier census is not there, or not as it was. */
  List<Loss> lossesSince(Census earlier) {
    List<Loss> losses = new ArrayList<>();
    earlier.items.forEach((key, before) -> {
      ObjectNode now = items.get(key);
      if (now == null) {
        losses.add(new Loss(key, "missing"));
      } else if (!now.equals(before)) {
        losses.add(new Loss(key, "differs at " + firstDifference("", before, now)));
      }
    });
    return losses;
  }

  /**
   * @param what {@code missing}, or where it differs
   */
  record Loss(ItemKey item, String what) {}

  private static String firstDifference(String path, JsonNode before, JsonNode now) {
    if (before.isObject() && now.isObject()) {
      Set<String> names = new java.util.TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      now.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        JsonNode a = before.path(name);
        JsonNode b = now.path(name);
        if (!a.equals(b)) {
          return firstDifference(path + "." + name, a, b);
        }
      }
    }
    return path;
  }
}
