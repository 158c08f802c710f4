package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ingresses and NetworkPolicies. */
final class NetworkRules implements Rules {

  private static final List<String> PATH_TYPES =
      List.of("Exact", "ImplementationSpecific", "Prefix");

  private static final List<String> POLICY_TYPES = List.of("Ingress", "Egress");

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    switch (write.type().resource()) {
      case "ingresses" -> ingress(violations, object.path("spec"));
      case "networkpolicies" -> policy(violations, object.path("spec"));
      default -> {}
    }
  }

  private static void ingress(Violations violations, JsonNode spec) {
    if (spec.path("rules").isEmpty() && !spec.has("defaultBackend")) {
      violations.invalid(
          "spec", spec.path("rules"), "either `defaultBackend` or `rules` must be specified");
    }
    if (spec.has("defaultBackend")) {
      backend(violations, spec.path("defaultBackend"), "spec.defaultBackend");
    }
    int r = 0;
    for (JsonNode rule : spec.path("rules")) {
      rule(violations, rule, "spec.rules[" + r++ + "]");
    }
    int t = 0;
    for (JsonNode tls : spec.path("tls")) {
      int h = 0;
      for (JsonNode host : tls.path("hosts")) {
        FieldChecks.host(violations, host.asText(), "spec.tls[" + t + "].hosts[" + h++ + "]");
      }
      String secret = tls.path("secretName").asText();
      if (!secret.isEmpty()) {
        FieldChecks.subdomain(violations, secret, "spec.tls[" + t + "].secretName");
      }
      t++;
    }
    if (spec.has("ingressClassName")) {
      FieldChecks.subdomain(
          violations, spec.path("ingressClassName").asText(), "spec.ingressClassName");
    }
  }

  private static void rule(Violations violations, JsonNode rule, String at) {
    String host = rule.path("host").asText();
    if (!host.isEmpty()) {
      if (Addresses.parse(host) != null) {
        violations.invalid(at + ".host", host, "must be a DNS name, not an IP address");
      }
      FieldChecks.host(violations, host, at + ".host");
    }
    if (!rule.has("http")) {
      return;
    }
    JsonNode paths = rule.path("http").path("paths");
    if (paths.isEmpty()) {
      violations.required(at + ".http.paths", "");
    }
    int p = 0;
    for (JsonNode path : paths) {
      path(violations, path, at + ".http.paths[" + p++ + "]");
    }
  }

  private static void path(Violations violations, JsonNode path, String at) {
    if (!path.has("pathType")) {
      violations.required(at + ".pathType", "pathType must be specified");
      return;
    }
    String type = path.path("pathType").asText();
    String text = path.path("path").asText();
    boolean free = type.equals("ImplementationSpecific");
    if (!PATH_TYPES.contains(type)) {
      violations.notAmong(at + ".pathType", type, PATH_TYPES);
    } else if (!text.startsWith("/") && !(free && text.isEmpty())) {
      violations.invalid(at + ".path", text, "must be an absolute path");
    }
    if (type.equals("Exact") || type.equals("Prefix")) {
      for (String forbidden : List.of("//", "/./", "/../", "%2f", "%2F")) {
        if (text.contains(forbidden)) {
          violations.invalid(at + ".path", text, "must not contain '" + forbidden + "'");
        }
      }
      for (String end : List.of("/..", "/.")) {
        if (text.endsWith(end)) {
          violations.invalid(at + ".path", text, "cannot end with '" + end + "'");
        }
      }
    }
    backend(violations, path.path("backend"), at + ".backend");
  }

  private static void backend(Violations violations, JsonNode backend, String at) {
    boolean resource = backend.has("resource");
    if (resource && backend.has("service")) {
      violations.invalid(at, "", "cannot set both resource and service backends");
    } else if (resource) {
      for (String field : List.of("kind", "name")) {
        String value = backend.path("resource").path(field).asText();
        if (value.isEmpty()) {
          violations.required(at + ".resource." + field, "");
        } else {
          FieldChecks.segment(violations, value, at + ".resource." + field);
        }
      }
    } else if (backend.has("service")) {
      service(violations, backend.path("service"), at);
    } else {
      violations.invalid(at, "", "resource or service backend is required");
    }
  }

  private static void service(Violations violations, JsonNode service, String at) {
    String name = service.path("name").asText();
    if (name.isEmpty()) {
      violations.required(at + ".service.name", "");
    } else {
      FieldChecks.dns1035(violations, name, at + ".service.name");
    }
    JsonNode port = service.path("port");
    String named = port.path("name").asText();
    int number = port.path("number").asInt();
    if (!named.isEmpty() && number != 0) {
      violations.invalid(at, "", "cannot set both port name & port number");
    } else if (number != 0) {
      FieldChecks.port(violations, number, at + ".service.port.number");
    } else if (!named.isEmpty()) {
      FieldChecks.portName(violations, named, at + ".service.port.name");
    } else {
      violations.required(at, "port name or number is required");
    }
  }

  private static void policy(Violations violations, JsonNode spec) {
    Selectors.validate(violations, spec.path("podSelector"), "spec.podSelector");
    traffic(violations, spec.path("ingress"), "spec.ingress", "from");
    traffic(violations, spec.path("egress"), "spec.egress", "to");
    JsonNode types = spec.path("policyTypes");
    if (types.size() > POLICY_TYPES.size()) {
      violations.invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
      return;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!POLICY_TYPES.contains(types.get(i).asText())) {
        violations.notAmong("spec.policyTypes[" + i + "]", types.get(i), POLICY_TYPES);
      }
    }
  }

  private static void traffic(Violations violations, JsonNode rules, String at, String direction) {
    int r = 0;
    for (JsonNode rule : rules) {
      String field = at + "[" + r++ + "]";
      int p = 0;
      for (JsonNode port : rule.path("ports")) {
        port(violations, port, field + ".ports[" + p++ + "]");
      }
      p = 0;
      for (JsonNode peer : rule.path(direction)) {
        peer(violations, peer, field + "." + direction + "[" + p++ + "]");
      }
    }
  }

  private static void port(Violations violations, JsonNode port, String at) {
    List<String> protocols = List.of("TCP", "UDP", "SCTP");
    if (port.has("protocol") && !protocols.contains(port.path("protocol").asText())) {
      violations.notAmong(at + ".protocol", port.path("protocol"), protocols);
    }
    JsonNode end = port.get("endPort");
    if (!port.has("port")) {
      if (end != null) {
        violations.invalid(
            at + ".endPort", end, "may not be specified when `port` is not specified");
      }
      return;
    }
    JsonNode first = port.path("port");
    FieldChecks.portOrName(violations, first, at + ".port");
    if (end == null) {
      return;
    }
    if (first.isTextual()) {
      violations.invalid(at + ".endPort", end, "may not be specified when `port` is non-numeric");
    } else {
      if (end.asInt() < first.asInt()) {
        violations.invalid(at + ".endPort", first, "must be greater than or equal to `port`");
      }
      FieldChecks.port(violations, end.asInt(), at + ".endPort");
    }
  }

  private static void peer(Violations violations, JsonNode peer, String at) {
    for (String selector : List.of("podSelector", "namespaceSelector")) {
      Selectors.validate(violations, peer.path(selector), at + "." + selector);
    }
    if (peer.isEmpty()) {
      violations.required(at, "must specify a peer");
    }
    if (!peer.has("ipBlock")) {
      return;
    }
    if (peer.size() > 1) {
      violations.forbidden(at, "may not specify both ipBlock and another peer");
    }
    block(violations, peer.path("ipBlock"), at + ".ipBlock");
  }

  private static void block(Violations violations, JsonNode block, String at) {
    String range = block.path("cidr").asText();
    if (range.isEmpty()) {
      violations.required(at + ".cidr", "");
      return;
    }
    Addresses.Range whole = Addresses.range(violations, range, at + ".cidr");
    if (whole == null) {
      return;
    }
    int e = 0;
    for (JsonNode except : block.path("except")) {
      String field = at + ".except[" + e++ + "]";
      Addresses.Range part = Addresses.range(violations, except.asText(), field);
      if (part != null && !whole.strictlyContains(part)) {
        violations.invalid(field, except, "must be a strict subset of `cidr`");
      }
    }
  }
}
