package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a resource path names.
 *
 * @param namespace empty for cluster-scoped types and for lists over all namespaces
 * @param name empty for a collection
 * @param subresource empty for none
 * @param watch true for the old {@code /watch/} paths
 */
public record Target(
    ServedType type, String namespace, String name, String subresource, boolean watch) {

  /**
   * Reads {@code /api/V/...} and {@code /apis/G/V/...}.
   *
   * @return null if it is no path of a type that is served
   */
  static @Nullable Target parse(List<String> segments, TypeTable types) {
    List<String> rest = new ArrayList<>(segments);
    if (rest.size() < 3) {
      return null;
    }
    String group = rest.removeFirst().equals("api") ? "" : rest.removeFirst();
    if (rest.isEmpty()) {
      return null;
    }
    String version = rest.removeFirst();
    boolean watch = !rest.isEmpty() && rest.getFirst().equals("watch");
    if (watch) {
      rest.removeFirst();
    }
    String namespace = "";
    if (rest.size() > 2
        && rest.getFirst().equals("namespaces")
        && !(group.isEmpty() && isNamespaceSubresource(rest.get(2)))) {
      namespace = rest.get(1);
      rest = rest.subList(2, rest.size());
    }
    if (rest.isEmpty() || rest.size() > 3 && !rest.get(2).equals("proxy")) {
      return null;
    }
    ServedType type = types.find(group, version, rest.getFirst());
    if (type == null || !namespace.isEmpty() && !type.namespaced()) {
      return null;
    }
    String name = rest.size() > 1 ? rest.get(1) : "";
    String subresource = rest.size() > 2 ? rest.get(2) : "";
    if (type.namespaced() && namespace.isEmpty() && !name.isEmpty()) {
      return null;
    }
    if (!subresource.isEmpty() && !type.has(subresource)) {
      return null;
    }
    return new Target(type, namespace, name, subresource, watch);
  }

  private static boolean isNamespaceSubresource(String segment) {
    return segment.equals("status") || segment.equals("finalize");
  }
}
