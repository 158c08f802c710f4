package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Map;

/**
 * Owner references for the target: those of the backup whose owners are restored, with the uids
 * that the owners have now. All others are left out: a reference to what is not there would let the
 * garbage collector delete the item.
 */
final class Links {

  private final Owners owners;
  private final Ledger ledger;

  Links(Owners owners, Ledger ledger) {
    this.owners = owners;
    this.ledger = ledger;
  }

  /**
   * @param references those of the backup
   */
  ArrayNode of(int item, List<ObjectNode> references) {
    ArrayNode links = Json.MAPPER.createArrayNode();
    Map<String, Integer> known = owners.of(item);
    for (ObjectNode reference : references) {
      Integer owner = known.get(reference.path("uid").asText());
      if (owner != null) {
        ledger.uid(owner).ifPresent(uid -> links.add(reference.deepCopy().put("uid", uid)));
      }
    }
    return links;
  }

  /** Whether an object of the cluster has all these references. */
  static boolean linked(ObjectNode live, ArrayNode links) {
    for (JsonNode link : links) {
      boolean found = false;
      for (JsonNode reference : live.path("metadata").path("ownerReferences")) {
        found |= reference.path("uid").equals(link.path("uid"));
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }
}
