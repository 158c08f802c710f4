package dev.holdfast.engine.restore;

import dev.holdfast.model.Failure;
import org.jspecify.annotations.Nullable;

/** What happens to an object that exists in the cluster and differs from the backup's. */
public enum ExistingPolicy {
  /** It stays as it is, and a warning names it. */
  NONE,
  /** It is patched until it equals the backup's. */
  UPDATE,
  /** It is deleted and created again; ours, not Velero's. */
  RECREATE;

  /**
   * The value of {@code spec.existingResourcePolicy}; absent and empty mean {@link #NONE}.
   *
   * @throws Failure.Invalid if it is unknown
   */
  public static ExistingPolicy of(@Nullable String text) {
    return switch (text) {
      case null -> NONE;
      case "", "none" -> NONE;
      case "update" -> UPDATE;
      case "recreate" -> RECREATE;
      default ->
          throw new Failure.Invalid(
              "'" + text + "' is not an existing resource policy", "use none, update or recreate");
    };
  }
}
