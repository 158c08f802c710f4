package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An item on its way through the actions; lives only within {@link ItemTransform#apply}. */
final class Draft {

  final ItemKey source;

  /** As it stands in the backup, status and all; not to be changed. */
  final ObjectNode original;

  /** The working copy. */
  ObjectNode item;

  final RestoreContext context;
  final List<ItemKey> additional = new ArrayList<>();
  final List<String> warnings = new ArrayList<>();
  @Nullable String skipReason;

  Draft(ItemKey source, ObjectNode original, ObjectNode item, RestoreContext context) {
    this.source = source;
    this.original = original;
    this.item = item;
    this.context = context;
  }

  void skip(String reason) {
    if (skipReason == null) {
      skipReason = reason;
    }
  }

  void warn(String sentence) {
    warnings.add(sentence);
  }

  void require(ItemKey key) {
    if (!additional.contains(key)) {
      additional.add(key);
    }
  }
}
