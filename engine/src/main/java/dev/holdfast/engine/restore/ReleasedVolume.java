package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import java.util.List;

/**
 * A PersistentVolume that exists and still belongs to a claim that was deleted: as an object it is
 * what the backup has, but the restored claim waits for it for ever.
 */
final class ReleasedVolume {

  private ReleasedVolume() {}

  /** A sentence with the way out; none for other types and for volumes in another phase. */
  static List<String> warnings(GroupResource type, ObjectNode live) {
    if (!type.equals(Kinds.VOLUMES)
        || !live.path("status").path("phase").asText().equals("Released")) {
      return List.of();
    }
    JsonNode claim = live.path("spec").path("claimRef");
    String name = live.path("metadata").path("name").asText();
    return List.of(
        ("PersistentVolume %1$s is Released: it belongs to a claim %2$s/%3$s that was deleted, and"
                + " a restored one stays Pending until it is freed: kubectl patch pv %1$s --type json"
                + " -p '[{\"op\":\"remove\",\"path\":\"/spec/claimRef/uid\"}]'")
            .formatted(name, claim.path("namespace").asText(), claim.path("name").asText()));
  }
}
