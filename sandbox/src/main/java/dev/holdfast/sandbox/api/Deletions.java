package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;

/**
 * delete: at once, or by a deletionTimestamp where finalizers or a grace period keep the object.
 */
public final class Deletions {

  /**
   * A definition that is deleted stays until its objects are gone; the finalizer comes with the
   * deletion.
   */
  public static final String DEFINITION_CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

  private static final Set<String> UNDELETABLE =
      Set.of("default", "kube-system", "kube-public", "kube-node-lease");

  /** What leaves its pods behind unless it is told otherwise. */
  private static final Set<String> ORPHANING = Set.of("jobs.batch", "replicationcontrollers");

  private final ObjectStore store;
  private final Clock clock;

  public Deletions(ObjectStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * How a deletion is asked for.
   *
   * @param uid precondition; empty for none
   * @param version precondition; empty for none
   * @param propagation Foreground, Background or Orphan; empty for the type's default
   * @param graceSeconds -1 for the type's default
   */
  public record Deletion(
      String uid, String version, String propagation, long graceSeconds, boolean dryRun) {
    public static final Deletion NOW = new Deletion("", "", "Background", 0, false);
  }

  /** What became of a deletion: {@code removed}, or kept for its finalizers. */
  public record Deleted(Stored last, boolean removed) {}

  /** Whether nothing keeps a terminating object any longer. */
  static boolean ready(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.hasNonNull("deletionTimestamp")
        && metadata.path("finalizers").isEmpty()
        && metadata.path("deletionGracePeriodSeconds").asLong() == 0
        && (!object.path("kind").asText().equals("Namespace")
            || object.path("spec").path("finalizers").isEmpty());
  }

  public Deleted delete(ServedType type, String namespace, String name, Deletion deletion) {
    if (type.is(Types.NAMESPACES) && UNDELETABLE.contains(name)) {
      throw ApiError.notAllowed(type, name, "this namespace may not be deleted");
    }
    while (true) {
      Stored present = store.get(type.storage(), namespace, name);
      if (present == null) {
        throw ApiError.notFound(type.group(), type.resource(), name);
      }
      checkPreconditions(type, name, present, deletion);
      ObjectNode object = Codec.read(present, type.apiVersion(), type.kind());
      ObjectNode before = object.deepCopy();
      mark(type, object, deletion);
      boolean remove = ready(object);
      Stored next = Codec.store(type.storage(), object);
      if (deletion.dryRun()) {
        return new Deleted(remove ? present : next, remove);
      }
      if (!remove && object.equals(before)) {
        return new Deleted(present, false);
      }
      Stored committed = store.commit(present, remove ? null : next);
      if (committed != null) {
        boolean pod = type.is(Types.PODS); // shown as it ended; others as they last were
        return new Deleted((remove && !pod ? present : next).at(committed.version()), remove);
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

  private void mark(ServedType type, ObjectNode object, Deletion deletion) {
    ObjectNode metadata = object.withObject("/metadata");
    long grace = grace(type, object, deletion);
    if (!metadata.hasNonNull("deletionTimestamp")) {
      Instant end = clock.instant().truncatedTo(ChronoUnit.SECONDS).plusSeconds(grace);
      metadata.put("deletionTimestamp", end.toString());
      metadata.put("deletionGracePeriodSeconds", grace);
      if (type.is(Types.DEFINITIONS)) {
        metadata.withArray("finalizers").add(DEFINITION_CLEANUP);
      }
      if (metadata.has("generation")) {
        metadata.put("generation", metadata.path("generation").asLong() + 1);
      }
    } else if (grace < metadata.path("deletionGracePeriodSeconds").asLong()) {
      metadata.put("deletionGracePeriodSeconds", grace);
    }
    if (type.is(Types.NAMESPACES)) {
      object.withObject("/status").put("phase", "Terminating");
      metadata.remove("deletionGracePeriodSeconds");
    }
    boolean orphans = ORPHANING.contains(type.qualified());
    String propagation = deletion.propagation();
    switch (propagation.isEmpty() && orphans ? "Orphan" : propagation) {
      case "Foreground" -> {
        removeFinalizer(metadata, "orphan");
        addFinalizer(metadata, "foregroundDeletion");
      }
      case "Orphan" -> {
        removeFinalizer(metadata, "foregroundDeletion");
        addFinalizer(metadata, "orphan");
      }
      default -> {}
    }
  }

  /** Only a pod that a node runs is given time. */
  private static long grace(ServedType type, ObjectNode object, Deletion deletion) {
    JsonNode spec = object.path("spec");
    String phase = object.path("status").path("phase").asText();
    if (!type.is(Types.PODS)
        || spec.path("nodeName").asText().isEmpty()
        || phase.equals("Succeeded")
        || phase.equals("Failed")) {
      return 0;
    }
    return deletion.graceSeconds() >= 0
        ? deletion.graceSeconds()
        : spec.path("terminationGracePeriodSeconds").asLong(30);
  }

  private static void addFinalizer(ObjectNode metadata, String finalizer) {
    ArrayNode finalizers = metadata.withArray("finalizers");
    for (JsonNode each : finalizers) {
      if (each.asText().equals(finalizer)) {
        return;
      }
    }
    finalizers.add(finalizer);
  }

  /** Takes a finalizer out of metadata, in place. */
  public static void removeFinalizer(ObjectNode metadata, String finalizer) {
    if (!(metadata.get("finalizers") instanceof ArrayNode finalizers)) {
      return;
    }
    for (int i = finalizers.size() - 1; i >= 0; i--) {
      if (finalizers.get(i).asText().equals(finalizer)) {
        finalizers.remove(i);
      }
    }
    if (finalizers.isEmpty()) {
      metadata.remove("finalizers");
    }
  }
}
