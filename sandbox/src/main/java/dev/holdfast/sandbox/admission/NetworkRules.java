package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ingresses, NetworkPolicies, Endpoints and EndpointSlices. */
final class NetworkRules implements Rules {

  private static final List<String> PATH_TYPES =
      List.of("Exact", "ImplementationSpecific", "Prefix");

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    switch (write.type().resource()) {
      case "ingresses" -> ingress(violations, object.path("spec"));
      case "networkpolicies" -> policy(violations, object.path("spec"));
      case "endpoints" -> {
        if (old == null || !old.path("subsets").equals(object.path("subsets"))) {
          subsets(violations, object.path("subsets"));
        }
      }
      case "endpointslices" -> slice(violations, object, old);
      default -> {}
    }
  }

  private static void ingress(Violations violations, JsonNode spec) {
    if (spec.path("rules").isEmpty() && !spec.has("defaultBackend")) {
      violations.invalid("spec", spec, "either `defaultBackend` or `rules` must be specified");
    }
    if (spec.has("defaultBackend")) {
      backend(violations, spec.path("defaultBackend"), "spec.defaultBackend");
    }
    int r = 0;
    for (JsonNode rule : spec.path("rules")) {
      int p = 0;
      for (JsonNode path : rule.path("http").path("paths")) {
        path(violations, path, "spec.rules[" + r + "].http.paths[" + p++ + "]");
      }
      r++;
    }
  }

  private static void path(Violations violations, JsonNode path, String at) {
    String type = path.path("pathType").asText();
    String text = path.path("path").asText();
    if (type.isEmpty()) {
      violations.required(at + ".pathType", "pathType must be specified");
    } else if (!PATH_TYPES.contains(type)) {
      violations.notSupported(at + ".pathType", type, PATH_TYPES);
    } else if (!text.startsWith("/")
        && !(type.equals("ImplementationSpecific") && text.isEmpty())) {
      violations.invalid(at + ".path", text, "must be an absolute path");
    }
    backend(violations, path.path("backend"), at + ".backend");
  }

  private static void backend(Violations violations, JsonNode backend, String at) {
    boolean resource = backend.has("resource");
    JsonNode service = backend.path("service");
    if (resource && backend.has("service")) {
      violations.invalid(at, "", "cannot set both resource and service backends");
    } else if (!resource && !backend.has("service")) {
      violations.invalid(at, "", "resource or service backend is required");
    } else if (!resource) {
      if (service.path("name").asText().isEmpty()) {
        violations.required(at + ".service.name", "");
      }
      JsonNode port = service.path("port");
      boolean named = !port.path("name").asText().isEmpty();
      int number = port.path("number").asInt();
      if (named && number != 0) {
        violations.invalid(at, "", "cannot set both port name & port number");
      } else if (number != 0) {
        port(violations, number, at + ".service.port.number");
      } else if (!named) {
        violations.required(at, "port name or number is required");
      }
    }
  }

  /** A port's number. */
  static void port(Violations violations, int number, String at) {
    if (number < 1 || number > 65535) {
      violations.invalid(at, number, "must be between 1 and 65535, inclusive");
    }
  }

  private static void policy(Violations violations, JsonNode spec) {
    peers(violations, spec.path("ingress"), "spec.ingress", "from");
    peers(violations, spec.path("egress"), "spec.egress", "to");
  }

  private static void peers(Violations violations, JsonNode rules, String at, String direction) {
    int r = 0;
    for (JsonNode rule : rules) {
      int p = 0;
      for (JsonNode peer : rule.path(direction)) {
        String path = at + "[" + r + "]." + direction + "[" + p++ + "]";
        if (peer.has("ipBlock") && (peer.has("podSelector") || peer.has("namespaceSelector"))) {
          violations.forbidden(path, "may not specify both ipBlock and another peer");
        } else if (peer.isEmpty()) {
          violations.required(path, "must specify a peer");
        } else if (peer.has("ipBlock") && peer.path("ipBlock").path("cidr").asText().isEmpty()) {
          violations.required(path + ".ipBlock.cidr", "");
        }
      }
      r++;
    }
  }

  private static void subsets(Violations violations, JsonNode subsets) {
    int s = 0;
    for (JsonNode subset : subsets) {
      String at = "subsets[" + s++ + "]";
      if (subset.path("addresses").isEmpty() && subset.path("notReadyAddresses").isEmpty()) {
        violations.required(at, "must specify `addresses` or `notReadyAddresses`");
      }
      int p = 0;
      JsonNode ports = subset.path("ports");
      for (JsonNode port : ports) {
        String path = at + ".ports[" + p++ + "]";
        if (ports.size() > 1 && port.path("name").asText().isEmpty()) {
          violations.required(path + ".name", "");
        }
        port(violations, port.path("port").asInt(), path + ".port");
      }
    }
  }

  private static void slice(Violations violations, ObjectNode slice, @Nullable ObjectNode old) {
    int e = 0;
    for (JsonNode endpoint : slice.path("endpoints")) {
      if (endpoint.path("addresses").isEmpty()) {
        violations.required("endpoints[" + e + "].addresses", "must contain at least 1 address");
      }
      e++;
    }
    JsonNode family = slice.path("addressType");
    if (family.asText().isEmpty()) {
      violations.required("addressType", "");
    } else if (old != null && !old.path("addressType").equals(family)) {
      violations.invalid("addressType", family, "field is immutable");
    }
  }
}
