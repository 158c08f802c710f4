package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.admission.Admission;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.fields.AppliedShape;
import dev.holdfast.sandbox.fields.LastApplied;
import dev.holdfast.sandbox.fields.ManagedFields;
import dev.holdfast.sandbox.schema.Schema;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import dev.holdfast.sandbox.webhook.Webhooks;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * create and update. A new object is decoded, given defaults, owners of its fields, admitted,
 * validated, stored. A change is computed from what is there and committed only if that is still
 * there; else it is computed again.
 */
public final class Writer {

  private final ObjectStore store;
  private final Admission admission;
  private final Webhooks webhooks;
  private final Clock clock;
  private volatile Second second = new Second(-1, "");

  public Writer(ObjectStore store, Admission admission, Webhooks webhooks, Clock clock) {
    this.store = store;
    this.webhooks = webhooks;
    this.admission = admission;
    this.clock = clock;
  }

  private record Second(long epoch, String text) {}

  /** Computes the new object from a private copy of the present one. */
  @FunctionalInterface
  public interface Edit {
    ObjectNode apply(ObjectNode present);
  }

  /** Stores a new object. */
  public Stored create(Write write, ObjectNode body) {
    ServedType type = write.type();
    ObjectNode metadata = body.withObject("/metadata");
    if (metadata.path("name").asText().isEmpty() && !metadata.has("generateName")) {
      var _ = admission.decode(write, body.deepCopy()); // what else is wrong is said first
    }
    Identity.complete(type, write.namespace(), metadata);
    if (isVersion(metadata.path("resourceVersion").asText())) {
      throw ApiError.of(
          500, "", "resourceVersion should not be set on objects to be created", null);
    }
    checkNamespace(type, write.namespace(), metadata.path("name").asText());
    dropStatus(type, body);
    return createDecoded(write, admission.decode(write, body));
  }

  private Stored createDecoded(Write write, ObjectNode object) {
    dropMetadata(write.type(), object);
    manage(write, admission.zero(write.type()), object, ManagedFields.of(object));
    return finishCreate(write, object);
  }

  /** A server reads it as a number and minds only one that is not 0. */
  private static boolean isVersion(String resourceVersion) {
    return resourceVersion.matches("\\d*[1-9]\\d*");
  }

  /** Stores a new object whose managed fields are already right. */
  private Stored finishCreate(Write write, ObjectNode decoded) {
    ServedType type = write.type();
    String name = decoded.path("metadata").path("name").asText();
    admission.admit(write, decoded);
    ObjectNode object = mutate(write, decoded, null);
    ObjectNode metadata = object.withObject("/metadata");
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", now());
    if (Generations.counted(type)) {
      metadata.put("generation", 1);
    }
    admission.create(write, object);
    if (store.get(type.storage(), write.namespace(), name) != null) {
      throw ApiError.alreadyExists(type, name);
    }
    Stored next = Codec.store(type.storage(), object);
    if (write.dryRun()) {
      return next;
    }
    Stored stored = store.commit(null, next);
    if (stored == null) {
      throw ApiError.alreadyExists(type, name);
    }
    return stored;
  }

  /** What the webhooks make of it; what they changed belongs to the one who asked. */
  private ObjectNode mutate(Write write, ObjectNode object, @Nullable ObjectNode old) {
    ObjectNode changed = webhooks.mutate(write, object, old);
    if (changed.equals(object)) {
      return object;
    }
    ObjectNode result = admission.decode(write.lenient(), changed);
    manage(write, object, result, ManagedFields.of(object));
    if (old != null) {
      Carry.over(write, old, result);
    }
    return result;
  }

  /** What only the server says. */
  private static void dropMetadata(ServedType type, ObjectNode object) {
    object
        .withObject("/metadata")
        .remove(
            List.of(
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "selfLink"));
    if (Generations.counted(type)) {
      object.withObject("/metadata").remove("generation");
    }
  }

  private static void dropStatus(ServedType type, ObjectNode object) {
    if (type.has("status") && !type.is(Types.NODES)) {
      object.remove("status");
    }
  }

  private void manage(Write write, ObjectNode before, ObjectNode after, ManagedFields managed) {
    Schema schema = write.type().schema();
    managed.update(schema == null ? Schema.ANYTHING : schema, before, after, author(write));
    managed.into(after);
  }

