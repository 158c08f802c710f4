package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The objects of the cluster as controllers and kubelets read and write them: whole trees, and a
 * write of something that is gone meanwhile is no error.
 */
final class Objects {

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;
  private final Deletions deletions;

  Objects(ObjectStore store, TypeTable types, Writer writer, Deletions deletions) {
    this.store = store;
    this.types = types;
    this.writer = writer;
    this.deletions = deletions;
  }

  /** A fresh tree. */
  ObjectNode read(Stored stored) {
    ServedType type = types.find(stored.type());
    if (type == null) {
      throw new IllegalStateException(stored.type() + " is not served");
    }
    return Codec.read(stored, type.apiVersion(), type.kind());
  }

  @Nullable ObjectNode get(GroupResource type, String namespace, String name) {
    Stored stored = name.isEmpty() ? null : store.get(type, namespace, name);
    return stored == null ? null : read(stored);
  }

  /**
   * All of a type.
   *
   * @param namespace empty for all namespaces
   */
  List<ObjectNode> list(GroupResource type, String namespace) {
    List<ObjectNode> all = new ArrayList<>();
    if (types.find(type) != null) {
      store
          .view(type)
          .walk(
              namespace,
              "",
              stored -> {
                all.add(read(stored));
                return true;
              });
    }
    return all;
  }

  /**
   * Creates an object.
   *
   * @return false if its namespace ends, or one of that name exists
   */
  boolean create(GroupResource resource, String namespace, ObjectNode object, String manager) {
    ServedType type = types.find(resource);
    if (type == null) {
      return false;
    }
    try {
      writer.create(Write.internal(type, namespace).as(manager), object);
      return true;
    } catch (ApiError e) {
      if (e.code() == 409 || e.code() == 404 || e.code() == 403) {
        return false;
      }
      throw e;
    }
  }

  /** Changes an object, or its status; one that is gone or another by now is left alone. */
  void edit(
      GroupResource resource, JsonNode object, String subresource, String manager, Change change) {
    ServedType type = types.find(resource);
    JsonNode metadata = object.path("metadata");
    if (type == null) {
      return;
    }
    try {
      writer.update(
          Write.internal(type, metadata.path("namespace").asText(), subresource).as(manager),
          metadata.path("name").asText(),
          present -> {
            if (present.at("/metadata/uid").asText().equals(metadata.path("uid").asText())) {
              change.apply(present);
            }
            // Read anew: a number that was set again is of another class, and would be a change.
            return Json.object(Json.bytes(present), "an object");
          });
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }

  /** Adds a finalizer. */
  void protect(GroupResource type, JsonNode object, String finalizer, String manager) {
    edit(
        type,
        object,
        "",
        manager,
        present -> {
          ArrayNode finalizers = present.withObject("/metadata").withArray("finalizers");
          if (finalizers.valueStream().noneMatch(each -> each.asText().equals(finalizer))) {
            finalizers.add(finalizer);
          }
        });
  }

  /** Takes a finalizer away. */
  void release(GroupResource type, JsonNode object, String finalizer, String manager) {
    edit(
        type,
        object,
        "",
        manager,
        present -> Deletions.removeFinalizer(present.withObject("/metadata"), finalizer));
  }

  /** Changes a tree in place. */
  @FunctionalInterface
  interface Change {
    void apply(ObjectNode present);
  }

  /**
   * Deletes this very object.
   *
   * @param graceSeconds -1 for the type's default
   */
  void delete(GroupResource resource, JsonNode object, long graceSeconds) {
    ServedType type = types.find(resource);
    JsonNode metadata = object.path("metadata");
    if (type == null) {
      return;
    }
    try {
      deletions.delete(
          type,
          metadata.path("namespace").asText(),
          metadata.path("name").asText(),
          new Deletions.Deletion(metadata.path("uid").asText(), "", "", graceSeconds, false));
    } catch (ApiError e) {
      if (e.code() != 404 && e.code() != 409) {
        throw e;
      }
    }
  }
}
