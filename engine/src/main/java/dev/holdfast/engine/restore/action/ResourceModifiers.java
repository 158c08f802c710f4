package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * Velero's resource modifiers: rules that change the items they match. All conditions are asked of
 * the item as it was before the first rule; the changes add up in the order of the rules.
 */
public record ResourceModifiers(List<ModifierRule> rules) {

  public static final ResourceModifiers NONE = new ResourceModifiers(List.of());

  public ResourceModifiers {
    rules = List.copyOf(rules);
  }

  /**
   * Reads the ConfigMap that a Restore names: one key, whatever its name, holds the YAML.
   *
   * @throws Failure.Invalid if it has another shape, or a rule is malformed; the message names the
   *     rule
   */
  public static ResourceModifiers fromConfigMap(ObjectNode configMap) {
    var data = configMap.path("data");
    if (data.size() != 1) {
      throw new Failure.Invalid(
          "ConfigMap '%s' has %d keys: resource modifiers stand in exactly one"
              .formatted(Fields.text(configMap, "metadata", "name"), data.size()),
          "keep one key with the YAML of the rules");
    }
    return parse(data.elements().next().asText());
  }

  /**
   * Reads the YAML: {@code version: v1} and {@code resourceModifierRules}.
   *
   * @throws Failure.Invalid if a rule is malformed; the message names it by its index
   */
  public static ResourceModifiers parse(String yaml) {
    return new ModifierParser().parse(yaml);
  }

  /**
   * The item with every rule that matches applied.
   *
   * @param item with the namespace that it has in the backup
   * @return a changed copy, or the item itself if nothing matches
   * @throws Failure.Invalid if a patch does not apply; nothing of that item may then be used
   */
  ObjectNode apply(GroupResource type, ObjectNode item) {
    ObjectNode result = item;
    List<String> problems = new ArrayList<>();
    for (ModifierRule rule : rules) {
      try {
        if (rule.conditions().match(type, item)) {
          result = rule.change().apply(result, type);
        }
      } catch (Failure.Invalid e) {
        problems.add("resource modifier rule " + rule.number() + ": " + e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new Failure.Invalid(
          String.join("; ", problems), "correct the rule, or let its conditions exclude this item");
    }
    return result;
  }

  @Override
  public String toString() {
    return Json.string(rules.stream().map(ModifierRule::number).toList());
  }
}
