package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.hook.BackupHooks;
import dev.holdfast.engine.hook.Hook;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must be captured at one instant: a pod, the pods that share its claims, and those whose
 * claims are of one volume group.
 *
 * @param pods in the order of the spool
 * @param snapshots of claims, which are taken together; where no pod uses one, there are no pods
 */
record Block(List<Pod> pods, List<SnapshotTask> snapshots) {

  /**
   * One pod that has hooks or volumes to be saved.
   *
   * @param container its first, which hooks run in that name none
   */
  record Pod(
      ItemKey key,
      String uid,
      String container,
      List<Hook> pre,
      List<Hook> post,
      List<VolumeTask> volumes) {}

  /** All blocks in which there is something to do. */
  static List<Block> of(
      Spool spool,
      BackupHooks hooks,
      List<VolumeTask> tasks,
      List<SnapshotTask> snapshots,
      Findings findings) {
    Map<String, SnapshotTask> byClaim = new LinkedHashMap<>();
    snapshots.forEach(task -> byClaim.put(claim(task.claim()), task));
    Map<ItemKey, List<VolumeTask>> byPod = new LinkedHashMap<>();
    tasks.forEach(task -> byPod.computeIfAbsent(task.pod(), _ -> new ArrayList<>()).add(task));
    List<Pod> pods = new ArrayList<>();
    Map<String, List<ItemKey>> users = new LinkedHashMap<>();
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (!key.type().equals(Relate.PODS)) {
        continue;
      }
      ObjectNode object = Json.object(spool.json(number), key.toString());
      Pod pod = pod(key, object, hooks, byPod.getOrDefault(key, List.of()), findings);
      List<String> claims = claims(key, object);
      if (!pod.pre().isEmpty()
          || !pod.post().isEmpty()
          || !pod.volumes().isEmpty()
          || claims.stream().anyMatch(byClaim::containsKey)) {
        pods.add(pod);
        for (String claim : claims) {
          users.computeIfAbsent(claim, _ -> new ArrayList<>()).add(key);
          SnapshotTask task = byClaim.get(claim);
          if (task != null && !task.group().isEmpty()) {
            users.computeIfAbsent(group(task), _ -> new ArrayList<>()).add(key);
          }
        }
      }
    }
    List<Block> blocks = new ArrayList<>();
    for (List<Pod> together : group(pods, users)) {
      Set<ItemKey> keys = new LinkedHashSet<>();
      together.forEach(pod -> keys.add(pod.key()));
      List<SnapshotTask> theirs =
          byClaim.entrySet().stream()
              .filter(each ->
                  users.getOrDefault(each.getKey(), List.of()).stream().anyMatch(keys::contains))
              .map(Map.Entry::getValue)
              .toList();
      byClaim.values().removeAll(theirs);
      blocks.add(new Block(together, theirs));
    }
    unused(byClaim.values()).forEach(theirs -> blocks.add(new Block(List.of(), theirs)));
    return blocks;
  }

  /** Claims that no pod uses, those of one group together. */
  private static Collection<List<SnapshotTask>> unused(Collection<SnapshotTask> tasks) {
    Map<String, List<SnapshotTask>> together = new LinkedHashMap<>();
    for (SnapshotTask task : tasks) {
      String key = task.group().isEmpty() ? claim(task.claim()) : group(task);
      together.computeIfAbsent(key, _ -> new ArrayList<>()).add(task);
    }
    return together.values();
  }

  private static String claim(ItemKey claim) {
    return claim.namespace() + "/" + claim.name();
  }

  private static String group(SnapshotTask task) {
    return task.claim().namespace() + " " + task.group();
  }

  private static Pod pod(
      ItemKey key,
      ObjectNode object,
      BackupHooks hooks,
      List<VolumeTask> volumes,
      Findings findings) {
    String phase = object.at("/status/phase").asText();
    List<Hook> pre = List.of();
    List<Hook> post = List.of();
    if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
      try {
        pre = hooks.of(object, BackupHooks.Phase.PRE);
        post = hooks.of(object, BackupHooks.Phase.POST);
      } catch (Failure.Invalid e) {
        findings.error(Findings.About.item(key), "its hooks were not run", e);
      }
    }
    return new Pod(
        key,
        object.at("/metadata/uid").asText(),
        object.at("/spec/containers/0/name").asText(),
        pre,
        post,
        volumes);
  }

  private static List<String> claims(ItemKey pod, ObjectNode object) {
    List<String> claims = new ArrayList<>();
    for (JsonNode volume : object.at("/spec/volumes")) {
      String claim =
          volume.has("ephemeral")
              ? pod.name() + "-" + volume.path("name").asText()
              : volume.at("/persistentVolumeClaim/claimName").asText();
      if (!claim.isEmpty()) {
        claims.add(pod.namespace() + "/" + claim);
      }
    }
    return claims;
  }

  /** Pods that share a claim, directly or through others, are one block. */
  private static List<List<Pod>> group(List<Pod> pods, Map<String, List<ItemKey>> users) {
    Map<ItemKey, Set<ItemKey>> group = new LinkedHashMap<>();
    pods.forEach(pod -> group.put(pod.key(), new LinkedHashSet<>(Set.of(pod.key()))));
    for (List<ItemKey> sharing : users.values()) {
      Set<ItemKey> joined = new LinkedHashSet<>();
      sharing.forEach(pod -> joined.addAll(group.getOrDefault(pod, Set.of())));
      joined.forEach(pod -> group.put(pod, joined));
    }
    Map<ItemKey, Pod> byKey = new LinkedHashMap<>();
    pods.forEach(pod -> byKey.put(pod.key(), pod));
    List<List<Pod>> groups = new ArrayList<>();
    for (Set<ItemKey> keys : new LinkedHashSet<>(group.values())) {
      groups.add(byKey.values().stream().filter(p -> keys.contains(p.key())).toList());
    }
    return groups;
  }
}
