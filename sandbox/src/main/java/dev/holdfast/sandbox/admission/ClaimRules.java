package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.math.BigDecimal;
import java.util.List;

/** The specs of PersistentVolumeClaims, also of those in a StatefulSet. */
final class ClaimRules {

  private static final List<String> ACCESS_MODES =
      List.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");

  private ClaimRules() {}

  static void validate(Violations violations, JsonNode spec, String at) {
    if (spec.path("accessModes").isEmpty()) {
      violations.required(at + ".accessModes", "at least 1 access mode is required");
    }
    for (JsonNode mode : spec.path("accessModes")) {
      if (!ACCESS_MODES.contains(mode.asText())) {
        violations.notAmong(at + ".accessModes", mode, ACCESS_MODES);
      }
    }
    JsonNode size = spec.path("resources").path("requests").path("storage");
    if (size.isMissingNode()) {
      violations.required(at + ".resources[storage]", "");
    } else if (amount(size).signum() <= 0) {
      violations.invalid(at + ".resources[storage]", size, "must be greater than zero");
    }
    Selectors.validate(violations, spec.path("selector"), at + ".selector");
    String storageClass = spec.path("storageClassName").asText();
    if (!storageClass.isEmpty()) {
      FieldChecks.subdomain(violations, storageClass, at + ".storageClassName");
    }
    if (!List.of("Block", "Filesystem").contains(spec.path("volumeMode").asText("Filesystem"))) {
      violations.notAmong(
          at + ".volumeMode", spec.path("volumeMode"), List.of("Block", "Filesystem"));
    }
  }

  private static BigDecimal amount(JsonNode quantity) {
    return Quantities.value(quantity.asText("0")).orElse(BigDecimal.ZERO);
  }

  static void update(Violations violations, JsonNode spec, ObjectNode old) {
    JsonNode before = old.path("spec");
    JsonNode size = spec.at("/resources/requests/storage");
    boolean shrunk = amount(size).compareTo(amount(before.at("/resources/requests/storage"))) < 0;
    if (shrunk && amount(size).compareTo(amount(old.at("/status/capacity/storage"))) <= 0) {
      violations.forbidden(
          "spec.resources.requests.storage", "field can not be less than status.capacity");
    }
    boolean binding = before.path("volumeName").asText().isEmpty();
    ObjectNode a = spec.deepCopy();
    ObjectNode b = before.deepCopy();
    for (ObjectNode each : List.of(a, b)) {
      if (binding) {
        each.remove("volumeName");
      } else {
        each.withObject("/resources").remove("requests");
      }
      each.remove("volumeAttributesClassName");
      if (!before.has("storageClassName")) {
        each.remove("storageClassName"); // it may be said later
      }
    }
    if (!a.equals(b)) {
      violations.forbidden(
          "spec",
          "spec is immutable after creation except resources.requests and"
              + " volumeAttributesClassName for bound claims\n"
              + ClaimDiff.of(before, spec));
    }
  }
}
