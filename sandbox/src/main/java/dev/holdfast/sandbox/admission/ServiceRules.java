package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Services: cluster IPs and node ports, given, taken, kept. */
final class ServiceRules implements Rules {

  private static final Set<String> TYPES =
      Set.of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName");

  private final ServiceAddresses addresses;

  ServiceRules(ServiceAddresses addresses) {
    this.addresses = addresses;
  }

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    ObjectNode spec = object.withObject("/spec");
    if (type(spec).equals("ExternalName") || !write.subresource().isEmpty()) {
      return;
    }
    syncAddresses(spec);
    if (!spec.has("ipFamilies")
        && spec.path("clusterIP").asText().equals("None")
        && spec.path("selector").isEmpty()) { // whoever writes its endpoints knows their families
      spec.putArray("ipFamilies").add("IPv4").add("IPv6");
      spec.put("ipFamilyPolicy", "RequireDualStack");
    }
    if (!spec.has("ipFamilies")) {
      spec.putArray("ipFamilies").add("IPv4");
    }
    if (!spec.has("ipFamilyPolicy")) {
      spec.put("ipFamilyPolicy", "SingleStack");
    }
  }

  /** clusterIP and clusterIPs[0] are the same field in two forms. */
  private static void syncAddresses(ObjectNode spec) {
    String address = spec.path("clusterIP").asText();
    if (spec.path("clusterIPs").isEmpty()) {
      if (!address.isEmpty()) {
        spec.putArray("clusterIPs").add(address);
      }
    } else if (address.isEmpty()) {
      spec.put("clusterIP", spec.path("clusterIPs").get(0).asText());
    }
  }

  @Override
  public void prepareUpdate(Write write, ObjectNode old, ObjectNode object) {
    ObjectNode spec = object.withObject("/spec");
    JsonNode before = old.path("spec");
    boolean wasExternal = type(before).equals("ExternalName");
    if (type(spec).equals("ExternalName")) {
      return;
    }
    if (!wasExternal) {
      for (String field : List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")) {
        if (!spec.has(field) && before.has(field)) {
          spec.set(field, before.get(field));
        }
      }
      keepPorts(before, spec);
    }
    prepareCreate(write, object);
    if (type(spec).equals("ClusterIP")) {
      for (JsonNode port : spec.path("ports")) {
        ((ObjectNode) port).remove("nodePort");
      }
    }
  }

  /** A port that is not said to have another node port keeps its own. */
  private static void keepPorts(JsonNode before, ObjectNode spec) {
    if (!needsNodePorts(spec)) {
      return;
    }
    Set<Integer> used = new HashSet<>();
    spec.path("ports").forEach(port -> used.add(port.path("nodePort").asInt()));
    for (JsonNode port : spec.path("ports")) {
      if (port.path("nodePort").asInt() != 0) {
        continue;
      }
      for (JsonNode old : before.path("ports")) {
        int number = old.path("nodePort").asInt();
        if (number != 0
            && old.path("port").equals(port.path("port"))
            && old.path("protocol").equals(port.path("protocol"))
            && used.add(number)) {
          ((ObjectNode) port).put("nodePort", number);
          break;
        }
      }
    }
  }

  private static String type(JsonNode spec) {
    return spec.path("type").asText("ClusterIP");
  }

  private static boolean needsNodePorts(JsonNode spec) {
    return switch (type(spec)) {
      case "NodePort" -> true;
      case "LoadBalancer" -> spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
      default -> false;
    };
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    ObjectNode spec = object.withObject("/spec");
    if (!TYPES.contains(type(spec))) {
      violations.notSupported("spec.type", type(spec), TYPES);
    }
    ports(violations, spec);
    MetadataRules.labels(violations, spec.path("selector"), "spec.selector");
    int e = 0;
    for (JsonNode external : spec.path("externalIPs")) {
      EndpointRules.reachable(violations, external.asText(), "spec.externalIPs[" + e++ + "]");
    }
    FieldChecks.among(
        violations,
        spec.path("sessionAffinity"),
        "spec.sessionAffinity",
        List.of("ClientIP", "None"));
    if (type(spec).equals("ExternalName")) {
      if (spec.path("externalName").asText().isEmpty()) {
        violations.required("spec.externalName", "");
      } else {
        FieldChecks.subdomain(violations, spec.path("externalName").asText(), "spec.externalName");
      }
      return;
    }
    if (old != null && !type(old.path("spec")).equals("ExternalName")) {
      unchanged(violations, spec, old.path("spec"));
    }
    if (violations.isEmpty() && write.subresource().isEmpty()) {
      allocate(write, violations, object, spec);
    }
  }

  private static void unchanged(Violations violations, ObjectNode spec, JsonNode before) {
    JsonNode was = before.path("clusterIPs").path(0);
    JsonNode now = spec.path("clusterIPs").path(0);
    if (!was.asText().isEmpty() && !was.equals(now)) {
      violations.invalid("spec.clusterIPs[0]", spec.path("clusterIPs"), "may not change once set");
    }
  }

  private static void ports(Violations violations, JsonNode spec) {
    JsonNode ports = spec.path("ports");
    boolean headless = spec.path("clusterIP").asText().equals("None");
    if (ports.isEmpty() && !headless && !type(spec).equals("ExternalName")) {
      violations.required("spec.ports", "");
    }
    Set<String> names = new HashSet<>();
    Set<String> numbers = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      JsonNode port = ports.get(i);
      String at = "spec.ports[" + i + "]";
      String name = port.path("name").asText();
      if (ports.size() > 1 && name.isEmpty()) {
        violations.required(at + ".name", "");
      } else if (!name.isEmpty()) {
        FieldChecks.label(violations, name, at + ".name");
        if (!names.add(name)) {
          violations.duplicate(at + ".name", name);
        }
      }
      int number = port.path("port").asInt();
      FieldChecks.port(violations, number, at + ".port");
      FieldChecks.protocol(violations, port.path("protocol"), at + ".protocol");
      FieldChecks.portOrName(violations, port.path("targetPort"), at + ".targetPort");
      if (port.has("appProtocol")) {
        MetadataRules.key(violations, port.path("appProtocol").asText(), at + ".appProtocol");
      }
      if (!numbers.add(number + "/" + port.path("protocol").asText())) {
        violations.duplicate(at, port);
      }
      if (port.path("nodePort").asInt() != 0 && type(spec).equals("ClusterIP")) {
        violations.forbidden(at + ".nodePort", "may not be used when `type` is 'ClusterIP'");
      }
    }
  }

  private void allocate(Write write, Violations violations, ObjectNode object, ObjectNode spec) {
    String uid = object.path("metadata").path("uid").asText();
    boolean keep = !write.dryRun();
    Set<String> taken = new HashSet<>();
    clusterAddress(violations, spec, uid, keep, taken);
    if (violations.isEmpty() && needsNodePorts(spec)) {
      nodePorts(violations, spec, uid, keep, taken);
    }
    if (!violations.isEmpty()) {
      addresses.release(uid, taken);
    }
  }

  private void clusterAddress(
      Violations violations, ObjectNode spec, String uid, boolean keep, Set<String> taken) {
    ArrayNode list = spec.withArray("clusterIPs");
    String address = spec.path("clusterIP").asText();
    if (address.equals("None")) {
      return;
    }
    if (address.isEmpty()) {
      address = addresses.anyAddress(uid, keep);
      spec.put("clusterIP", address);
      list.removeAll().add(address);
    } else if (!addresses.inNetwork(address)) {
      violations.invalid(
          "spec.clusterIPs",
          list,
          "failed to allocate IP "
              + address
              + ": the provided network does not match the current range");
    } else if (!addresses.take(address, uid, keep)) {
      violations.invalid(
          "spec.clusterIPs",
          list,
          "failed to allocate IP " + address + ": provided IP is already allocated");
    }
    taken.add(address);
  }

  private void nodePorts(
      Violations violations, ObjectNode spec, String uid, boolean keep, Set<String> taken) {
    JsonNode ports = spec.path("ports");
    for (int i = 0; i < ports.size(); i++) {
      ObjectNode port = (ObjectNode) ports.get(i);
      String protocol = port.path("protocol").asText();
      int number = port.path("nodePort").asInt();
      String at = "spec.ports[" + i + "].nodePort";
      if (number == 0) {
        number = addresses.anyPort(protocol, uid, keep);
        port.put("nodePort", number);
      } else if (number < ServiceAddresses.FIRST_PORT || number > ServiceAddresses.LAST_PORT) {
        violations.invalid(
            at,
            number,
            "provided port is not in the valid range. The range of valid ports is 30000-32767");
      } else if (!addresses.take(ServiceAddresses.port(number, protocol), uid, keep)) {
        violations.invalid(at, number, "provided port is already allocated");
      }
      taken.add(ServiceAddresses.port(number, protocol));
    }
    if (type(spec).equals("LoadBalancer")
        && spec.path("externalTrafficPolicy").asText().equals("Local")
        && spec.path("healthCheckNodePort").asInt() == 0) {
      spec.put("healthCheckNodePort", addresses.anyPort("TCP", uid, keep));
    }
  }
}
