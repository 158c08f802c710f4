package dev.holdfast.sandbox.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** One rule of a role. */
public record PolicyRule(
    List<String> verbs,
    List<String> groups,
    List<String> resources,
    List<String> names,
    List<String> paths) {

  static PolicyRule parse(JsonNode rule) {
    return new PolicyRule(
        texts(rule, "verbs"),
        texts(rule, "apiGroups"),
        texts(rule, "resources"),
        texts(rule, "resourceNames"),
        texts(rule, "nonResourceURLs"));
  }

  /** The rules of a role. */
  public static List<PolicyRule> parseAll(JsonNode rules) {
    return rules.valueStream().map(PolicyRule::parse).toList();
  }

  private static List<String> texts(JsonNode rule, String field) {
    return rule.path(field).valueStream().map(JsonNode::asText).toList();
  }

  boolean allows(Attributes wanted) {
    if (!any(verbs, wanted.verb())) {
      return false;
    }
    if (wanted.resource().isEmpty()) {
      return paths.stream().anyMatch(path -> pathMatches(path, wanted.path()));
    }
    return any(groups, wanted.group())
        && resourceMatches(wanted.resource())
        && (names.isEmpty() || names.contains(wanted.name()));
  }

  private boolean resourceMatches(String resource) {
    int slash = resource.indexOf('/');
    return any(resources, resource)
        || slash > 0 && resources.contains("*" + resource.substring(slash));
  }

  private static boolean any(List<String> allowed, String wanted) {
    return allowed.contains("*") || allowed.contains(wanted);
  }

  private static boolean pathMatches(String pattern, String path) {
    return pattern.equals("*")
        || pattern.equals(path)
        || pattern.endsWith("*") && path.startsWith(pattern.substring(0, pattern.length() - 1));
  }

  /** One rule for each combination of verb, group, resource and name, or verb and path. */
  List<PolicyRule> atoms() {
    List<PolicyRule> atoms = new ArrayList<>();
    for (String verb : verbs) {
      for (String path : paths) {
        atoms.add(new PolicyRule(List.of(verb), List.of(), List.of(), List.of(), List.of(path)));
      }
      for (String group : groups) {
        for (String resource : resources) {
          if (names.isEmpty()) {
            atoms.add(atom(verb, group, resource, List.of()));
          }
          for (String name : names) {
            atoms.add(atom(verb, group, resource, List.of(name)));
          }
        }
      }
    }
    return atoms;
  }

  private static PolicyRule atom(String verb, String group, String resource, List<String> names) {
    return new PolicyRule(List.of(verb), List.of(group), List.of(resource), names, List.of());
  }

  /** Whether this rule grants all that an atom grants. */
  boolean covers(PolicyRule atom) {
    String verb = atom.verbs.getFirst();
    if (!any(verbs, verb)) {
      return false;
    }
    if (!atom.paths.isEmpty()) {
      return paths.stream().anyMatch(path -> pathMatches(path, atom.paths.getFirst()));
    }
    return any(groups, atom.groups.getFirst())
        && resourceMatches(atom.resources.getFirst())
        && (names.isEmpty() || !atom.names.isEmpty() && names.containsAll(atom.names));
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    put(json, "verbs", verbs);
    put(json, "apiGroups", groups);
    put(json, "resources", resources);
    put(json, "resourceNames", names);
    put(json, "nonResourceURLs", paths);
    return json;
  }

  private static void put(ObjectNode json, String field, List<String> values) {
    if (!values.isEmpty()) {
      values.forEach(json.putArray(field)::add);
    }
  }

  /** As the API shows a rule in messages. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    show(parts, "APIGroups", groups);
    show(parts, "Resources", resources);
    show(parts, "ResourceNames", names);
    show(parts, "NonResourceURLs", paths);
    show(parts, "Verbs", verbs);
    return "{" + String.join(", ", parts) + "}";
  }

  private static void show(List<String> parts, String name, List<String> values) {
    if (!values.isEmpty()) {
      parts.add(
          name
              + values.stream()
                  .map(value -> "\"" + value + "\"")
                  .collect(Collectors.joining(" ", ":[", "]")));
    }
  }
}
