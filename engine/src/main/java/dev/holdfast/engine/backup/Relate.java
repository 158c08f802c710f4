package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The third stage: what the collected items need to be of use is added, unless the filters refuse
 * it: a pod brings its claims and priority class, a claim its volume, a service account its cluster
 * roles with their bindings, a custom resource its definition. Answered from the spool; only what
 * is not there is asked of the cluster.
 */
final class Relate {

  static final GroupResource PODS = new GroupResource("", "pods");
  static final GroupResource CLAIMS = new GroupResource("", "persistentvolumeclaims");
  static final GroupResource VOLUMES = new GroupResource("", "persistentvolumes");
  private static final GroupResource ACCOUNTS = new GroupResource("", "serviceaccounts");
  private static final GroupResource PRIORITIES =
      GroupResource.parse("priorityclasses.scheduling.k8s.io");
  private static final GroupResource DEFINITIONS =
      GroupResource.parse("customresourcedefinitions.apiextensions.k8s.io");

  /** From so many items of one type on, a list is cheaper than single reads. */
  private static final int LIST_FROM = 20;

  private final Cluster cluster;
  private final Selection selection;
  private final Spool spool;
  private final Findings findings;
  private final AccountBindings bindings;

  Relate(Cluster cluster, Selection selection, Spool spool, Findings findings) {
    this.cluster = cluster;
    this.selection = selection;
    this.spool = spool;
    this.findings = findings;
    this.bindings = new AccountBindings(cluster, selection, spool, findings);
  }

  void relate(Operation op, int parallel) {
    int seen = 0;
    while (seen < spool.size()) {
      int size = spool.size();
      Map<ItemKey, ItemKey> wanted = new LinkedHashMap<>();
      for (int number = seen; number < size; number++) {
        ItemKey key = spool.key(number);
        for (ItemKey related : related(op, key, number)) {
          if (spool.find(related).isEmpty()) {
            wanted.putIfAbsent(related, key);
          }
        }
      }
      seen = size;
      fetch(op, parallel, wanted);
    }
    definitions(op, parallel);
  }

  private List<ItemKey> related(Operation op, ItemKey key, int number) {
    GroupResource type = key.type();
    if (type.equals(PODS)) {
      return ofPod(key, Json.object(spool.json(number), key.toString()).path("spec"));
    }
    if (type.equals(CLAIMS)) {
      return ofClaim(Json.object(spool.json(number), key.toString()));
    }
    return type.equals(ACCOUNTS) ? bindings.of(op, key) : List.of();
  }

  private static List<ItemKey> ofPod(ItemKey pod, JsonNode spec) {
    List<ItemKey> related = new ArrayList<>();
    String priority = spec.path("priorityClassName").asText();
    if (!priority.isEmpty()) {
      related.add(new ItemKey(PRIORITIES, "", priority));
    }
    for (JsonNode volume : spec.path("volumes")) {
      String claim = volume.path("persistentVolumeClaim").path("claimName").asText();
      if (!claim.isEmpty()) {
        related.add(new ItemKey(CLAIMS, pod.namespace(), claim));
      }
    }
    return related;
  }

  private static List<ItemKey> ofClaim(JsonNode claim) {
    String volume = claim.path("spec").path("volumeName").asText();
    boolean bound = claim.path("status").path("phase").asText().equals("Bound");
    return bound && !volume.isEmpty() ? List.of(new ItemKey(VOLUMES, "", volume)) : List.of();
  }

  /** The definitions of all custom resources that are in the spool, unless the filters refuse. */
  private void definitions(Operation op, int parallel) {
    Map<ItemKey, ItemKey> wanted = new LinkedHashMap<>();
    neededDefinitions().forEach(key -> wanted.put(key, custom(key)));
    fetch(op, parallel, wanted);
  }

  /** For messages: {@code berths.port.example.org/*}. */
  private static ItemKey custom(ItemKey definition) {
    return new ItemKey(GroupResource.parse(definition.name()), "", "*");
  }

  private List<ItemKey> neededDefinitions() {
    return spool.types().stream()
        .filter(type -> !BuiltInGroups.contains(type.group()))
        .map(type -> new ItemKey(DEFINITIONS, "", type.toString()))
        .filter(key -> spool.find(key).isEmpty())
        .toList();
  }