  private ManagedFields.Author author(Write write) {
    return new ManagedFields.Author(
        write.manager(),
        ManagedFields.Author.UPDATE,
        write.type().apiVersion(),
        write.subresource().equals("finalize") ? "" : write.subresource(),
        now());
  }

  private void checkNamespace(ServedType type, String namespace, String name) {
    if (!type.namespaced()) {
      return;
    }
    Stored found = store.get(Types.NAMESPACES, "", namespace);
    if (found == null) {
      throw ApiError.notFound("", "namespaces", namespace);
    }
    if (found.terminating()) {
      throw ApiError.namespaceTerminating(type, name, namespace);
    }
  }

  /**
   * Changes an object.
   *
   * @return the object as stored; the present one if nothing changed
   */
  public Stored update(Write write, String name, Edit edit) {
    ServedType type = write.type();
    while (true) {
      Stored present = present(write, name);
      ObjectNode old = Codec.read(present, type.apiVersion(), type.kind());
      ObjectNode next = admission.decode(write, edit.apply(old.deepCopy()));
      Identity.checkPath(write, name, next);
      Stored done = change(write, name, present, old, next);
      if (done != null) {
        return done;
      }
    }
  }

  /** What a request did that may create what is not there. */
  public record Outcome(Stored stored, boolean created) {}

  /**
   * Replaces an object, or creates it if its type permits that.
   *
   * @param mayCreate asked before something is created
   */
  public Outcome replace(Write write, String name, ObjectNode body, Runnable mayCreate) {
    ServedType type = write.type();
    ObjectNode wanted = admission.decode(write, body);
    Identity.checkPath(write, name, wanted);
    while (true) {
      Stored present = store.get(type.storage(), write.namespace(), name);
      if (present == null) {
        if (!Identity.createdByPut(type)) {
          throw ApiError.notFound(type.group(), type.resource(), name);
        }
        mayCreate.run();
        ObjectNode fresh = body.deepCopy();
        dropStatus(type, fresh);
        ObjectNode object = admission.decode(write.lenient(), fresh);
        Identity.complete(type, write.namespace(), object.withObject("/metadata"));
        checkNamespace(type, write.namespace(), name);
        return new Outcome(createDecoded(write, object), true);
      }
      ObjectNode old = Codec.read(present, type.apiVersion(), type.kind());
      Stored done = change(write, name, present, old, wanted.deepCopy());
      if (done != null) {
        return new Outcome(done, false);
      }
    }
  }

  /** Null if the object changed meanwhile. */
  private @Nullable Stored change(
      Write write, String name, Stored present, ObjectNode old, ObjectNode next) {
    Identity.checkPresent(write, name, present, next);
    Carry.over(write, old, next);
    ManagedFields managed =
        next.path("metadata").path("managedFields").isMissingNode()
            ? ManagedFields.of(old)
            : ManagedFields.of(next);
    manage(write, old, next, managed);
    return finishUpdate(write, present, old, next);
  }

  private Stored present(Write write, String name) {
    ServedType type = write.type();
    Stored present = store.get(type.storage(), write.namespace(), name);
    if (present == null) {
      throw ApiError.notFound(type.group(), type.resource(), name);
    }
    return present;
  }

  /** Null if the object changed meanwhile. */
  private @Nullable Stored finishUpdate(
      Write write, Stored present, ObjectNode old, ObjectNode changed) {
    ObjectNode next = mutate(write, changed, old);
    admission.update(write, old, next);
    Generations.count(write.type(), old, next);
    if (sameButForOwners(old, next)) {
      return present;
    }
    Stored stored = Codec.store(write.type().storage(), next);
    if (write.dryRun()) {
      return stored;
    }
    if (Deletions.ready(next)) {
      Stored removed = store.commit(present, null);
      return removed == null ? null : stored.at(removed.version());
    }
    return store.commit(present, stored);
  }

  /** A write that changes nothing leaves the times of managed fields alone, too. */
  private static boolean sameButForOwners(ObjectNode old, ObjectNode next) {
    if (old.equals(next)) {
      return true;
    }
    ObjectNode a = old.deepCopy();
    ObjectNode b = next.deepCopy();
    a.withObject("/metadata").path("managedFields").forEach(Writer::forgetTime);
    b.withObject("/metadata").path("managedFields").forEach(Writer::forgetTime);
    return a.equals(b);
  }

