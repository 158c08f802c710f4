package dev.holdfast.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A namespace of a sandbox with pods that use claims.
 *
 * @param pods their names; each mounts its claims at {@code /data-0}, {@code /data-1}, …
 * @param places where the volumes' files are on this machine
 */
record BenchVolumes(String namespace, List<String> pods, List<Path> places) {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(100);

  /** Makes them, and waits until all pods run. */
  static BenchVolumes create(Operation op, Arena arena, String name, int pods, int each) {
    String namespace = arena.namespace(name);
    Cluster cluster = arena.cluster();
    var discovery = cluster.discover(op);
    ResourceType claims = type(discovery, "persistentvolumeclaims");
    ResourceType podType = type(discovery, "pods");
    List<String> names = new ArrayList<>();
    List<String> claimNames = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      String pod = "pod-" + i;
      names.add(pod);
      for (int j = 0; j < each; j++) {
        claimNames.add(pod + "-" + j);
        create(op, cluster, claims, namespace, claim(pod + "-" + j));
      }
      create(op, cluster, podType, namespace, pod(pod, each));
    }
    for (String pod : names) {
      await(op, cluster, podType, namespace, pod);
    }
    ResourceType volumes = type(discovery, "persistentvolumes");
    List<Path> places =
        claimNames.stream()
            .map(claim -> get(op, cluster, claims, namespace, claim).at("/spec/volumeName"))
            .map(volume -> get(op, cluster, volumes, "", volume.asText()))
            .map(volume -> Path.of(volume.at("/spec/local/path").asText()))
            .toList();
    return new BenchVolumes(namespace, names, places);
  }

  private static ResourceType type(dev.holdfast.model.Discovery discovery, String name) {
    return discovery
        .find(GroupResource.parse(name))
        .orElseThrow(() -> new Failure.Unsupported("The server has no " + name, null));
  }

  private static void create(
      Operation op, Cluster cluster, ResourceType type, String namespace, String json) {
    var _ =
        cluster.create(
            op, type, namespace, json.getBytes(StandardCharsets.UTF_8), WriteOptions.NONE);
  }

  private static JsonNode get(
      Operation op, Cluster cluster, ResourceType type, String namespace, String name) {
    return cluster
        .get(op, type, namespace, name)
        .map(item -> (JsonNode) Json.object(item.json(), name))
        .orElseThrow(() -> new Failure.Absent(name + " of the bench is gone", null, null));
  }

  private static void await(
      Operation op, Cluster cluster, ResourceType pods, String namespace, String pod) {
    var end = op.now().plus(PATIENCE);
    while (!get(op, cluster, pods, namespace, pod).at("/status/phase").asText().equals("Running")) {
      if (op.now().isAfter(end)) {
        throw new Failure.Unreachable("Pod " + pod + " of the bench does not run", null, null);
      }
      op.pause(LOOK);
    }
  }

  private static String claim(String name) {
    return """
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "%s"},
     "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "4Gi"}}}}
    """
        .formatted(name);
  }

  private static String pod(String name, int claims) {
    List<String> mounts = new ArrayList<>();
    List<String> volumes = new ArrayList<>();
    for (int i = 0; i < claims; i++) {
      mounts.add("{\"name\": \"v%d\", \"mountPath\": \"/data-%d\"}".formatted(i, i));
      volumes.add(
          "{\"name\": \"v%d\", \"persistentVolumeClaim\": {\"claimName\": \"%s-%d\"}}"
              .formatted(i, name, i));
    }
    return """
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s"},
     "spec": {"containers": [{"name": "main", "image": "example.invalid/application",
       "volumeMounts": [%s]}], "volumes": [%s]}}
    """
        .formatted(name, String.join(",", mounts), String.join(",", volumes));
  }
}
