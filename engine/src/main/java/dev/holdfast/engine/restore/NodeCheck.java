package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Whether the nodes that others are mapped to can take pods; asked before anything is written. */
final class NodeCheck {

  private static final GroupResource NODES = new GroupResource("", "nodes");

  private NodeCheck() {}

  /**
   * Looks at each of them.
   *
   * @return what could not be asked, a sentence each
   * @throws Failure.Invalid if one does not exist, is not ready or takes no pods
   */
  static List<String> check(
      Operation op, Cluster cluster, Discovery discovery, NodeMapping mapping) {
    List<String> remarks = new ArrayList<>();
    Optional<ResourceType> type = discovery.find(NODES);
    for (String node : new TreeSet<>(mapping.nodes().values())) {
      try {
        JsonNode found =
            type.flatMap(nodes -> cluster.get(op, nodes, "", node))
                .map(Target::tree)
                .orElseThrow(() -> wrong(node, "does not exist"));
        if (found.at("/spec/unschedulable").asBoolean()) {
          throw wrong(node, "is cordoned and takes no pods");
        }
        if (!ready(found)) {
          throw wrong(node, "is not ready");
        }
      } catch (Failure.Denied e) {
        remarks.add("Node " + node + " may not be read: whether it is ready is not known");
      }
    }
    return remarks;
  }

  private static boolean ready(JsonNode node) {
    return node.at("/status/conditions")
        .valueStream()
        .anyMatch(each ->
            each.path("type").asText().equals("Ready")
                && each.path("status").asText().equals("True"));
  }

  private static Failure wrong(String node, String how) {
    return new Failure.Invalid(
        "Node '" + node + "', to which others are mapped, " + how,
        "nothing was changed; map to another node: --node-map OLD=NEW");
  }
}
