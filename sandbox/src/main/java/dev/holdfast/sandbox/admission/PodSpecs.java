package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What makes a pod's spec valid, in a Pod or in a template. */
final class PodSpecs {

  private PodSpecs() {}

  static void validate(Violations violations, JsonNode spec, String at) {
    validate(violations, spec, at, Set.of());
  }

  /**
   * @param claims volumes that a StatefulSet's claim templates give its pods
   */
  static void validate(Violations violations, JsonNode spec, String at, Set<String> claims) {
    Set<String> volumes = new HashSet<>(claims);
    int i = 0;
    for (JsonNode volume : spec.path("volumes")) {
      String name = volume.path("name").asText();
      String field = at + ".volumes[" + i++ + "].name";
      if (name.isEmpty()) {
        violations.required(field, "");
      } else if (!volumes.add(name)) {
        violations.duplicate(field, name);
      }
    }
    if (spec.path("containers").isEmpty()) {
      violations.required(at + ".containers", "");
    }
    Set<String> names = new HashSet<>();
    for (String list : List.of("containers", "initContainers")) {
      int n = 0;
      for (JsonNode container : spec.path(list)) {
        container(violations, container, at + "." + list + "[" + n++ + "]", volumes, names);
      }
    }
    MetadataRules.labels(violations, spec.path("nodeSelector"), at + ".nodeSelector");
    policy(
        violations, spec, at + ".restartPolicy", "restartPolicy", "Always", "OnFailure", "Never");
    policy(
        violations,
        spec,
        at + ".dnsPolicy",
        "dnsPolicy",
        "ClusterFirstWithHostNet",
        "ClusterFirst",
        "Default",
        "None");
  }

  private static void policy(
      Violations violations, JsonNode spec, String at, String field, String... allowed) {
    String value = spec.path(field).asText();
    if (!value.isEmpty() && !List.of(allowed).contains(value)) {
      violations.notSupported(at, value, List.of(allowed));
    }
  }

  private static void container(
      Violations violations,
      JsonNode container,
      String at,
      Set<String> volumes,
      Set<String> names) {
    String name = container.path("name").asText();
    if (name.isEmpty()) {
      violations.required(at + ".name", "");
    } else if (!names.add(name)) {
      violations.duplicate(at + ".name", name);
    }
    if (container.path("image").asText().isEmpty()) {
      violations.required(at + ".image", "");
    }
    ports(violations, container.path("ports"), at + ".ports");
    int i = 0;
    for (JsonNode mount : container.path("volumeMounts")) {
      String field = at + ".volumeMounts[" + i++ + "]";
      if (!volumes.contains(mount.path("name").asText())) {
        violations.notFound(field + ".name", mount.path("name").asText());
      }
      if (mount.path("mountPath").asText().isEmpty()) {
        violations.required(field + ".mountPath", "");
      }
    }
    resources(violations, container.path("resources"), at + ".resources");
  }

  private static void ports(Violations violations, JsonNode ports, String at) {
    int i = 0;
    for (JsonNode port : ports) {
      String field = at + "[" + i++ + "].containerPort";
      int number = port.path("containerPort").asInt();
      if (number == 0) {
        violations.required(field, "");
      } else {
        NetworkRules.port(violations, number, field);
      }
    }
  }

  private static void resources(Violations violations, JsonNode resources, String at) {
    for (var request : resources.path("requests").properties()) {
      JsonNode limit = resources.path("limits").get(request.getKey());
      if (limit != null
          && Quantities.value(request.getValue().asText())
                  .orElseThrow()
                  .compareTo(Quantities.value(limit.asText()).orElseThrow())
              > 0) {
        violations.invalid(
            at + ".requests",
            request.getValue().asText(),
            "must be less than or equal to " + request.getKey() + " limit of " + limit.asText());
      }
    }
  }
}
