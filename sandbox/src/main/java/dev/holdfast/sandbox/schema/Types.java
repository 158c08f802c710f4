package dev.holdfast.sandbox.schema;

import dev.holdfast.model.GroupResource;

/** Types that the server itself has to do with. */
public final class Types {
  public static final GroupResource NAMESPACES = core("namespaces");
  public static final GroupResource SERVICE_ACCOUNTS = core("serviceaccounts");
  public static final GroupResource CONFIG_MAPS = core("configmaps");
  public static final GroupResource SECRETS = core("secrets");
  public static final GroupResource PODS = core("pods");
  public static final GroupResource SERVICES = core("services");
  public static final GroupResource ENDPOINTS = core("endpoints");
  public static final GroupResource CLAIMS = core("persistentvolumeclaims");
  public static final GroupResource VOLUMES = core("persistentvolumes");
  public static final GroupResource QUOTAS = core("resourcequotas");
  public static final GroupResource LIMIT_RANGES = core("limitranges");
  public static final GroupResource EVENTS = core("events");
  public static final GroupResource DEPLOYMENTS = GroupResource.parse("deployments.apps");
  public static final GroupResource NODES = core("nodes");
  public static final GroupResource DEFINITIONS =
      new GroupResource("apiextensions.k8s.io", "customresourcedefinitions");
  public static final GroupResource API_SERVICES =
      new GroupResource("apiregistration.k8s.io", "apiservices");
  public static final GroupResource STORAGE_CLASSES =
      new GroupResource("storage.k8s.io", "storageclasses");
  public static final GroupResource PRIORITY_CLASSES =
      new GroupResource("scheduling.k8s.io", "priorityclasses");
  public static final GroupResource ROLES = rbac("roles");
  public static final GroupResource ROLE_BINDINGS = rbac("rolebindings");
  public static final GroupResource CLUSTER_ROLES = rbac("clusterroles");
  public static final GroupResource CLUSTER_ROLE_BINDINGS = rbac("clusterrolebindings");

  private Types() {}

  private static GroupResource core(String resource) {
    return new GroupResource("", resource);
  }

  private static GroupResource rbac(String resource) {
    return new GroupResource("rbac.authorization.k8s.io", resource);
  }
}