  private static void forgetTime(JsonNode entry) {
    ((ObjectNode) entry).remove("time");
  }

  /**
   * Server-side apply.
   *
   * @param force take fields over from other managers
   */
  public Outcome apply(Write write, String name, ObjectNode config, boolean force) {
    ServedType type = write.type();
    Schema schema = type.schema() == null ? Schema.ANYTHING : type.schema();
    if (!config.path("metadata").path("managedFields").isEmpty()) {
      throw ApiError.badRequest("metadata.managedFields must be nil");
    }
    AppliedShape.check(type, schema, config);
    boolean named = !config.path("metadata").path("name").asText().isEmpty();
    String namespace = config.path("metadata").path("namespace").asText();
    checkApplied(write, name, config);
    ManagedFields.Author author =
        new ManagedFields.Author(
            write.manager(),
            ManagedFields.Author.APPLY,
            type.apiVersion(),
            write.subresource(),
            now());
    while (true) {
      Stored present = store.get(type.storage(), write.namespace(), name);
      ObjectNode old = present == null ? null : Codec.read(present, type.apiVersion(), type.kind());
      ManagedFields.Applied merged =
          ManagedFields.apply(schema, old, config.deepCopy(), author, force);
      if (!merged.conflicts().isEmpty()) {
        List<ManagedFields.Conflict> left =
            LastApplied.left(schema, old, write.manager(), merged.conflicts());
        if (!left.isEmpty()) {
          throw ApplyConflicts.error(left);
        }
        merged = ManagedFields.apply(schema, old, config.deepCopy(), author, true);
      }
      LastApplied.update(old, write.manager(), config, merged.object());
      if (present == null || old == null) {
        if (!write.subresource().isEmpty()) {
          throw ApiError.notFound(type.group(), type.resource(), name);
        }
        if (!named) {
          throw Identity.nameless(name);
        }
        ObjectNode body = merged.object();
        Identity.complete(type, write.namespace(), body.withObject("/metadata"));
        checkNamespace(type, write.namespace(), name);
        dropStatus(type, body);
        dropMetadata(type, body);
        ObjectNode object = decodeApplied(write, body, namespace, name);
        return new Outcome(finishCreate(write, object), true);
      }
      Identity.checkPath(write, name, merged.object());
      Identity.checkPresent(write, name, present, merged.object());
      ObjectNode next = decodeApplied(write, merged.object(), namespace, name);
      Carry.over(write, old, next);
      Stored done = finishUpdate(write, present, old, next);
      if (done != null) {
        return new Outcome(done, false);
      }
    }
  }

  private ObjectNode decodeApplied(Write write, ObjectNode merged, String namespace, String name) {
    try {
      return admission.decode(write, merged);
    } catch (ApiError e) {
      if (e.undecodable().isEmpty() || write.type().custom()) {
        throw e;
      }
      ServedType type = write.type();
      String what = type.group() + "/" + type.version() + ", Kind=" + type.kind();
      throw ApiError.of(
          500,
          "",
          "failed to convert new object (%s/%s; %s) to proper version: unable to convert unstructured object to %s: %s"
              .formatted(namespace, name, what, what, e.unconvertible()),
          null);
    }
  }

  private static void checkApplied(Write write, String name, ObjectNode config) {
    ObjectNode metadata = config.withObject("/metadata");
    String given = metadata.path("name").asText();
    if (!given.isEmpty() && !given.equals(name)) {
      throw ApiError.badRequest(
          "the name of the object ("
              + given
              + ") does not match the name on the URL ("
              + name
              + ")");
    }
    metadata.put("name", name);
    if (write.type().namespaced()) {
      metadata.put("namespace", write.namespace());
    }
  }

  /** Written once a second: a formatter's work is felt in many small writes. */
  private String now() {
    long epoch = Math.floorDiv(clock.millis(), 1000);
    Second last = second;
    if (last.epoch != epoch) {
      last = new Second(epoch, Instant.ofEpochSecond(epoch).toString());
      second = last;
    }
    return last.text;
  }
}
