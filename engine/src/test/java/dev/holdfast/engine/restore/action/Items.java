package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Restore;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Short ways to write items in tests. */
final class Items {

  private Items() {}

  /** JSON with single quotes. */
  static ObjectNode json(String text) {
    return Json.object(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "test item");
  }

  static Restore.Spec spec(String text) {
    return Json.read(
        text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Restore.Spec.class, "test spec");
  }

  static Transformed transform(String key, String item) {
    return transform(key, item, "{}", Map.of());
  }

  static Transformed transform(
      String key, String item, String spec, Map<ItemKey, ObjectNode> backup) {
    return ItemTransform.apply(
        ItemKey.parse(key), json(item), VeleroCases.context(spec(spec), backup));
  }
}
