package dev.holdfast.model;

/**
 * Which item: type, namespace (empty for cluster-scoped items) and name. Written {@code
 * deployments.apps/shop/web} or {@code namespaces/shop}.
 */
public record ItemKey(GroupResource type, String namespace, String name)
    implements Comparable<ItemKey> {

  public static ItemKey of(String type, String namespace, String name) {
    return new ItemKey(GroupResource.parse(type), namespace, name);
  }

  /**
   * Reads {@code type/name} or {@code type/namespace/name}.
   *
   * @throws Failure.Invalid if it has another form
   */
  public static ItemKey parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty()) {
      return of(parts[0], "", parts[1]);
    }
    if (parts.length == 3 && !parts[0].isEmpty() && !parts[2].isEmpty()) {
      return of(parts[0], parts[1], parts[2]);
    }
    throw new Failure.Invalid(
        "'" + text + "' is not an item: use TYPE/NAME or TYPE/NAMESPACE/NAME",
        "for example deployments.apps/shop/web or storageclasses.storage.k8s.io/fast");
  }

  public boolean namespaced() {
    return !namespace.isEmpty();
  }

  @Override
  public int compareTo(ItemKey other) {
    int order = type.compareTo(other.type);
    if (order == 0) {
      order = namespace.compareTo(other.namespace);
    }
    return order != 0 ? order : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? type + "/" + name : type + "/" + namespace + "/" + name;
  }
}
