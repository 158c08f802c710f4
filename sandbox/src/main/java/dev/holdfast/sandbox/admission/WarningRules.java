package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import org.jspecify.annotations.Nullable;

/** What the API accepts but warns of. */
final class WarningRules implements Rules {

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    JsonNode spec = object.path("spec");
    switch (write.type().qualified()) {
      case "services" -> {
        boolean used =
            !spec.path("type").asText().equals("ExternalName")
                && !spec.path("clusterIP").asText().equals("None");
        if (used && !spec.path("externalIPs").isEmpty() && write.subresource().isEmpty()) {
          write
              .warnings()
              .add(
                  "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
        }
      }
      case "csidrivers.storage.k8s.io" -> {
        if (!spec.path("tokenRequests").isEmpty() && !spec.has("serviceAccountTokenInSecrets")) {
          write
              .warnings()
              .add(
                  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set"
                      + " to true to prevent possible logging of tokens in volume attributes");
        }
      }
      default -> {}
    }
  }
}
