package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.schema.BuiltInSchemas;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Takes an object from its request to what may be stored. */
public final class Admission {

  private final Map<GroupResource, List<Rules>> byType;
  private final List<Rules> forAll;

  /**
   * @param byType what is particular to a type
   * @param forAll what concerns every type, after that
   */
  public Admission(Map<GroupResource, List<Rules>> byType, List<Rules> forAll) {
    this.byType = Map.copyOf(byType);
    this.forAll = List.copyOf(forAll);
  }

  /**
   * Decodes an object as its type's, and fills in the defaults.
   *
   * @throws ApiError 400 if it cannot be decoded, or has unknown fields and these are refused
   */
  public ObjectNode decode(Write write, ObjectNode body) {
    ServedType type = write.type();
    Schema schema = type.schema();
    body.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    if (schema == null) {
      return body;
    }
    ObjectNode result;
    if (type.custom()) {
      checkMetadata(type, body);
      Pruner.Pruned pruned = Pruner.prune(schema, body);
      unknown(write, type, pruned.unknown());
      result = pruned.object();
    } else {
      try {
        Decoder.Decoded decoded = Decoder.decode(schema, body);
        unknown(write, type, decoded.unknown());
        result = decoded.object();
      } catch (Decoder.WrongType e) {
        throw ApiError.undecodable(type, String.valueOf(e.getMessage()), e.converted());
      }
    }
    Defaults.apply(schema, result);
    return result;
  }

  private static void checkMetadata(ServedType type, ObjectNode body) {
    if (body.get("metadata") instanceof ObjectNode metadata) {
      try {
        var _ = Decoder.decode(BuiltInSchemas.shared().metadata(), metadata);
      } catch (Decoder.WrongType e) {
        throw ApiError.undecodable(type, String.valueOf(e.getMessage()));
      }
    }
  }

  private static void unknown(Write write, ServedType type, List<String> fields) {
    if (fields.isEmpty()) {
      return;
    }
    switch (write.validation()) {
      case IGNORE -> {}
      case WARN -> fields.forEach(field -> write.warnings().add("unknown field \"" + field + "\""));
      case STRICT -> {
        String list =
            fields.stream()
                .map(field -> "unknown field \"" + field + "\"")
                .collect(Collectors.joining(", "));
        throw ApiError.undecodable(type, "strict decoding error: " + list);
      }
    }
  }

  /** What an object of the type is before anybody has set anything. */
  public ObjectNode zero(ServedType type) {
    ObjectNode empty = JsonNodeFactory.instance.objectNode();
    empty.put("apiVersion", type.apiVersion()).put("kind", type.kind());
    Schema schema = type.schema();
    if (schema == null || type.custom()) {
      return empty;
    }
    try {
      return Decoder.decode(schema, empty).object();
    } catch (Decoder.WrongType e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Rules> rules(ServedType type) {
    return byType.getOrDefault(type.type(), List.of());
  }

  /** What admission plugins make of a new object, in place. */
  public void admit(Write write, ObjectNode object) {
    rules(write.type()).forEach(rules -> rules.admit(write, object));
    forAll.forEach(rules -> rules.admit(write, object));
  }

  /** Prepares and validates a new object that was admitted, in place. */
  public void create(Write write, ObjectNode object) {
    List<Rules> own = rules(write.type());
    own.forEach(rules -> rules.prepareCreate(write, object));
    forAll.forEach(rules -> rules.prepareCreate(write, object));
    validate(write, object, null);
  }

  /** Prepares and validates a changed object, in place. */
  public void update(Write write, ObjectNode old, ObjectNode object) {
    List<Rules> own = rules(write.type());
    own.forEach(rules -> rules.prepareUpdate(write, old, object));
    forAll.forEach(rules -> rules.prepareUpdate(write, old, object));
    validate(write, object, old);
  }

  private void validate(Write write, ObjectNode object, @Nullable ObjectNode old) {
    ServedType type = write.type();
    Violations violations = new Violations();
    MetadataRules.validate(violations, type, object);
    if (old != null) {
      immutableMetadata(violations, object.path("metadata"), old.path("metadata"));
    }
    rules(type).forEach(rules -> rules.validate(write, violations, object, old));
    forAll.forEach(rules -> rules.validate(write, violations, object, old));
    violations.check(type.group(), type.kind(), object.path("metadata").path("name").asText());
  }

  private static void immutableMetadata(Violations violations, JsonNode now, JsonNode old) {
    if (old.has("deletionTimestamp")) {
      for (JsonNode finalizer : now.path("finalizers")) {
        boolean present = false;
        for (JsonNode before : old.path("finalizers")) {
          present |= before.equals(finalizer);
        }
        if (!present) {
          violations.forbidden(
              "metadata.finalizers",
              "no new finalizers can be added if the object is being deleted, found new finalizers"
                  + " []string{\""
                  + finalizer.asText()
                  + "\"}");
        }
      }
    }
  }
}
