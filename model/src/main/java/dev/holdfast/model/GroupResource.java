package dev.holdfast.model;

/** {@code deployments.apps}; the core group is empty: {@code pods}. */
public record GroupResource(String group, String resource) implements Comparable<GroupResource> {

  /** Reads {@code resource[.group]}. */
  public static GroupResource parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new GroupResource("", text)
        : new GroupResource(text.substring(dot + 1), text.substring(0, dot));
  }

  @Override
  public int compareTo(GroupResource other) {
    int byResource = resource.compareTo(other.resource);
    return byResource != 0 ? byResource : group.compareTo(other.group);
  }

  /** {@code resource[.group]}, as it stands in the archive's paths. */
  @Override
  public String toString() {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
