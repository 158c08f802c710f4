package dev.holdfast.engine.restore;

import dev.holdfast.model.GroupResource;
import java.util.Set;

/** The built-in types of which the flow of a restore knows something special. */
final class Kinds {

  static final GroupResource NAMESPACES = new GroupResource("", "namespaces");
  static final GroupResource PODS = new GroupResource("", "pods");
  static final GroupResource SECRETS = new GroupResource("", "secrets");
  static final GroupResource SERVICES = new GroupResource("", "services");
  static final GroupResource SERVICE_ACCOUNTS = new GroupResource("", "serviceaccounts");
  static final GroupResource VOLUMES = new GroupResource("", "persistentvolumes");
  static final GroupResource CLAIMS = new GroupResource("", "persistentvolumeclaims");
  static final GroupResource CONFIG_MAPS = new GroupResource("", "configmaps");
  static final GroupResource DEFINITIONS =
      GroupResource.parse("customresourcedefinitions.apiextensions.k8s.io");
  static final GroupResource STORAGE_CLASSES = GroupResource.parse("storageclasses.storage.k8s.io");

  /** Deleting one of these takes much more with it than the object itself. */
  static final Set<GroupResource> NEVER_RECREATED =
      Set.of(NAMESPACES, DEFINITIONS, VOLUMES, CLAIMS);

  /** What belongs to a cluster or to the tool, not to a workload (velero.md 5.1). */
  static final Set<GroupResource> NEVER_RESTORED =
      Set.of(
          new GroupResource("", "nodes"),
          new GroupResource("", "events"),
          GroupResource.parse("events.events.k8s.io"),
          GroupResource.parse("backups.velero.io"),
          GroupResource.parse("restores.velero.io"),
          GroupResource.parse("resticrepositories.velero.io"),
          GroupResource.parse("backuprepositories.velero.io"),
          GroupResource.parse("csinodes.storage.k8s.io"),
          GroupResource.parse("volumeattachments.storage.k8s.io"));

  /** What its controller takes over by selector, so that it needs no owner reference. */
  static final Set<GroupResource> ADOPTED =
      Set.of(
          PODS,
          GroupResource.parse("replicasets.apps"),
          GroupResource.parse("controllerrevisions.apps"));

  /**
   * What others need to be there before they can be created at all. These stay at their place in
   * the order, whoever owns them, and get the reference to an owner that comes later by a second
   * write.
   */
  static final Set<GroupResource> NEEDED_FIRST =
      Set.of(
          NAMESPACES,
          DEFINITIONS,
          STORAGE_CLASSES,
          VOLUMES,
          CLAIMS,
          SERVICE_ACCOUNTS,
          GroupResource.parse("priorityclasses.scheduling.k8s.io"));

  private Kinds() {}
}
