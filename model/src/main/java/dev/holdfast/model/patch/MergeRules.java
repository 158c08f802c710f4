package dev.holdfast.model.patch;

import org.jspecify.annotations.Nullable;

/** What a type says about the lists in an object of it, for a strategic merge patch. */
public interface MergeRules {

  /** By which field the elements of this list are told apart; null if it is replaced as a whole. */
  @Nullable String key(String list);

  /** Whether this list of plain values is merged as a set. */
  boolean isSet(String list);

  /** Whether the object in this field is replaced as a whole. */
  default boolean replaced(String field) {
    return false;
  }

  /** The rules of the object in this field. */
  MergeRules inside(String field);

  /** The rules of the elements of this list. */
  MergeRules elements(String list);
}
