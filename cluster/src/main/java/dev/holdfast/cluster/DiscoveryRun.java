package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Asks a server what it serves: in two requests where it can aggregate (1.26 and later), else one
 * for each version.
 */
final class DiscoveryRun {

  private final KubeCluster cluster;
  private final DiscoveryReader reader = new DiscoveryReader();

  DiscoveryRun(KubeCluster cluster) {
    this.cluster = cluster;
  }

  Discovery run(Operation op) {
    List<JsonNode> roots =
        op.all(
            List.of(
                () -> cluster.document(op, "/version", "Asking for the version"),
                () -> cluster.document(op, "/api", "Discovering the core types"),
                () -> cluster.document(op, "/apis", "Discovering the types")));
    if (isAggregated(roots.get(1)) && isAggregated(roots.get(2))) {
      reader.aggregated(roots.get(1));
      reader.aggregated(roots.get(2));
    } else {
      legacy(op, roots.get(1), roots.get(2));
    }
    return reader.result(roots.get(0).path("gitVersion").asText());
  }

  private static boolean isAggregated(JsonNode document) {
    return document.path("kind").asText().equals("APIGroupDiscoveryList");
  }

  private record Version(String group, String version, boolean preferred) {
    String path() {
      return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    }
  }

  private void legacy(Operation op, JsonNode core, JsonNode groups) {
    List<Version> versions = new ArrayList<>();
    core.path("versions").forEach(v -> versions.add(new Version("", v.asText(), true)));
    for (JsonNode group : groups.path("groups")) {
      String preferred = group.path("preferredVersion").path("version").asText();
      for (JsonNode version : group.path("versions")) {
        String v = version.path("version").asText();
        versions.add(new Version(group.path("name").asText(), v, v.equals(preferred)));
      }
    }
    List<Callable<Runnable>> requests = new ArrayList<>();
    versions.forEach(version -> requests.add(() -> list(op, version)));
    op.all(requests).forEach(Runnable::run);
  }

  /** Fetches beside others; what it found is entered in the order of the versions. */
  private Runnable list(Operation op, Version version) {
    try {
      JsonNode list = cluster.document(op, version.path(), "Discovering " + version.path());
      return () -> reader.legacy(version.group(), version.version(), version.preferred(), list);
    } catch (Failure.Absent | Failure.Unreachable | Failure.Throttled | Failure.Denied e) {
      String name = version.path().replaceFirst("^/apis?/", "");
      return () -> reader.failed(name, e.getMessage());
    }
  }
}
