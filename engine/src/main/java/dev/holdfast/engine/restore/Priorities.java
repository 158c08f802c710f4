package dev.holdfast.engine.restore;

import dev.holdfast.model.GroupResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Velero's order of types (velero.md 5.2): definitions, the listed types one after the other, all
 * others, and last those that must come last. Pods come before what controls them, so that
 * controllers adopt them.
 */
final class Priorities {

  private static final List<String> HIGH =
      List.of(
          "customresourcedefinitions.apiextensions.k8s.io",
          "namespaces",
          "storageclasses.storage.k8s.io",
          "volumesnapshotclasses.snapshot.storage.k8s.io",
          "volumesnapshotcontents.snapshot.storage.k8s.io",
          "volumesnapshots.snapshot.storage.k8s.io",
          "datauploads.velero.io",
          "persistentvolumes",
          "persistentvolumeclaims",
          "clusterroles.rbac.authorization.k8s.io",
          "roles.rbac.authorization.k8s.io",
          "serviceaccounts",
          "clusterrolebindings.rbac.authorization.k8s.io",
          "rolebindings.rbac.authorization.k8s.io",
          "secrets",
          "configmaps",
          "limitranges",
          "priorityclasses.scheduling.k8s.io",
          "pods",
          "replicasets.apps",
          "clusterclasses.cluster.x-k8s.io",
          "endpoints",
          "services");

  private static final List<String> LOW =
      List.of(
          "clusterbootstraps.run.tanzu.vmware.com",
          "clusters.cluster.x-k8s.io",
          "clusterresourcesets.addons.cluster.x-k8s.io",
          "apps.kappctrl.k14s.io",
          "packageinstalls.packaging.carvel.dev");

  /** Where types stand that are in neither list. */
  static final int OTHERS = HIGH.size();

  private static final Map<GroupResource, Integer> PLACES = places();

  private Priorities() {}

  /** The type's place, counted from 0; types of one place may be restored at the same time. */
  static int of(GroupResource type) {
    return PLACES.getOrDefault(type, OTHERS);
  }

  private static Map<GroupResource, Integer> places() {
    Map<GroupResource, Integer> places = new HashMap<>();
    HIGH.forEach(name -> places.put(GroupResource.parse(name), places.size()));
    LOW.forEach(name -> places.put(GroupResource.parse(name), places.size() + 1));
    return Map.copyOf(places);
  }
}
