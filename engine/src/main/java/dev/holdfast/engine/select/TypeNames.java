package dev.holdfast.engine.select;

import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What people call types: {@code deployments}, {@code deployment}, {@code deploy}, {@code
 * deployments.apps}, {@code deployment.apps}; and wildcards over {@code resource.group}, such as
 * {@code *.apps}.
 */
public final class TypeNames {

  private final List<ResourceType> types;

  public TypeNames(Discovery discovery) {
    this.types = discovery.preferred();
  }

  /** The type of this name: the plural before the singular before the short name. */
  public Optional<ResourceType> find(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    int dot = lower.indexOf('.');
    String resource = dot < 0 ? lower : lower.substring(0, dot);
    String group = dot < 0 ? "" : lower.substring(dot + 1);
    return in(group, dot >= 0, t -> t.resource().equals(resource))
        .or(() -> in(group, dot >= 0, t -> t.singular().equals(resource)))
        .or(() -> in(group, dot >= 0, t -> t.shortNames().contains(resource)));
  }

  /** An exact group first, then one that begins so ({@code ingresses.networking}). */
  private Optional<ResourceType> in(String group, boolean given, Predicate<ResourceType> named) {
    if (!given) {
      return types.stream().filter(named).findFirst();
    }
    return types.stream()
        .filter(named.and(t -> t.group().equals(group)))
        .findFirst()
        .or(() ->
            types.stream()
                .filter(named.and(t -> !group.isEmpty() && t.group().startsWith(group)))
                .findFirst());
  }

  /**
   * The names as {@code resource.group}. A name that no type has, and a wildcard, stays as it is:
   * it must not vanish, or an includes list of such names would include everything.
   *
   * @param namespaced keep only types of this scope; null for both
   */
  public List<String> resolve(@Nullable List<String> names, @Nullable Boolean namespaced) {
    List<String> resolved = new ArrayList<>();
    for (String name : names == null ? List.<String>of() : names) {
      Optional<ResourceType> type = name.equals("*") ? Optional.empty() : find(name);
      if (type.isEmpty()) {
        resolved.add(name);
      } else if (namespaced == null || type.get().namespaced() == namespaced) {
        resolved.add(type.get().groupResource().toString());
      }
    }
    return resolved;
  }

  /** Those of the names that fit no type at all. */
  public List<String> unknown(@Nullable List<String> names) {
    return names == null ? List.of() : names.stream().filter(n -> !known(n)).toList();
  }

  private boolean known(String name) {
    if (find(name).isPresent()) {
      return true;
    }
    IncludesExcludes pattern = IncludesExcludes.of(List.of(name), null);
    return types.stream()
        .map(ResourceType::groupResource)
        .map(GroupResource::toString)
        .anyMatch(pattern::named);
  }
}
