package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.Set;
import java.util.stream.Collectors;

/** What of a pod that is there may change: images, a deadline, more tolerations, fewer gates. */
final class PodUpdates {

  private static final Set<String> FREE =
      Set.of("activeDeadlineSeconds", "tolerations", "schedulingGates");

  private PodUpdates() {}

  /**
   * @param scheduler whether the sandbox itself asks, which binds pods to nodes
   */
  static void validate(Violations violations, JsonNode spec, JsonNode old, boolean scheduler) {
    for (String list : new String[] {"containers", "initContainers"}) {
      if (spec.path(list).size() != old.path(list).size()) {
        violations.forbidden("spec." + list, "pod updates may not add or remove containers");
        return;
      }
    }
    if (!deadline(
        violations, spec.path("activeDeadlineSeconds"), old.path("activeDeadlineSeconds"))) {
      return;
    }
    for (JsonNode each : old.path("tolerations")) {
      if (spec.path("tolerations").valueStream().noneMatch(now -> alike(each, now))) {
        violations.forbidden(
            "spec.tolerations",
            "existing toleration can not be modified except its tolerationSeconds");
        break;
      }
    }
    gates(violations, spec.path("schedulingGates"), old.path("schedulingGates"));
    boolean binds = scheduler && old.path("nodeName").asText().isEmpty();
    if (!reduced(spec, old, binds).equals(reduced(old, old, binds))) {
      violations.forbidden(
          "spec",
          "pod updates may not change fields other than `spec.containers[*].image`,"
              + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
              + " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds`"
              + " (allow it to be set to 1 if it was previously negative)");
    }
  }

  /** A deadline may come, or become shorter; false if nothing else is looked at then. */
  private static boolean deadline(Violations violations, JsonNode now, JsonNode old) {
    String at = "spec.activeDeadlineSeconds";
    if (now.isNumber()) {
      if (now.asLong() < 0 || now.asLong() > Integer.MAX_VALUE) {
        violations.invalid(at, now, "must be between 0 and 2147483647, inclusive");
        return false;
      }
      if (old.isNumber() && old.asLong() < now.asLong()) {
        violations.invalid(at, now, "must be less than or equal to previous value");
        return false;
      }
    } else if (old.isNumber()) {
      violations.add(
          "FieldValueInvalid",
          "Invalid value: null: must not update from a positive integer to nil value",
          at);
    }
    return true;
  }

  private static boolean alike(JsonNode old, JsonNode now) {
    ObjectNode seconds = old.deepCopy();
    seconds.remove("tolerationSeconds");
    ObjectNode other = now.deepCopy();
    other.remove("tolerationSeconds");
    return seconds.equals(other);
  }

  private static void gates(Violations violations, JsonNode now, JsonNode old) {
    Set<String> known =
        old.valueStream().map(gate -> gate.path("name").asText()).collect(Collectors.toSet());
    for (int i = 0; i < now.size(); i++) {
      String name = now.get(i).path("name").asText();
      if (!known.contains(name)) {
        violations.forbidden(
            "spec.schedulingGates[" + i + "].name",
            "only deletion is allowed, but found new scheduling gate '" + name + "'");
      }
    }
  }

  /** A spec without what may change. */
  private static ObjectNode reduced(JsonNode spec, JsonNode old, boolean binds) {
    ObjectNode result = spec.deepCopy();
    result.remove(FREE);
    if (binds) {
      result.remove("nodeName");
    }
    JsonNode grace = old.path("terminationGracePeriodSeconds");
    if (grace.asLong() < 0
        && spec.path("terminationGracePeriodSeconds").equals(IntNode.valueOf(1))) {
      result.set("terminationGracePeriodSeconds", grace);
    }
    for (String list : new String[] {"containers", "initContainers", "ephemeralContainers"}) {
      for (JsonNode container : result.path(list)) {
        ((ObjectNode) container).remove("image");
      }
    }
    return result;
  }
}
