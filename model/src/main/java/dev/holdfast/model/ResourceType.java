package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Objects;

/**
 * One type as discovery describes it, in one version.
 *
 * @param group empty for the core group
 * @param resource the plural name: {@code deployments}
 * @param preferred whether this version is the one that the server prefers for the group
 */
public record ResourceType(
    String group,
    String version,
    String kind,
    String resource,
    String singular,
    List<String> shortNames,
    boolean namespaced,
    List<String> verbs,
    boolean preferred) {

  @SuppressWarnings("NullAway") // JSON leaves out what is empty
  public ResourceType {
    group = Objects.requireNonNullElse(group, "");
    singular = Objects.requireNonNullElse(singular, "");
    shortNames = shortNames == null ? List.of() : List.copyOf(shortNames);
    verbs = verbs == null ? List.of() : List.copyOf(verbs);
  }

  @JsonIgnore
  public GroupResource groupResource() {
    return new GroupResource(group, resource);
  }

  /** {@code apps/v1}, or {@code v1} for the core group: what stands in an item's apiVersion. */
  @JsonIgnore
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  public boolean can(String verb) {
    return verbs.contains(verb);
  }

  /** The URL path of the collection: {@code /apis/apps/v1/namespaces/shop/deployments}. */
  public String path(String namespace) {
    String root = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    return namespace.isEmpty()
        ? root + "/" + resource
        : root + "/namespaces/" + namespace + "/" + resource;
  }

  /** The URL path of one item. */
  public String path(String namespace, String name) {
    return path(namespace) + "/" + name;
  }
}
