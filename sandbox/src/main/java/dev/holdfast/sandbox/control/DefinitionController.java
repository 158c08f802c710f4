package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.CustomTypes;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Serves what CustomResourceDefinitions define, and deletes the resources of those that end. */
public final class DefinitionController implements Controller {

  private static final String CLEANUP = Deletions.DEFINITION_CLEANUP;

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;
  private final Deletions deletions;

  public DefinitionController(
      ObjectStore store, TypeTable types, Writer writer, Deletions deletions) {
    this.store = store;
    this.types = types;
    this.writer = writer;
    this.deletions = deletions;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.DEFINITIONS)) {
      ObjectNode definition =
          Codec.read(object, "apiextensions.k8s.io/v1", "CustomResourceDefinition");
      if (change.after() == null) {
        types.remove(CustomTypes.type(definition));
      } else if (change.after().terminating()) {
        end(definition);
      } else {
        establish(object.name(), definition);
      }
    } else if (change.after() == null && !store.shelf(Types.DEFINITIONS).isEmpty()) {
      Stored owner = store.get(Types.DEFINITIONS, "", object.type().toString());
      if (owner != null && owner.terminating()) {
        finishIfEmpty(owner.name(), object.type());
      }
    }
  }

  private void establish(String name, ObjectNode definition) {
    boolean done = CustomTypes.established(definition);
    String conflict = conflict(name, definition);
    if (conflict.isEmpty()) {
      types.replace(CustomTypes.type(definition), CustomTypes.served(definition));
    }
    ServedType type = types.find(Types.DEFINITIONS);
    if (type == null
        || done && definition.path("status").path("acceptedNames").equals(names(definition))) {
      return;
    }
    write(
        type,
        name,
        "status",
        present -> {
          ObjectNode status = present.withObject("/status");
          if (conflict.isEmpty()) {
            status.set("acceptedNames", names(present));
          }
          conditions(status, conflict);
          return present;
        });
  }

  private static ObjectNode names(ObjectNode definition) {
    return (ObjectNode) definition.path("spec").path("names").deepCopy();
  }

  /** Another definition of the same group that has one of the names; empty if there is none. */
  private String conflict(String name, ObjectNode definition) {
    String group = definition.path("spec").path("group").asText();
    String kind = definition.path("spec").path("names").path("kind").asText();
    String[] found = {""};
    store
        .view(Types.DEFINITIONS)
        .walk(
            "",
            "",
            other -> {
              if (!other.name().equals(name) && other.name().endsWith("." + group)) {
                JsonNode accepted = Codec.read(other, "", "").path("status").path("acceptedNames");
                if (accepted.path("kind").asText().equals(kind)) {
                  found[0] = "\"" + kind + "\" is already in use";
                }
              }
              return found[0].isEmpty();
            });
    return found[0];
  }

  private static void conditions(ObjectNode status, String conflict) {
    ArrayNode conditions = Json.MAPPER.createArrayNode();
    boolean fine = conflict.isEmpty();
    condition(
        conditions,
        "NamesAccepted",
        fine,
        fine ? "NoConflicts" : "KindConflict",
        fine ? "no conflicts found" : conflict);
    condition(
        conditions,
        "Established",
        fine,
        fine ? "InitialNamesAccepted" : "NotAccepted",
        fine ? "the initial names have been accepted" : "not all names are accepted");
    status.set("conditions", conditions);
  }

  private static void condition(
      ArrayNode conditions, String type, boolean holds, String reason, String message) {
    conditions
        .addObject()
        .put("type", type)
        .put("status", holds ? "True" : "False")
        .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
        .put("reason", reason)
        .put("message", message);
  }

  private void end(ObjectNode definition) {
    GroupResource custom = CustomTypes.type(definition);
    ServedType served = types.find(custom);
    if (served != null) {
      List<Stored> present = new ArrayList<>();
      store
          .view(custom)
          .walk(
              "",
              "",
              stored -> {
                present.add(stored);
                return true;
              });
      for (Stored each : present) {
        try {
          deletions.delete(served, each.namespace(), each.name(), Deletions.Deletion.NOW);
        } catch (ApiError e) {
          if (e.code() != 404) {
            throw e;
          }
        }
      }
    }
    finishIfEmpty(definition.path("metadata").path("name").asText(), custom);
  }

  private void finishIfEmpty(String name, GroupResource custom) {
    ServedType type = types.find(Types.DEFINITIONS);
    if (type != null && store.shelf(custom).isEmpty()) {
      write(
          type,
          name,
          "",
          present -> {
            Deletions.removeFinalizer(present.withObject("/metadata"), CLEANUP);
            return present;
          });
    }
  }

  private void write(ServedType type, String name, String subresource, Writer.Edit edit) {
    try {
      writer.update(Write.internal(type, "", subresource).as("kube-apiserver"), name, edit);
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }
}
