package dev.holdfast.model.patch;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * By which field the elements of a list of a built-in type are told apart ({@code patchMergeKey} in
 * Kubernetes' Go types). A list is named by its parent field and its own: {@code containers/ports}
 * is the list {@code ports} in an element of {@code containers}. Lists that are not here are
 * replaced as a whole.
 */
public final class MergeKeys {

  /** The table as the rules of an object that stands in the field {@code parent}. */
  private record Below(String parent) implements MergeRules {
    @Override
    public @Nullable String key(String list) {
      return KEYS.get(parent + "/" + list);
    }

    @Override
    public boolean isSet(String list) {
      return SETS.contains(parent + "/" + list);
    }

    @Override
    public MergeRules inside(String field) {
      return new Below(field);
    }

    @Override
    public MergeRules elements(String list) {
      return new Below(list);
    }
  }

  /** The rules of a whole object of a built-in type. */
  static final MergeRules OBJECT = new Below("");

  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("metadata/ownerReferences", "uid"),
          Map.entry("/secrets", "name"),
          Map.entry("/imagePullSecrets", "name"),
          Map.entry("/webhooks", "name"),
          Map.entry("/validations", "expression"),
          Map.entry("spec/containers", "name"),
          Map.entry("spec/initContainers", "name"),
          Map.entry("spec/ephemeralContainers", "name"),
          Map.entry("spec/volumes", "name"),
          Map.entry("spec/imagePullSecrets", "name"),
          Map.entry("spec/hostAliases", "ip"),
          Map.entry("spec/topologySpreadConstraints", "topologyKey"),
          Map.entry("spec/resourceClaims", "name"),
          Map.entry("spec/schedulingGates", "name"),
          Map.entry("spec/taints", "key"),
          Map.entry("spec/ports", "port"),
          Map.entry("containers/ports", "containerPort"),
          Map.entry("containers/env", "name"),
          Map.entry("containers/volumeMounts", "mountPath"),
          Map.entry("containers/volumeDevices", "devicePath"),
          Map.entry("initContainers/ports", "containerPort"),
          Map.entry("initContainers/env", "name"),
          Map.entry("initContainers/volumeMounts", "mountPath"),
          Map.entry("initContainers/volumeDevices", "devicePath"),
          Map.entry("ephemeralContainers/ports", "containerPort"),
          Map.entry("ephemeralContainers/env", "name"),
          Map.entry("ephemeralContainers/volumeMounts", "mountPath"),
          Map.entry("ephemeralContainers/volumeDevices", "devicePath"),
          Map.entry("status/conditions", "type"),
          Map.entry("status/addresses", "type"),
          Map.entry("status/podIPs", "ip"),
          Map.entry("status/hostIPs", "ip"));

  /** Lists of plain values that are merged as sets. */
  private static final Set<String> SETS = Set.of("metadata/finalizers", "spec/podCIDRs");

  private static final Set<String> BUILT_IN =
      Set.of("", "apps", "batch", "autoscaling", "policy", "extensions");

  private MergeKeys() {}

  /** Whether strategic merge is defined for the types of this API group. */
  public static boolean builtIn(String group) {
    return BUILT_IN.contains(group)
        || group.endsWith(".k8s.io")
            && !group.equals("apiextensions.k8s.io")
            && Set.of(
                    "admissionregistration",
                    "authentication",
                    "authorization",
                    "certificates",
                    "coordination",
                    "discovery",
                    "events",
                    "flowcontrol.apiserver",
                    "networking",
                    "node",
                    "rbac.authorization",
                    "resource",
                    "scheduling",
                    "storage",
                    "storagemigration",
                    "internal.apiserver")
                .contains(group.substring(0, group.length() - ".k8s.io".length()));
  }
}
