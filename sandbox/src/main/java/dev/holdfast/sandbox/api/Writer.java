package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Names;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * create, update and delete, with what the API server itself sees to: names, namespaces, versions,
 * uids, times, generations, status kept apart from spec, finalizers. A change is computed from what
 * is there and committed only if that is still there; else it is computed again.
 */
public final class Writer {

  /** As Kubernetes: no vowels and nothing that looks like one. */
  private static final String SUFFIX = "bcdfghjklmnpqrstvwxz2456789";

  private final ObjectStore store;
  private final Clock clock;

  public Writer(ObjectStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Computes the new object from a private copy of the present one. */
  @FunctionalInterface
  public interface Edit {
    ObjectNode apply(ObjectNode present);
  }

  /**
   * How a deletion is asked for.
   *
   * @param uid precondition; empty for none
   * @param version precondition; empty for none
   * @param propagation Foreground, Background or Orphan; empty for the type's default
   */
  public record Deletion(String uid, String version, String propagation, boolean dryRun) {
    public static final Deletion NOW = new Deletion("", "", "", false);
  }

  /** What became of a deletion: {@code removed}, or kept for its finalizers. */
  public record Deleted(Stored last, boolean removed) {}

  public Stored create(ServedType type, String namespace, ObjectNode object, boolean dryRun) {
    ObjectNode metadata = object.withObject("/metadata");
    prepareName(type, namespace, metadata);
    String name = metadata.path("name").asText();
    if (!metadata.path("resourceVersion").asText().isEmpty()) {
      throw ApiError.of(
          500, "", "resourceVersion should not be set on objects to be created", null);
    }
    checkNamespace(type, namespace, name);
    metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"));
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", now());
    if (hasGeneration(type)) {
      metadata.put("generation", 1);
    } else {
      metadata.remove("generation");
    }
    if (type.has("status") && !keepsStatus(type)) {
      object.remove("status");
    }
    if (type.type().toString().equals("namespaces")) {
      beNamespace(object, name);
    }
    if (store.get(type.type(), namespace, name) != null) {
      throw ApiError.alreadyExists(type, name);
    }
    Stored next = Codec.store(type.type(), object);
    if (dryRun) {
      return next;
    }
    Stored stored = store.commit(null, next);
    if (stored == null) {
      throw ApiError.alreadyExists(type, name);
    }
    return stored;
  }

  private static void prepareName(ServedType type, String namespace, ObjectNode metadata) {
    String given = metadata.path("namespace").asText();
    if (!given.isEmpty() && !given.equals(namespace)) {
      throw ApiError.badRequest(
          type.namespaced()
              ? "the namespace of the provided object does not match the namespace sent on the"
                  + " request"
              : "namespace may not be set for cluster-scoped objects");
    }
    if (type.namespaced()) {
      metadata.put("namespace", namespace);
    } else {
      metadata.remove("namespace");
    }
    String prefix = metadata.path("generateName").asText();
    if (metadata.path("name").asText().isEmpty() && !prefix.isEmpty()) {
      metadata.put("name", prefix.substring(0, Math.min(prefix.length(), 58)) + suffix());
    }
    String name = metadata.path("name").asText();
    if (name.isEmpty()) {
      throw ApiError.invalid(
          type.group(),
          type.kind(),
          "",
          List.of(
              new ApiError.Cause(
                  "FieldValueRequired",
                  "Required value: name or generateName is required",
                  "metadata.name")));
    }
    if (!type.group().equals("rbac.authorization.k8s.io") && !Names.subdomain(name)) {
      throw ApiError.invalid(
          type.group(),
          type.kind(),
          name,
          List.of(
              new ApiError.Cause(
                  "FieldValueInvalid",
                  "Invalid value: \""
                      + name
                      + "\": a lowercase RFC 1123 subdomain must consist of lower case"
                      + " alphanumeric characters, '-' or '.', and must start and end with an"
                      + " alphanumeric character (e.g. 'example.com', regex used for validation is"
                      + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                  "metadata.name")));
    }
  }

  private static String suffix() {
    StringBuilder suffix = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      suffix.append(SUFFIX.charAt(ThreadLocalRandom.current().nextInt(SUFFIX.length())));
    }
    return suffix.toString();
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
      ApiError error =
          ApiError.notAllowed(
              type,
              name,
              "unable to create new content in namespace "
                  + namespace
                  + " because it is being terminated");
      error
          .status()
          .withObject("/details")
          .withArray("causes")
          .addObject()
          .put("reason", "NamespaceTerminating")
          .put("message", "namespace " + namespace + " is being terminated")
          .put("field", "metadata.namespace");
      throw error;
    }
  }

  private static void beNamespace(ObjectNode object, String name) {
    object.withObject("/metadata").withObject("/labels").put("kubernetes.io/metadata.name", name);
    object.withObject("/spec").putArray("finalizers").add("kubernetes");
    object.withObject("/status").put("phase", "Active");
  }

  private static boolean hasGeneration(ServedType type) {
    return type.has("status")
        && !List.of(
                "namespaces",
                "nodes",
                "persistentvolumes",
                "persistentvolumeclaims",
                "services",
                "resourcequotas")
            .contains(type.qualified());
  }

  /** Types whose status is set by who creates them. */
  private static boolean keepsStatus(ServedType type) {
    return false;
  }

  /**
   * Changes an object.
   *
   * @param subresource {@code status} changes status alone, {@code finalize} spec.finalizers, empty
   *     everything else
   * @return the object as stored; the present one if nothing changed
   */
  public Stored update(
      ServedType type,
      String namespace,
      String name,
      String subresource,
      boolean dryRun,
      Edit edit) {
    while (true) {
      Stored present = store.get(type.type(), namespace, name);
      if (present == null) {
        throw ApiError.notFound(type.group(), type.resource(), name);
      }
      ObjectNode old = Codec.read(present, type.apiVersion(), type.kind());
      ObjectNode next = edit.apply(old.deepCopy());
      check(type, namespace, name, present, next);
      String expected = next.path("metadata").path("resourceVersion").asText();
      if (!expected.isEmpty() && !expected.equals(String.valueOf(present.version()))) {
        throw ApiError.stale(type, name);
      }
      carryOver(type, subresource, old, next);
      if (next.equals(old)) {
        return present;
      }
      Stored stored = Codec.store(type.type(), next);
      if (dryRun) {
        return stored;
      }
      Stored committed = store.commit(present, ready(next) ? null : stored);
      if (committed != null) {
        return committed;
      }
    }
  }

  private static void check(
      ServedType type, String namespace, String name, Stored present, ObjectNode next) {
    ObjectNode metadata = next.withObject("/metadata");
    String given = metadata.path("name").asText();
    if (!given.equals(name)) {
      throw ApiError.badRequest(
          given.isEmpty()
              ? "the name of the object (based on URL) was undeterminable: name must be provided"
              : "the name of the object ("
                  + given
                  + ") does not match the name on the URL ("
                  + name
                  + ")");
    }
    String givenNamespace = metadata.path("namespace").asText();
    if (!givenNamespace.isEmpty() && !givenNamespace.equals(namespace)) {
      throw ApiError.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
    String uid = metadata.path("uid").asText();
    if (!uid.isEmpty() && !uid.equals(present.uid())) {
      throw ApiError.conflict(
          type,
          name,
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + present.uid());
    }
  }

  /** Puts back what a client cannot change by this request. */
  private static void carryOver(
      ServedType type, String subresource, ObjectNode old, ObjectNode next) {
    ObjectNode metadata = next.withObject("/metadata");
    JsonNode was = old.path("metadata");
    for (String field :
        List.of(
            "namespace",
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generateName",
            "generation")) {
      copy(was, metadata, field);
    }
    switch (subresource) {
      case "status" -> {
        JsonNode status = next.get("status");
        next.properties().removeIf(field -> !field.getKey().equals("metadata"));
        old.properties().forEach(field -> next.putIfAbsent(field.getKey(), field.getValue()));
        next.remove("status");
        if (status != null) {
          next.set("status", status);
        }
        return;
      }
      case "finalize" -> {
        JsonNode finalizers = next.path("spec").path("finalizers").deepCopy();
        next.properties().removeIf(field -> !field.getKey().equals("metadata"));
        old.properties()
            .forEach(field -> next.putIfAbsent(field.getKey(), field.getValue().deepCopy()));
        next.withObject("/spec").set("finalizers", finalizers);
        return;
      }
      default -> {
        if (type.has("status")) {
          copy(old, next, "status");
        }
      }
    }
    if (type.qualified().equals("namespaces")) {
      copy(old, next, "spec");
    }
    if (hasGeneration(type) && specChanged(old, next)) {
      metadata.put("generation", was.path("generation").asLong() + 1);
    }
  }

  private static boolean specChanged(ObjectNode old, ObjectNode next) {
    ObjectNode a = old.objectNode();
    a.setAll(old);
    ObjectNode b = next.objectNode();
    b.setAll(next);
    List<String> aside = List.of("metadata", "status", "apiVersion", "kind");
    return !a.remove(aside).equals(b.remove(aside));
  }

  private static void copy(JsonNode from, ObjectNode to, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      to.remove(field);
    } else {
      to.set(field, value);
    }
  }

  /** Whether nothing keeps a terminating object any longer. */
  private static boolean ready(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.hasNonNull("deletionTimestamp")
        && metadata.path("finalizers").isEmpty()
        && object.path("spec").path("finalizers").isEmpty();
  }

  public Deleted delete(ServedType type, String namespace, String name, Deletion deletion) {
    while (true) {
      Stored present = store.get(type.type(), namespace, name);
      if (present == null) {
        throw ApiError.notFound(type.group(), type.resource(), name);
      }
      checkPreconditions(type, name, present, deletion);
      ObjectNode object = Codec.read(present, type.apiVersion(), type.kind());
      mark(type, object, deletion.propagation());
      boolean remove = ready(object);
      Stored next = Codec.store(type.type(), object);
      if (deletion.dryRun()) {
        return new Deleted(remove ? present : next, remove);
      }
      if (!remove && present.terminating()) {
        return new Deleted(present, false);
      }
      Stored committed = store.commit(present, remove ? null : next);
      if (committed != null) {
        return new Deleted(committed, remove);
      }
    }
  }

  private static void checkPreconditions(
      ServedType type, String name, Stored present, Deletion deletion) {
    if (!deletion.uid().isEmpty() && !deletion.uid().equals(present.uid())) {
      throw preconditionFailed(
          type,
          name,
          "the UID in the precondition ("
              + deletion.uid()
              + ") does not match the UID in record ("
              + present.uid()
              + "). The object might have been deleted and then recreated");
    }
    if (!deletion.version().isEmpty()
        && !deletion.version().equals(String.valueOf(present.version()))) {
      throw preconditionFailed(
          type,
          name,
          "the ResourceVersion in the precondition ("
              + deletion.version()
              + ") does not match the ResourceVersion in record ("
              + present.version()
              + "). The object might have been modified");
    }
  }

  /** Here alone the API names the kind instead of the resource. */
  private static ApiError preconditionFailed(ServedType type, String name, String why) {
    ApiError error = ApiError.conflict(type, name, why);
    error
        .status()
        .put(
            "message",
            "Operation cannot be fulfilled on "
                + type.kind()
                + (type.group().isEmpty() ? "" : "." + type.group())
                + " \""
                + name
                + "\": "
                + why)
        .withObject("/details")
        .put("kind", type.kind());
    return error;
  }

  private void mark(ServedType type, ObjectNode object, String propagation) {
    ObjectNode metadata = object.withObject("/metadata");
    if (!metadata.hasNonNull("deletionTimestamp")) {
      metadata.put("deletionTimestamp", now());
      metadata.put("deletionGracePeriodSeconds", 0);
      if (metadata.has("generation")) {
        metadata.put("generation", metadata.path("generation").asLong() + 1);
      }
    }
    if (type.qualified().equals("namespaces")) {
      object.withObject("/status").put("phase", "Terminating");
      metadata.remove("deletionGracePeriodSeconds");
    }
    switch (propagation) {
      case "Foreground" -> addFinalizer(metadata, "foregroundDeletion");
      case "Orphan" -> addFinalizer(metadata, "orphan");
      default -> {}
    }
  }

  private static void addFinalizer(ObjectNode metadata, String finalizer) {
    for (JsonNode each : metadata.withArray("finalizers")) {
      if (each.asText().equals(finalizer)) {
        return;
      }
    }
    metadata.withArray("finalizers").add(finalizer);
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** The object, or null. */
  public @Nullable Stored find(ServedType type, String namespace, String name) {
    return store.get(type.type(), namespace, name);
  }
}
