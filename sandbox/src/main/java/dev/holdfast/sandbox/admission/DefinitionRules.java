package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CustomResourceDefinitions. */
final class DefinitionRules implements Rules {

  /** The fields of a version as the server keeps them, which messages show. */
  private static final List<String> VERSION_FIELDS =
      List.of(
          "name",
          "served",
          "storage",
          "deprecated",
          "deprecationWarning",
          "schema",
          "subresources",
          "additionalPrinterColumns",
          "selectableFields");

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    ObjectNode status = object.withObject("/status");
    status.removeAll();
    status.putArray("conditions");
    status.putObject("acceptedNames").put("plural", "").put("kind", "");
    ArrayNode stored = status.putArray("storedVersions");
    String version = "";
    for (JsonNode each : object.path("spec").path("versions")) {
      if (each.path("storage").asBoolean()) {
        version = each.path("name").asText();
        break;
      }
    }
    if (!version.isEmpty()) {
      stored.add(version);
    }
  }

  @Override
  public void prepareUpdate(Write write, ObjectNode old, ObjectNode object) {
    if (!write.subresource().isEmpty()) {
      return;
    }
    ArrayNode stored = object.withObject("/status").withArray("storedVersions");
    for (JsonNode each : object.path("spec").path("versions")) {
      boolean known = stored.valueStream().anyMatch(name -> name.equals(each.path("name")));
      if (each.path("storage").asBoolean() && !known) {
        stored.add(each.path("name").asText());
      }
    }
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    JsonNode spec = object.path("spec");
    String name = object.path("metadata").path("name").asText();
    String plural = spec.path("names").path("plural").asText();
    String group = spec.path("group").asText();
    if (!name.equals(plural + "." + group)) {
      violations.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
    }
    if (group.isEmpty()) {
      violations.required("spec.group", "");
    } else if (!group.contains(".")) {
      violations.invalid("spec.group", group, "should be a domain with at least one dot");
    }
    String scope = spec.path("scope").asText();
    if (scope.isEmpty()) {
      violations.required("spec.scope", "");
    } else if (!List.of("Cluster", "Namespaced").contains(scope)) {
      violations.notSupported("spec.scope", scope, List.of("Cluster", "Namespaced"));
    }
    versions(violations, spec.path("versions"), object.path("status").path("storedVersions"));
    for (String field : List.of("plural", "singular", "kind", "listKind")) {
      if (spec.path("names").path(field).asText().isEmpty()) {
        violations.required("spec.names." + field, "");
      }
    }
    if (old != null) {
      for (String field : List.of("group", "scope")) {
        if (!old.path("spec").path(field).equals(spec.path(field))) {
          violations.invalid("spec." + field, spec.path(field), "field is immutable");
        }
      }
    }
  }

  private static void versions(Violations violations, JsonNode versions, JsonNode stored) {
    if (versions.isEmpty()) {
      violations.required("spec.versions", "must have at least one version");
      return;
    }
    int storage = 0;
    String last = "";
    int i = 0;
    for (JsonNode version : versions) {
      if (version.path("storage").asBoolean()) {
        storage++;
        last = version.path("name").asText();
      }
      if (!version.path("schema").path("openAPIV3Schema").isObject()
          && versionsHaveNames(version)) {
        schemaMissing(violations, storage, i);
      }
      i++;
    }
    if (storage != 1) {
      violations.invalid(
          "spec.versions",
          shown(versions),
          "must have exactly one version marked as storage version");
    }
    String wanted = last;
    if (!last.isEmpty() && stored.valueStream().noneMatch(each -> each.asText().equals(wanted))) {
      violations.invalid("status.storedVersions", stored, "must have the storage version " + last);
    }
  }

  private static boolean versionsHaveNames(JsonNode version) {
    return !version.path("name").asText().isEmpty();
  }

  private static void schemaMissing(Violations violations, int storage, int index) {
    if (storage <= 1) {
      violations.required(
          "spec.versions[" + index + "].schema.openAPIV3Schema", "schemas are required");
    }
  }

  /** What all versions share stands elsewhere in the server's own form, and shows as null here. */
  private static ArrayNode shown(JsonNode versions) {
    ArrayNode list = Json.MAPPER.createArrayNode();
    for (JsonNode version : versions) {
      ObjectNode each = list.addObject();
      for (String field : VERSION_FIELDS) {
        JsonNode value = version.get(field);
        String goName = Character.toUpperCase(field.charAt(0)) + field.substring(1);
        if (field.equals("deprecated")) {
          each.put(goName, version.path(field).asBoolean());
        } else if (shared(versions, field)) {
          each.putNull(goName);
        } else {
          each.set(goName, value);
        }
      }
    }
    return list;
  }

  private static boolean shared(JsonNode versions, String field) {
    return List.of("schema", "subresources", "additionalPrinterColumns").contains(field)
        && versions
            .valueStream()
            .allMatch(each -> each.path(field).equals(versions.get(0).path(field)));
  }
}
