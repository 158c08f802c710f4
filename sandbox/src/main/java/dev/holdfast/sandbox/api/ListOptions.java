package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;

/** Whether the parameters of a list or watch go together. */
final class ListOptions {

  private ListOptions() {}

  /**
   * @param newest the newest version that there is
   */
  static void check(Request request, long newest) {
    String match = request.parameter("resourceVersionMatch");
    String version = request.parameter("resourceVersion");
    boolean watch = request.flag("watch");
    Violations violations = new Violations();
    if (request.query().containsKey("sendInitialEvents")) {
      if (!watch) {
        violations.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
      } else if (!match.equals("NotOlderThan")) {
        violations.forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
      }
    } else if (!match.isEmpty()) {
      match(violations, match, version, watch, !request.parameter("continue").isEmpty());
    }
    violations.check("meta.k8s.io", "ListOptions", "");
    if (!watch && request.parameter("continue").isEmpty()) {
      tooNew(version, newest);
    }
  }

  private static void match(
      Violations violations, String match, String version, boolean watch, boolean continued) {
    String field = "resourceVersionMatch";
    if (watch) {
      violations.forbidden(
          field,
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if (version.isEmpty()) {
      violations.forbidden(
          field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (continued) {
      violations.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
    }
    if (!List.of("Exact", "NotOlderThan").contains(match)) {
      violations.notSupported(field, match, List.of("Exact", "NotOlderThan", ""));
    }
    if (match.equals("Exact") && version.equals("0")) {
      violations.forbidden(
          field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
  }

  private static void tooNew(String version, long newest) {
    if (version.isEmpty()) {
      return;
    }
    long wanted;
    try {
      wanted = Long.parseUnsignedLong(version);
    } catch (NumberFormatException e) {
      throw ApiError.invalid(
          "meta.k8s.io",
          "ListOptions",
          "",
          List.of(
              new ApiError.Cause(
                  "FieldValueInvalid",
                  "Invalid value: "
                      + Json.string(version)
                      + ": strconv.ParseUint: parsing "
                      + Json.string(version)
                      + ": invalid syntax",
                  "resourceVersion")));
    }
    if (wanted > newest) {
      ObjectNode details = Json.MAPPER.createObjectNode();
      details
          .putArray("causes")
          .addObject()
          .put("reason", "ResourceVersionTooLarge")
          .put("message", "Too large resource version");
      details.put("retryAfterSeconds", 1);
      throw ApiError.of(
          504,
          "Timeout",
          "Timeout: Too large resource version: " + wanted + ", current: " + newest,
          details);
    }
  }
}