  /**
   * Definitions that the items need and the filters keep out of the archive; what cannot be had is
   * left out.
   */
  List<ObjectNode> carried(Operation op) {
    Optional<ResourceType> type = selection.discovery().find(DEFINITIONS);
    List<ObjectNode> carried = new ArrayList<>();
    if (type.isEmpty() || selection.typeFilter().admits(type.get())) {
      return carried;
    }
    for (ItemKey key : neededDefinitions()) {
      try {
        cluster
            .get(op, type.get(), "", key.name())
            .ifPresent(item -> carried.add(Json.object(item.json(), key.toString())));
      } catch (Failure.Denied e) {
        findings.info(Findings.About.item(key), "may not be read, so it is not carried along");
      }
    }
    return carried;
  }

  /** Gets what the filters let in, type by type. */
  private void fetch(Operation op, int parallel, Map<ItemKey, ItemKey> wanted) {
    Map<GroupResource, Map<ItemKey, ItemKey>> byType = new TreeMap<>();
    wanted.forEach(
        (key, by) -> byType.computeIfAbsent(key.type(), _ -> new LinkedHashMap<>()).put(key, by));
    byType.forEach((name, keys) -> {
      Optional<ResourceType> type = selection.discovery().find(name);
      if (type.isEmpty() || !selection.typeFilter().admits(type.get())) {
        return;
      }
      keys.keySet()
          .removeIf(
              key -> key.namespaced() && !selection.namespaceFilter().includes(key.namespace()));
      if (keys.size() >= LIST_FROM && !name.equals(DEFINITIONS)) {
        listSome(op, type.get(), keys);
      } else {
        op.forEach(
            keys.entrySet().iterator(),
            parallel,
            entry -> get(op, type.get(), entry.getKey(), entry.getValue()));
      }
    });
  }

  private void get(Operation op, ResourceType type, ItemKey key, ItemKey by) {
    try {
      Optional<Cluster.Item> item = cluster.get(op, type, key.namespace(), key.name());
      if (item.isPresent()) {
        add(item.get(), by);
      } else {
        missing(key, by);
      }
    } catch (Failure.Cancelled | Failure.Full e) {
      throw e;
    } catch (Failure.Denied e) {
      findings.warning(Findings.About.item(key), "may not be read, though " + by + " needs it", e);
    } catch (Failure e) {
      findings.error(Findings.About.item(key), "cannot be read, though " + by + " needs it", e);
    }
  }

  private void listSome(Operation op, ResourceType type, Map<ItemKey, ItemKey> wanted) {
    Set<String> namespaces = new java.util.TreeSet<>();
    wanted.keySet().forEach(key -> namespaces.add(key.namespace()));
    Map<ItemKey, ItemKey> left = new LinkedHashMap<>(wanted);
    try {
      for (String namespace : namespaces) {
        cluster.list(
            op,
            type,
            namespace,
            Cluster.ListOptions.ALL,
            item -> {
              ItemKey by = left.remove(Items.key(item));
              if (by != null) {
                add(item, by);
              }
            });
      }
      left.forEach(this::missing);
    } catch (Failure.Denied e) {
      left.forEach((key, by) -> get(op, type, key, by));
    }
  }

  private void add(Cluster.Item item, ItemKey by) {
    ItemKey key = Items.key(item);
    Optional<String> refusal = Wanted.refusal(item.json(), key.toString());
    if (refusal.isPresent()) {
      findings.info(
          Findings.About.item(key), "left out, though " + by + " needs it: " + refusal.get());
      return;
    }
    findings.info(Findings.About.item(key), "added, because " + by + " needs it");
    spool.add(key, item.type().apiVersion(), item.type().kind(), item.json());
  }

  /** An aggregated API's items have no definition; everything else that is missing is told. */
  private void missing(ItemKey key, ItemKey by) {
    if (!key.type().equals(DEFINITIONS)) {
      findings.warning(Findings.About.item(key), "does not exist, though " + by + " needs it");
    }
  }
}
