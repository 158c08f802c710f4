package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One version of one type as it is served.
 *
 * @param entry the type's entry in legacy discovery
 * @param subresources name → its entry in legacy discovery, in order
 * @param schema null if nothing is known of it: then objects are taken as they come
 * @param definition a custom resource's entry in {@code spec.versions}; null for built-in types
 * @param expressions how many validation expressions its schema has, which are not evaluated
 */
public record ServedType(
    String group,
    String version,
    String resource,
    String kind,
    boolean namespaced,
    ObjectNode entry,
    Map<String, ObjectNode> subresources,
    @Nullable Schema schema,
    @Nullable JsonNode definition,
    int expressions) {

  public GroupResource type() {
    return new GroupResource(group, resource);
  }

  /** The type under which its objects are stored: Events of both groups are the same objects. */
  public GroupResource storage() {
    return group.equals("events.k8s.io") ? Types.EVENTS : type();
  }

  /** Whether a CustomResourceDefinition made it. */
  public boolean custom() {
    return definition != null;
  }

  /** {@code apps/v1}, or {@code v1} for the core group. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** What the API calls the type in messages: {@code deployments.apps}. */
  public String qualified() {
    return group.isEmpty() ? resource : resource + "." + group;
  }

  public boolean is(GroupResource other) {
    return resource.equals(other.resource()) && group.equals(other.group());
  }

  public boolean has(String subresource) {
    return subresources.containsKey(subresource);
  }

  public boolean can(String verb) {
    for (JsonNode each : entry.path("verbs")) {
      if (each.asText().equals(verb)) {
        return true;
      }
    }
    return false;
  }

  public List<String> shortNames() {
    return entry.path("shortNames").valueStream().map(JsonNode::asText).toList();
  }

  /** The verbs of a subresource. */
  public Set<String> verbs(String subresource) {
    Set<String> verbs = new HashSet<>();
    ObjectNode found = subresources.get(subresource);
    if (found != null) {
      found.path("verbs").forEach(verb -> verbs.add(verb.asText()));
    }
    return verbs;
  }
}
