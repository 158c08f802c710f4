package dev.holdfast.engine.select;

import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which types a backup holds (velero.md 4.3): by the old set (includedResources, excludedResources,
 * includeClusterResources) or by the scoped one, never both.
 */
public sealed interface TypeFilter {

  GroupResource NAMESPACES = new GroupResource("", "namespaces");

  /**
   * Namespaced and cluster-scoped objects of CSI snapshots: only a volume's own backup brings them.
   * Velero writes these exclusions into the spec; here, unlike there, they do not count as excludes
   * of the user's when a filter asks whether everything is in.
   */
  GroupResource VOLUME_SNAPSHOTS = GroupResource.parse("volumesnapshots.snapshot.storage.k8s.io");

  GroupResource VOLUME_SNAPSHOT_CONTENTS =
      GroupResource.parse("volumesnapshotcontents.snapshot.storage.k8s.io");

  /** Whether all items of this type are asked for. */
  boolean collects(ResourceType type);

  /** Whether even an item that another one brings along is unwanted. */
  boolean refuses(ResourceType type);

  /** Whether the spec names this type, so that missing it is an error. */
  boolean names(ResourceType type);

  /** Whether this type never enters a backup by filter. */
  static boolean isSnapshotType(ResourceType type) {
    return type.groupResource().equals(VOLUME_SNAPSHOTS)
        || type.groupResource().equals(VOLUME_SNAPSHOT_CONTENTS);
  }

  /** Whether an item that another one brings along is taken. */
  default boolean admits(ResourceType type) {
    return type.namespaced()
        ? collects(type)
        : type.groupResource().equals(NAMESPACES) || !refuses(type);
  }

  /** The filter of a spec; the namespaces decide whether cluster-scoped types are asked for. */
  static TypeFilter of(Backup.Spec spec, TypeNames names, NamespaceFilter namespaces) {
    return usesOldSet(spec)
        ? new Old(
            IncludesExcludes.of(
                names.resolve(spec.includedResources(), null),
                withoutSnapshots(names.resolve(spec.excludedResources(), null))),
            spec.includeClusterResources(),
            namespaces)
        : new Scoped(
            scoped(spec.includedNamespaceScopedResources(), spec, true, names),
            scoped(spec.includedClusterScopedResources(), spec, false, names),
            namespaces);
  }

  private static IncludesExcludes scoped(
      @Nullable List<String> includes, Backup.Spec spec, boolean namespaced, TypeNames names) {
    List<String> excludes =
        namespaced
            ? spec.excludedNamespaceScopedResources()
            : spec.excludedClusterScopedResources();
    return IncludesExcludes.of(
        names.resolve(includes, namespaced), withoutSnapshots(names.resolve(excludes, namespaced)));
  }

  private static List<String> withoutSnapshots(List<String> excludes) {
    return excludes.stream()
        .filter(name ->
            !name.equals(VOLUME_SNAPSHOTS.toString())
                && !name.equals(VOLUME_SNAPSHOT_CONTENTS.toString()))
        .toList();
  }

  /** A spec that names neither set is a scoped one, as Velero has it. */
  static boolean usesOldSet(Backup.Spec spec) {
    return spec.includeClusterResources() != null
        || !isEmpty(spec.includedResources())
        || !isEmpty(spec.excludedResources());
  }

  /** Whether any of the scoped lists is given. */
  static boolean usesScopedSet(Backup.Spec spec) {
    return !isEmpty(spec.includedClusterScopedResources())
        || !isEmpty(spec.excludedClusterScopedResources())
        || !isEmpty(spec.includedNamespaceScopedResources())
        || !isEmpty(spec.excludedNamespaceScopedResources());
  }

  private static boolean isEmpty(@Nullable List<String> list) {
    return list == null || list.isEmpty();
  }

  /**
   * The old set.
   *
   * @param cluster true: cluster-scoped types too; false: none, not even those brought along; null:
   *     only if all namespaces are in
   */
  record Old(IncludesExcludes types, @Nullable Boolean cluster, NamespaceFilter namespaces)
      implements TypeFilter {

    @Override
    public boolean collects(ResourceType type) {
      if (isSnapshotType(type)) {
        return false;
      }
      if (!type.namespaced() && Boolean.FALSE.equals(cluster)) {
        return false;
      }
      if (!type.namespaced()
          && cluster == null
          && !namespaces.everything()
          && !type.groupResource().equals(NAMESPACES)) {
        return false;
      }
      return types.includes(type.groupResource().toString());
    }

    @Override
    public boolean refuses(ResourceType type) {
      String name = type.groupResource().toString();
      if (types.excludes(name)) {
        return true;
      }
      return !type.namespaced()
          && (Boolean.FALSE.equals(cluster) || cluster == null && !types.includes(name));
    }

    @Override
    public boolean names(ResourceType type) {
      return isNamed(types, type);
    }
  }

  /** The scoped set. */
  record Scoped(IncludesExcludes namespaced, IncludesExcludes cluster, NamespaceFilter namespaces)
      implements TypeFilter {

    @Override
    public boolean collects(ResourceType type) {
      String name = type.groupResource().toString();
      if (isSnapshotType(type)) {
        return false;
      }
      if (type.namespaced()) {
        return namespaced.includes(name);
      }
      if (cluster.excludes(name)) {
        return false;
      }
      return wholeCluster() || cluster.named(name) || type.groupResource().equals(NAMESPACES);
    }

    /** Nothing said about cluster-scoped types, and nothing namespaced left out. */
    private boolean wholeCluster() {
      return cluster.includes().isEmpty()
          && cluster.excludes().isEmpty()
          && namespaces.everything()
          && namespaced.everything();
    }

    @Override
    public boolean refuses(ResourceType type) {
      return (type.namespaced() ? namespaced : cluster).excludes(type.groupResource().toString());
    }

    @Override
    public boolean names(ResourceType type) {
      return isNamed(type.namespaced() ? namespaced : cluster, type);
    }
  }

  private static boolean isNamed(IncludesExcludes types, ResourceType type) {
    return !types.includes().contains("*") && types.named(type.groupResource().toString());
  }
}
