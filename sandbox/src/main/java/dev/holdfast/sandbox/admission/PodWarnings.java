package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the API accepts of a pod's spec, in a Pod or in a template, but warns of. */
final class PodWarnings {

  private static final Map<String, String> NODE_LABELS =
      Map.of(
          "beta.kubernetes.io/arch",
          "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
          "beta.kubernetes.io/os",
          "deprecated since v1.14; use \"kubernetes.io/os\" instead",
          "failure-domain.beta.kubernetes.io/region",
          "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
          "failure-domain.beta.kubernetes.io/zone",
          "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
          "beta.kubernetes.io/instance-type",
          "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
          "app.kubernetes.io/created-by",
          "deprecated since v1.9",
          "scheduler.alpha.kubernetes.io/preferAvoidPods",
          "deprecated since v1.22; use Taints and Tolerations instead",
          "node-role.kubernetes.io/master",
          "use \"node-role.kubernetes.io/control-plane\" instead");

  private static final Map<String, String> VOLUMES =
      Map.of(
          "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+",
          "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+",
          "scaleIO", "deprecated in v1.16, non-functional in v1.22+",
          "flocker", "deprecated in v1.22, non-functional in v1.25+",
          "storageos", "deprecated in v1.22, non-functional in v1.25+",
          "quobyte", "deprecated in v1.22, non-functional in v1.25+",
          "glusterfs", "deprecated in v1.25, non-functional in v1.26+",
          "cephfs", "deprecated in v1.28, non-functional in v1.31+",
          "rbd", "deprecated in v1.28, non-functional in v1.31+");

  private final List<String> warnings = new ArrayList<>();

  private PodWarnings() {}

  /**
   * @param at {@code spec}, {@code spec.template.spec}
   */
  static List<String> of(JsonNode spec, String at) {
    PodWarnings found = new PodWarnings();
    found.pod(spec, at);
    Map<String, List<Port>> ports = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (String list : List.of("initContainers", "containers")) {
      int i = 0;
      for (JsonNode container : spec.path(list)) {
        String path = at + "." + list + "[" + i++ + "]";
        found.fractions(container.path("resources"), path + ".resources");
        found.environment(container.path("env"), path + ".env");
        found.ports(container.path("ports"), path + ".ports", ports);
        found.portNames(container.path("ports"), path + ".ports", names);
      }
    }
    return found.warnings;
  }

  private void pod(JsonNode spec, String at) {
    spec.path("nodeSelector")
        .fieldNames()
        .forEachRemaining(label -> {
          if (NODE_LABELS.containsKey(label)) {
            warnings.add(at + ".nodeSelector[" + label + "]: " + NODE_LABELS.get(label));
          }
        });
    int i = 0;
    for (JsonNode volume : spec.path("volumes")) {
      String path = at + ".volumes[" + i++ + "].";
      VOLUMES.forEach((source, text) -> {
        if (volume.has(source)) {
          warnings.add(path + (source.equals("storageos") ? "storageOS" : source) + ": " + text);
        }
      });
    }
    twice(spec.path("hostAliases"), "ip", at + ".hostAliases");
    twice(spec.path("imagePullSecrets"), "name", at + ".imagePullSecrets");
    if (spec.path("terminationGracePeriodSeconds").asLong() < 0) {
      warnings.add(
          at
              + ".terminationGracePeriodSeconds: must be >= 0; negative values are invalid and"
              + " will be treated as 1");
    }
  }

  private void twice(JsonNode list, String field, String at) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      String value = list.get(i).path(field).asText();
      if (!seen.add(value)) {
        warnings.add(at + "[" + i + "]." + field + ": duplicate " + field + " \"" + value + "\"");
      }
    }
  }

  private void fractions(JsonNode resources, String at) {
    for (String list : List.of("limits", "requests")) {
      for (String name : List.of("memory", "ephemeral-storage")) {
        String value = resources.path(list).path(name).asText();
        boolean fraction =
            Quantities.value(value).map(v -> v.stripTrailingZeros().scale() > 0).orElse(false);
        if (fraction) {
          warnings.add(
              at
                  + "."
                  + list
                  + "["
                  + name
                  + "]: fractional byte value \""
                  + value
                  + "\" is invalid, must be an integer");
        }
      }
    }
  }

  /** A variable may be defined again if it uses what it hides. */
  private void environment(JsonNode env, String at) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < env.size(); i++) {
      String name = env.get(i).path("name").asText();
      String value = env.get(i).path("value").asText();
      String reference = "$(" + name + ")";
      boolean hides =
          env.get(i).has("valueFrom") || value.equals(reference) || !value.contains(reference);
      if (!seen.add(name) && hides) {
        warnings.add(
            at
                + "["
                + i
                + "]: hides previous definition of \""
                + name
                + "\", which may be dropped when using apply");
      }
    }
  }

  private record Port(String path, String hostIp, int hostPort) {}

  private void ports(JsonNode ports, String at, Map<String, List<Port>> all) {
    for (int i = 0; i < ports.size(); i++) {
      JsonNode port = ports.get(i);
      Port own =
          new Port(at + "[" + i + "]", port.path("hostIP").asText(), port.path("hostPort").asInt());
      String key = port.path("containerPort").asInt() + "/" + port.path("protocol").asText();
      List<Port> others = all.computeIfAbsent(key, _ -> new ArrayList<>());
      for (Port other : others) {
        String how = overlap(own, other);
        if (!how.isEmpty()) {
          warnings.add(own.path + ": " + how + " port definition with " + other.path);
        }
      }
      others.add(own);
    }
  }

  private static String overlap(Port own, Port other) {
    if (own.hostIp.equals(other.hostIp) && own.hostPort == other.hostPort) {
      return "duplicate";
    }
    if (own.hostPort == 0 || other.hostPort == 0) {
      return "overlapping";
    }
    boolean oneIsAny = own.hostIp.isEmpty() != other.hostIp.isEmpty();
    return own.hostPort == other.hostPort && oneIsAny ? "dangerously ambiguous" : "";
  }

  private void portNames(JsonNode ports, String at, Map<String, String> names) {
    for (int i = 0; i < ports.size(); i++) {
      String name = ports.get(i).path("name").asText();
      if (name.isEmpty()) {
        continue;
      }
      String path = at + "[" + i + "]";
      String other = names.putIfAbsent(name, path);
      if (other != null) {
        warnings.add(
            path
                + ": duplicate port name \""
                + name
                + "\" with "
                + other
                + ", services and probes that select ports by name will use "
                + other);
      }
    }
  }
}
