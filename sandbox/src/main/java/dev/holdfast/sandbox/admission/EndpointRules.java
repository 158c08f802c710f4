package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Endpoints and EndpointSlices. */
final class EndpointRules implements Rules {

  private static final String NO_ADDRESS =
      "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (write.type().resource().equals("endpointslices")) {
      slice(violations, object, old);
    } else if (old == null || !old.path("subsets").equals(object.path("subsets"))) {
      int s = 0;
      for (JsonNode subset : object.path("subsets")) {
        subset(violations, subset, "subsets[" + s++ + "]");
      }
    }
  }

  private static void subset(Violations violations, JsonNode subset, String at) {
    if (subset.path("addresses").isEmpty() && subset.path("notReadyAddresses").isEmpty()) {
      violations.required(at, "must specify `addresses` or `notReadyAddresses`");
    }
    for (String list : List.of("addresses", "notReadyAddresses")) {
      int a = 0;
      for (JsonNode address : subset.path(list)) {
        address(violations, address, at + "." + list + "[" + a++ + "]");
      }
    }
    JsonNode ports = subset.path("ports");
    int p = 0;
    for (JsonNode port : ports) {
      String field = at + ".ports[" + p++ + "]";
      String name = port.path("name").asText();
      if (!name.isEmpty()) {
        FieldChecks.label(violations, name, field + ".name");
      } else if (ports.size() > 1) {
        violations.required(field + ".name", "");
      }
      FieldChecks.port(violations, port.path("port").asInt(), field + ".port");
      FieldChecks.protocol(violations, port.path("protocol"), field + ".protocol");
    }
  }

  /** An IP address at which something can be reached. */
  static void reachable(Violations violations, String ip, String at) {
    if (Addresses.parse(ip) == null) {
      violations.invalid(at, ip, NO_ADDRESS);
    }
    Addresses.endpoint(violations, ip, at);
  }

  private static void address(Violations violations, JsonNode address, String at) {
    String ip = address.path("ip").asText();
    reachable(violations, ip, at + ".ip");
    if (Addresses.parse(ip) == null) {
      violations.invalid(at + ".ip", ip, "must be a valid IP address");
    }
    String host = address.path("hostname").asText();
    if (!host.isEmpty()) {
      FieldChecks.label(violations, host, at + ".hostname");
    }
    if (address.has("nodeName")) {
      FieldChecks.subdomain(violations, address.path("nodeName").asText(), at + ".nodeName");
    }
  }

  private static void slice(Violations violations, ObjectNode slice, @Nullable ObjectNode old) {
    String family = slice.path("addressType").asText();
    List<String> families = List.of("FQDN", "IPv4", "IPv6");
    FieldChecks.among(violations, slice.path("addressType"), "addressType", families);
    if (old == null || !old.path("endpoints").equals(slice.path("endpoints"))) {
      int e = 0;
      for (JsonNode endpoint : slice.path("endpoints")) {
        endpoint(violations, endpoint, family, "endpoints[" + e++ + "]");
      }
    }
    ports(violations, slice.path("ports"));
    if (old != null && !old.path("addressType").asText().equals(family)) {
      violations.invalid("addressType", family, "field is immutable");
    }
  }

  private static void endpoint(Violations violations, JsonNode endpoint, String family, String at) {
    JsonNode addresses = endpoint.path("addresses");
    if (addresses.isEmpty()) {
      violations.required(at + ".addresses", "must contain at least 1 address");
    } else if (addresses.size() > 100) {
      violations.tooMany(at + ".addresses", addresses.size(), 100);
    }
    for (int i = 0; i < addresses.size(); i++) {
      member(violations, addresses.get(i).asText(), family, at + ".addresses", i);
    }
    if (endpoint.has("nodeName")) {
      FieldChecks.subdomain(violations, endpoint.path("nodeName").asText(), at + ".nodeName");
    }
    if (endpoint.has("hostname")) {
      FieldChecks.label(violations, endpoint.path("hostname").asText(), at + ".hostname");
    }
  }

  private static void member(
      Violations violations, String text, String family, String list, int index) {
    String at = list + "[" + index + "]";
    if (family.equals("FQDN")) {
      if (text.isEmpty()) {
        violations.required(at, "");
      } else {
        FieldChecks.subdomain(violations, text, at);
      }
    } else if (family.startsWith("IPv")) {
      InetAddress address = Addresses.parse(text);
      if (address == null) {
        violations.invalid(at, text, NO_ADDRESS);
        return;
      }
      if (address instanceof Inet6Address != family.equals("IPv6")) {
        violations.invalid(list, text, "must be an " + family + " address");
      }
      Addresses.endpoint(violations, text, at);
    }
  }

  private static void ports(Violations violations, JsonNode ports) {
    Set<String> names = new HashSet<>();
    int p = 0;
    for (JsonNode port : ports) {
      String at = "ports[" + p++ + "]";
      String name = port.path("name").asText();
      if (!name.isEmpty()) {
        FieldChecks.label(violations, name, at + ".name");
      }
      if (!names.add(name)) {
        violations.duplicate(at + ".name", name);
      }
      String protocol = port.path("protocol").asText();
      if (!FieldChecks.PROTOCOLS.contains(protocol)) {
        violations.notAmong(at + ".protocol", protocol, FieldChecks.PROTOCOLS);
      }
    }
  }
}
