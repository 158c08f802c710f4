package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which fields of two objects differ. The content of a Secret is never told. */
public final class FieldDiff {

  /**
   * One field that differs.
   *
   * @param path {@code spec.template.spec.containers[name=web].image}; a key with dots stands in
   *     brackets: {@code metadata.annotations[example.org/owner]}
   * @param before the old value as compact JSON, null if the field was not there; {@code (hidden)}
   *     where it is secret
   * @param after the new value likewise, null if the field goes
   */
  public record Change(String path, @Nullable String before, @Nullable String after) {

    /** {@code + path: new}, {@code - path: old} or {@code ~ path: old → new}. */
    @Override
    public String toString() {
      if (before == null) {
        return "+ " + path + ": " + after;
      }
      return after == null
          ? "- " + path + ": " + before
          : "~ " + path + ": " + before + " → " + after;
    }
  }

  private static final String HIDDEN = "(hidden)";

  /** Elements of lists are told apart by the first of these that all have, each another. */
  private static final List<String> KEYS = List.of("name", "key", "containerPort", "port", "type");

  private final boolean secret;
  private final List<Change> changes = new ArrayList<>();

  private FieldDiff(boolean secret) {
    this.secret = secret;
  }

  /** The differences in the order of the fields; empty if the objects say the same. */
  public static List<Change> of(GroupResource type, JsonNode before, JsonNode after) {
    FieldDiff diff = new FieldDiff(type.equals(Types.SECRETS));
    diff.compare("", before, after);
    return List.copyOf(diff.changes);
  }

  private void compare(String path, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before == null || after == null) {
      changes.add(new Change(path, text(path, before), text(path, after)));
    } else if (before instanceof ObjectNode old && after instanceof ObjectNode now) {
      Set<String> names = new LinkedHashSet<>();
      Stream.of(old, now).forEach(o -> o.fieldNames().forEachRemaining(names::add));
      for (String name : names) {
        both(
            path + (name.contains(".") ? "[" + name + "]" : dot(path) + name),
            old.get(name),
            now.get(name));
      }
    } else if (before instanceof ArrayNode old && after instanceof ArrayNode now) {
      lists(path, old, now);
    } else if (!Json.equal(before, after)) {
      changes.add(new Change(path, text(path, before), text(path, after)));
    }
  }

  private void both(String path, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before != null || after != null) {
      compare(path, before, after);
    }
  }

  private void lists(String path, ArrayNode before, ArrayNode after) {
    Map<String, JsonNode> old = null;
    Map<String, JsonNode> now = null;
    for (String key : KEYS) {
      old = byKey(before, key);
      now = byKey(after, key);
      if (old != null && now != null) {
        break;
      }
    }
    if (old == null || now == null) {
      for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
        both(path + "[" + i + "]", before.get(i), after.get(i));
      }
      return;
    }
    Set<String> places = new LinkedHashSet<>(old.keySet());
    places.addAll(now.keySet());
    for (String place : places) {
      both(path + "[" + place + "]", old.get(place), now.get(place));
    }
    if (old.keySet().equals(now.keySet())
        && !List.copyOf(old.keySet()).equals(List.copyOf(now.keySet()))) {
      changes.add(new Change(path, "order " + old.keySet(), "order " + now.keySet()));
    }
  }

  private static @Nullable Map<String, JsonNode> byKey(ArrayNode list, String key) {
    Map<String, JsonNode> elements = new LinkedHashMap<>();
    for (JsonNode element : list) {
      if (!element.path(key).isValueNode()
          || elements.put(key + "=" + element.path(key).asText(), element) != null) {
        return null;
      }
    }
    return elements;
  }

  private static String dot(String path) {
    return path.isEmpty() ? "" : ".";
  }

  private @Nullable String text(String path, @Nullable JsonNode value) {
    if (value == null) {
      return null;
    }
    boolean hidden =
        secret
            && (path.startsWith("data")
                || path.startsWith("stringData")
                || path.startsWith("metadata.annotations"));
    return hidden ? HIDDEN : value.toString();
  }
}
