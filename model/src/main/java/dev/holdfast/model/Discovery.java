package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What an API server serves.
 *
 * @param serverVersion {@code v1.36.2}
 * @param types every served version of every type without sub-resources, in the server's order
 * @param failed group/version → why it could not be discovered (an aggregated API that is down);
 *     empty if all could
 */
public record Discovery(
    String serverVersion, List<ResourceType> types, Map<String, String> failed) {

  @SuppressWarnings("NullAway") // JSON leaves out what is empty
  public Discovery {
    serverVersion = Objects.requireNonNullElse(serverVersion, "");
    types = types == null ? List.of() : List.copyOf(types);
    failed = failed == null ? Map.of() : Map.copyOf(failed);
  }

  /** The preferred version of each type, in the server's order. */
  @JsonIgnore
  public List<ResourceType> preferred() {
    return types.stream().filter(ResourceType::preferred).toList();
  }

  /** The type in its preferred version. */
  public Optional<ResourceType> find(GroupResource type) {
    return types.stream().filter(t -> t.preferred() && t.groupResource().equals(type)).findFirst();
  }

  /** The type in exactly this version. */
  public Optional<ResourceType> find(GroupResource type, String version) {
    return types.stream()
        .filter(t -> t.version().equals(version) && t.groupResource().equals(type))
        .findFirst();
  }

  /** The type of an object that says this apiVersion and kind. */
  public Optional<ResourceType> find(String apiVersion, String kind) {
    return types.stream()
        .filter(t -> t.apiVersion().equals(apiVersion) && t.kind().equals(kind))
        .findFirst();
  }
}
