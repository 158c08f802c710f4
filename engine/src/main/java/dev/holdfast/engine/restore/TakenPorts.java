package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.List;

/** Services whose node ports are taken in the cluster: they get others, and the user is told. */
final class TakenPorts {

  private TakenPorts() {}

  /** Whether this is the server's answer to a node port that is taken. */
  static boolean refused(Ready wanted, Failure.Rejected answer) {
    return wanted.target().type().equals(Kinds.SERVICES)
        && answer.getMessage().contains("provided port is already allocated");
  }

  /** Leaves the choice of every node port to the server. */
  static void free(ObjectNode service) {
    for (JsonNode port : service.path("spec").path("ports")) {
      if (port instanceof ObjectNode object) {
        object.remove("nodePort");
      }
    }
    if (service.path("spec") instanceof ObjectNode spec) {
      spec.remove("healthCheckNodePort");
    }
  }

  /** A sentence for each node port that is not the wanted one; none for other types. */
  static List<String> warnings(Ready wanted, ObjectNode live) {
    List<String> warnings = new ArrayList<>();
    if (wanted.target().type().equals(Kinds.SERVICES)) {
      JsonNode asked = wanted.item().item().path("spec").path("ports");
      JsonNode given = live.path("spec").path("ports");
      for (int i = 0; i < asked.size(); i++) {
        int port = asked.path(i).path("nodePort").asInt();
        if (port != 0 && port != given.path(i).path("nodePort").asInt()) {
          warnings.add(
              "Service %s has node port %s: %d, which the backup has, is taken"
                  .formatted(
                      wanted.target().name(), given.path(i).path("nodePort").asText(), port));
        }
      }
    }
    return warnings;
  }
}
