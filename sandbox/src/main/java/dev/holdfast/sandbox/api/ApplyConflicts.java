package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.fields.ManagedFields;
import dev.holdfast.sandbox.status.ApiError;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The 409 of a server-side apply: who owns what. */
final class ApplyConflicts {

  private ApplyConflicts() {}

  static ApiError error(List<ManagedFields.Conflict> conflicts) {
    Map<String, List<String>> byOwner = new TreeMap<>();
    ObjectNode details = Json.MAPPER.createObjectNode();
    ArrayNode causes = details.putArray("causes");
    for (ManagedFields.Conflict conflict : conflicts) {
      String owner = owner(conflict);
      byOwner.computeIfAbsent(owner, o -> new java.util.ArrayList<>()).add(conflict.path());
      causes
          .addObject()
          .put("reason", "FieldManagerConflict")
          .put("message", "conflict with " + owner)
          .put("field", conflict.path());
    }
    StringBuilder message = new StringBuilder();
    message
        .append("Apply failed with ")
        .append(conflicts.size())
        .append(conflicts.size() == 1 ? " conflict: " : " conflicts: ");
    if (conflicts.size() == 1) {
      message.append("conflict with ").append(owner(conflicts.getFirst())).append(": ");
      message.append(conflicts.getFirst().path());
    } else {
      String separator = "";
      for (var entry : byOwner.entrySet()) {
        message.append(separator).append("conflicts with ").append(entry.getKey()).append(":");
        entry.getValue().forEach(path -> message.append("\n- ").append(path));
        separator = "\n";
      }
    }
    return ApiError.of(409, "Conflict", message.toString(), details);
  }

  private static String owner(ManagedFields.Conflict conflict) {
    String using =
        conflict.operation().equals(ManagedFields.Author.UPDATE)
            ? " using " + conflict.apiVersion()
            : "";
    String subresource =
        conflict.subresource().isEmpty()
            ? ""
            : " with subresource \"" + conflict.subresource() + "\"";
    return "\"" + conflict.manager() + "\"" + subresource + using;
  }
}
