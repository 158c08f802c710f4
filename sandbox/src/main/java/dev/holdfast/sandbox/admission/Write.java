package dev.holdfast.sandbox.admission;

import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.schema.ServedType;
import java.util.ArrayList;
import java.util.List;

/**
 * One request that changes something: what it is about and how it is to be done.
 *
 * @param namespace empty for cluster-scoped types
 * @param subresource empty for the object itself
 * @param manager the field manager
 * @param validation what becomes of unknown fields
 * @param warnings collects what the answer warns of
 */
public record Write(
    ServedType type,
    String namespace,
    String subresource,
    Caller caller,
    String manager,
    boolean dryRun,
    Validation validation,
    List<String> warnings) {

  /** What becomes of fields that nobody knows. */
  public enum Validation {
    IGNORE,
    WARN,
    STRICT
  }

  /** A write of the sandbox itself. */
  public static Write internal(ServedType type, String namespace) {
    return internal(type, namespace, "");
  }

  /** The same, but nobody is told of unknown fields. */
  public Write lenient() {
    return new Write(
        type, namespace, subresource, caller, manager, dryRun, Validation.IGNORE, warnings);
  }

  /** The same by another manager. */
  public Write as(String otherManager) {
    return new Write(
        type, namespace, subresource, caller, otherManager, dryRun, validation, warnings);
  }

  public static Write internal(ServedType type, String namespace, String subresource) {
    return new Write(
        type,
        namespace,
        subresource,
        Caller.SYSTEM,
        "kube-controller-manager",
        false,
        Validation.IGNORE,
        new ArrayList<>());
  }
}
