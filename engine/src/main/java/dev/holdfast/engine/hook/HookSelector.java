package dev.holdfast.engine.hook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.engine.select.IncludesExcludes;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** To which pods an entry of {@code spec.hooks.resources} applies. */
final class HookSelector {

  private final TypeNames types;

  HookSelector(TypeNames types) {
    this.types = types;
  }

  /**
   * Whether the entry names this pod.
   *
   * @param namespace of the pod, where its hooks are to run
   */
  boolean applies(JsonNode entry, JsonNode pod, String namespace) {
    var namespaces =
        IncludesExcludes.of(
            Hook.words(entry.path("includedNamespaces")),
            Hook.words(entry.path("excludedNamespaces")));
    var kinds =
        IncludesExcludes.of(
            types.resolve(Hook.words(entry.path("includedResources")), null),
            types.resolve(Hook.words(entry.path("excludedResources")), null));
    @Nullable LabelSelector selector =
        entry.hasNonNull("labelSelector")
            ? Json.MAPPER.convertValue(entry.get("labelSelector"), LabelSelector.class)
            : null;
    return namespaces.includes(namespace)
        && kinds.includes("pods")
        && LabelFilter.of(selector, null).matches(strings(pod.at("/metadata/labels")));
  }

  static Map<String, String> strings(JsonNode object) {
    Map<String, String> values = new HashMap<>();
    object.properties().forEach(each -> values.put(each.getKey(), each.getValue().asText()));
    return values;
  }
}
