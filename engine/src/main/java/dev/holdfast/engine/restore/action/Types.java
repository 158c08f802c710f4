package dev.holdfast.engine.restore.action;

import dev.holdfast.model.GroupResource;

/** The built-in types that the restore treats in a way of their own. */
final class Types {

  static final GroupResource NAMESPACES = core("namespaces");
  static final GroupResource PODS = core("pods");
  static final GroupResource SERVICES = core("services");
  static final GroupResource SECRETS = core("secrets");
  static final GroupResource SERVICE_ACCOUNTS = core("serviceaccounts");
  static final GroupResource VOLUMES = core("persistentvolumes");
  static final GroupResource CLAIMS = core("persistentvolumeclaims");
  static final GroupResource REPLICATION_CONTROLLERS = core("replicationcontrollers");
  static final GroupResource DEPLOYMENTS = GroupResource.parse("deployments.apps");
  static final GroupResource STATEFUL_SETS = GroupResource.parse("statefulsets.apps");
  static final GroupResource DAEMON_SETS = GroupResource.parse("daemonsets.apps");
  static final GroupResource REPLICA_SETS = GroupResource.parse("replicasets.apps");
  static final GroupResource JOBS = GroupResource.parse("jobs.batch");
  static final GroupResource CRON_JOBS = GroupResource.parse("cronjobs.batch");
  static final GroupResource PRIORITY_CLASSES =
      GroupResource.parse("priorityclasses.scheduling.k8s.io");
  static final GroupResource ROLE_BINDINGS =
      GroupResource.parse("rolebindings.rbac.authorization.k8s.io");
  static final GroupResource CLUSTER_ROLE_BINDINGS =
      GroupResource.parse("clusterrolebindings.rbac.authorization.k8s.io");
  static final GroupResource DEFINITIONS =
      GroupResource.parse("customresourcedefinitions.apiextensions.k8s.io");
  static final GroupResource API_SERVICES =
      GroupResource.parse("apiservices.apiregistration.k8s.io");
  static final GroupResource MUTATING_WEBHOOKS =
      GroupResource.parse("mutatingwebhookconfigurations.admissionregistration.k8s.io");
  static final GroupResource VALIDATING_WEBHOOKS =
      GroupResource.parse("validatingwebhookconfigurations.admissionregistration.k8s.io");

  private Types() {}

  private static GroupResource core(String resource) {
    return new GroupResource("", resource);
  }
}
