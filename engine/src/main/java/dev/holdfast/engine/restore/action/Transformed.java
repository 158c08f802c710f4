package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An item as it is to be created.
 *
 * @param source the item's key in the backup
 * @param target its key in the target cluster
 * @param item without server-set metadata, owner references, managed fields and status
 * @param additional items of the backup (keys there) that must be restored before this one
 * @param skipReason why the item is not to be restored, in a few words for the result; null if it
 *     is
 * @param warnings what the user should know, each a sentence
 * @param ownerReferences those of the backup, with the old uids, for relinking
 * @param managedFields those of the backup, null if it had none
 * @param status that of the backup if the Restore asks for the status of this item, else null
 */
public record Transformed(
    ItemKey source,
    ItemKey target,
    ObjectNode item,
    List<ItemKey> additional,
    @Nullable String skipReason,
    List<String> warnings,
    List<ObjectNode> ownerReferences,
    @Nullable ArrayNode managedFields,
    @Nullable JsonNode status) {

  public Transformed {
    additional = List.copyOf(additional);
    warnings = List.copyOf(warnings);
    ownerReferences = List.copyOf(ownerReferences);
  }

  /** The same item in another form, with one more thing that the user should know. */
  public Transformed with(ObjectNode other, String warning) {
    List<String> all = new ArrayList<>(warnings);
    all.add(warning);
    return new Transformed(
        source, target, other, additional, skipReason, all, ownerReferences, managedFields, status);
  }

  public boolean skipped() {
    return skipReason != null;
  }

  /**
   * Whether a server-side apply owned fields of the item: only then are the managed fields worth a
   * second write.
   */
  public boolean applied() {
    if (managedFields != null) {
      for (JsonNode entry : managedFields) {
        if (entry.path("operation").asText().equals("Apply")) {
          return true;
        }
      }
    }
    return false;
  }
}
