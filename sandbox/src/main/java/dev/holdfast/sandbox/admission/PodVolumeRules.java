package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What makes the volumes of a pod's spec valid. */
final class PodVolumeRules {

  /** What a source must say. */
  private static final Map<String, List<String>> REQUIRED =
      Map.of(
          "secret", List.of("secretName"),
          "configMap", List.of("name"),
          "persistentVolumeClaim", List.of("claimName"),
          "hostPath", List.of("path"),
          "nfs", List.of("server", "path"),
          "csi", List.of("driver"));

  private PodVolumeRules() {}

  /**
   * @param claims volumes that a StatefulSet's claim templates give its pods
   * @return the names that may be mounted
   */
  static Set<String> validate(
      Violations violations, JsonNode spec, String at, List<String> claims) {
    Set<String> names = new HashSet<>(claims);
    names.remove("");
    int i = 0;
    for (String claim : claims) {
      String field = at + "[" + i++ + "]";
      if (claim.isEmpty()) {
        violations.required(field + ".name", "");
        violations.required(field + ".persistentVolumeClaim.claimName", "");
      } else {
        int before = violations.size();
        FieldChecks.label(violations, claim, field + ".name");
        if (violations.size() > before) {
          names.remove(claim);
        }
      }
    }
    for (JsonNode volume : spec.path("volumes")) {
      String name = volume.path("name").asText();
      if (claims.contains(name)) {
        continue; // the claim's takes its place
      }
      String field = at + "[" + i++ + "]";
      int before = violations.size();
      source(violations, volume, field);
      if (name.isEmpty()) {
        violations.required(field + ".name", "");
      } else {
        FieldChecks.label(violations, name, field + ".name");
      }
      if (names.contains(name)) {
        violations.duplicate(field + ".name", name);
      }
      if (violations.size() == before) {
        names.add(name);
      }
    }
    return names;
  }

  private static void source(Violations violations, JsonNode volume, String at) {
    int count = 0;
    for (var entry : volume.properties()) {
      String kind = entry.getKey();
      if (kind.equals("name")) {
        continue;
      }
      String field = at + "." + kind;
      if (count++ > 0) {
        violations.forbidden(field, "may not specify more than 1 volume type");
        continue;
      }
      JsonNode source = entry.getValue();
      for (String required : REQUIRED.getOrDefault(kind, List.of())) {
        if (source.path(required).asText().isEmpty()) {
          violations.required(field + "." + required, "");
        }
      }
      mode(violations, source.path("defaultMode"), field + ".defaultMode");
      items(violations, source.path("items"), field + ".items");
    }
    if (count == 0) {
      violations.required(at, "must specify a volume type");
    }
  }

  private static void items(Violations violations, JsonNode items, String at) {
    int i = 0;
    for (JsonNode item : items) {
      String field = at + "[" + i++ + "]";
      if (item.has("fieldRef") || item.has("resourceFieldRef")) {
        continue; // the downward API's have no key
      }
      for (String required : List.of("key", "path")) {
        if (item.path(required).asText().isEmpty()) {
          violations.required(field + "." + required, "");
        }
      }
      String path = item.path("path").asText();
      if (path.startsWith("/")) {
        violations.invalid(field + ".path", path, "must be a relative path");
      }
      if (List.of(path.split("/", -1)).contains("..")) {
        violations.invalid(field + ".path", path, "must not contain '..'");
      }
      mode(violations, item.path("mode"), field + ".mode");
    }
  }

  private static void mode(Violations violations, JsonNode mode, String field) {
    if (mode.isNumber() && (mode.asLong() < 0 || mode.asLong() > 511)) {
      violations.invalid(
          field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
  }
}
