package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import org.jspecify.annotations.Nullable;

/**
 * What is particular to a type, called in this order: {@link #admit} (what an admission plugin
 * changes), {@link #prepareCreate} or {@link #prepareUpdate} (what the type itself does to an
 * object), {@link #validate}.
 */
public interface Rules {

  /** Changes or refuses a new object. */
  default void admit(Write write, ObjectNode object) {}

  default void prepareCreate(Write write, ObjectNode object) {}

  default void prepareUpdate(Write write, ObjectNode old, ObjectNode object) {}

  /**
   * @param old null on creation
   */
  default void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {}
}
