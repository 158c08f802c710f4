package dev.holdfast.sandbox.admission;

import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.ObjectStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which rules are whose. */
public final class RuleBook {

  private RuleBook() {}

  /**
   * @param webhooks asks about what is otherwise right
   */
  public static Admission admission(ObjectStore store, Authorizer authorizer, Rules webhooks) {
    Map<GroupResource, List<Rules>> rules = new HashMap<>();
    put(rules, new ConfigRules(false), "configmaps");
    put(rules, new ConfigRules(true), "secrets");
    put(rules, new ServiceRules(new ServiceAddresses(store)), "services");
    put(
        rules,
        new NetworkRules(),
        "ingresses.networking.k8s.io",
        "networkpolicies.networking.k8s.io");
    put(rules, new EndpointRules(), "endpoints", "endpointslices.discovery.k8s.io");
    put(rules, new AutoscalerRules(), "horizontalpodautoscalers.autoscaling");
    put(rules, new PodRules(store), "pods");
    put(
        rules,
        new WorkloadRules(),
        "deployments.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "replicasets.apps",
        "jobs.batch",
        "cronjobs.batch",
        "podtemplates",
        "replicationcontrollers");
    put(
        rules,
        new VolumeRules(store),
        "persistentvolumeclaims",
        "persistentvolumes",
        "storageclasses.storage.k8s.io");
    rules.put(Types.ROLES, List.of(new RbacRules(authorizer, false)));
    rules.put(Types.CLUSTER_ROLES, List.of(new RbacRules(authorizer, false)));
    rules.put(Types.ROLE_BINDINGS, List.of(new RbacRules(authorizer, true)));
    rules.put(Types.CLUSTER_ROLE_BINDINGS, List.of(new RbacRules(authorizer, true)));
    rules.put(Types.DEFINITIONS, List.of(new DefinitionRules()));
    return new Admission(
        rules,
        List.of(
            new LimitRules(store),
            new SmallRules(),
            new SchemaRules(),
            new WarningRules(),
            webhooks,
            new QuotaRules(store)));
  }

  private static void put(Map<GroupResource, List<Rules>> rules, Rules rule, String... types) {
    for (String type : types) {
      rules.put(GroupResource.parse(type), List.of(rule));
    }
  }
}
