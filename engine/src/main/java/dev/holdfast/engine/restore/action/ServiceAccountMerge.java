package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.patch.MergePatch;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A ServiceAccount that exists already is not overwritten, since the cluster makes some by itself:
 * what the backup has and it lacks is added.
 */
public final class ServiceAccountMerge {

  private ServiceAccountMerge() {}

  /**
   * The JSON merge patch that adds missing secrets, imagePullSecrets, labels and annotations; empty
   * if nothing is missing. Where both have a value, the cluster's stays.
   */
  public static ObjectNode patch(ObjectNode live, ObjectNode wanted) {
    ObjectNode merged = live.deepCopy();
    for (String list : List.of("secrets", "imagePullSecrets")) {
      addElements(merged, wanted, list);
    }
    for (String map : List.of("labels", "annotations")) {
      ObjectNode missing = Fields.object(wanted, "metadata", map);
      if (missing != null && !missing.isEmpty()) {
        ObjectNode metadata = merged.withObject("/metadata");
        if (!metadata.path(map).isObject()) {
          metadata.putObject(map);
        }
        ObjectNode target = metadata.withObject("/" + map);
        missing
            .properties()
            .forEach(e -> {
              if (!target.has(e.getKey())) {
                target.set(e.getKey(), e.getValue());
              }
            });
      }
    }
    return MergePatch.diff(live, merged);
  }

  private static void addElements(ObjectNode merged, ObjectNode wanted, String list) {
    Set<String> present = new HashSet<>();
    Fields.objects(merged, list).forEach(e -> present.add(Fields.text(e, "name")));
    for (ObjectNode element : Fields.objects(wanted, list)) {
      if (present.add(Fields.text(element, "name"))) {
        if (!(merged.get(list) instanceof ArrayNode)) {
          merged.putArray(list);
        }
        merged.withArray("/" + list).add(element.deepCopy());
      }
    }
  }
}
