package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * In which version an item is written where the cluster no longer serves the one that it was backed
 * up in. Only pairs whose schemas are equal field by field are in the table; each was reviewed
 * against the types of Kubernetes, and what is not there is refused, never guessed.
 */
public final class ServedVersion {

  /** From one version to another that reads the same object alike, if the condition holds. */
  private record Pair(
      GroupResource from,
      String version,
      GroupResource to,
      String toVersion,
      Predicate<JsonNode> condition) {}

  private static final List<Pair> EQUAL = table();

  /** Why a conversion that one may expect is not in the table. */
  private static final Map<String, String> UNEQUAL =
      Map.ofEntries(
          Map.entry(
              "poddisruptionbudgets.policy v1beta1",
              "an empty selector selects no pod in v1beta1 and every pod in v1"),
          Map.entry(
              "ingresses.networking.k8s.io v1beta1",
              "v1 writes backends otherwise and requires pathType"),
          Map.entry(
              "ingresses.extensions v1beta1",
              "networking.k8s.io/v1 writes backends otherwise and requires pathType"),
          Map.entry(
              "horizontalpodautoscalers.autoscaling v2beta1", "v2 writes metric targets otherwise"),
          Map.entry(
              "customresourcedefinitions.apiextensions.k8s.io v1beta1",
              "v1 requires a structural schema for each version"),
          Map.entry(
              "mutatingwebhookconfigurations.admissionregistration.k8s.io v1beta1",
              "v1 has other defaults and requires sideEffects and admissionReviewVersions"),
          Map.entry(
              "validatingwebhookconfigurations.admissionregistration.k8s.io v1beta1",
              "v1 has other defaults and requires sideEffects and admissionReviewVersions"),
          Map.entry(
              "certificatesigningrequests.certificates.k8s.io v1beta1", "v1 requires signerName"),
          Map.entry(
              "endpointslices.discovery.k8s.io v1beta1",
              "v1 has nodeName and zone in place of topology"),
          Map.entry(
              "deployments.extensions v1beta1",
              "apps/v1 requires a selector, has other defaults and no rollbackTo"),
          Map.entry(
              "daemonsets.extensions v1beta1",
              "apps/v1 requires a selector and has another update strategy by default"),
          Map.entry("replicasets.extensions v1beta1", "apps/v1 requires a selector"),
          Map.entry("deployments.apps v1beta1", "v1 has other defaults and no rollbackTo"),
          Map.entry("statefulsets.apps v1beta1", "v1 has another update strategy by default"),
          Map.entry(
              "podsecuritypolicies.policy v1beta1",
              "Kubernetes 1.25 took it away; Pod Security Admission replaces it"));

  private ServedVersion() {}

  private static List<Pair> table() {
    List<Pair> pairs = new ArrayList<>();
    // CronJob left beta in 1.21 unchanged; v1 only gained optional fields (timeZone) since.
    pairs.add(equal("cronjobs", "batch/v1beta1", "batch/v1"));
    // v2 is v2beta2 renamed (1.23): metrics, behavior and their defaults are the same types.
    pairs.add(equal("horizontalpodautoscalers", "autoscaling/v2beta2", "autoscaling/v2"));
    // Same fields, but an empty selector means "none" in v1beta1 and "all" in v1.
    pairs.add(
        when(
            equal("poddisruptionbudgets", "policy/v1beta1", "policy/v1"),
            item -> !emptySelector(item.path("spec").path("selector"))));
    for (String type : List.of("roles", "rolebindings", "clusterroles", "clusterrolebindings")) {
      // rbac v1 (1.8) is v1beta1 without a change; v1alpha1 spelled subjects otherwise, so not it.
      pairs.add(equal(type, "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1"));
    }
    for (String type :
        List.of(
            "deployments", "daemonsets", "replicasets", "statefulsets", "controllerrevisions")) {
      // apps/v1beta2 was the last rehearsal of v1 (1.9): required selector, same defaults.
      pairs.add(equal(type, "apps/v1beta2", "apps/v1"));
    }
    // ControllerRevision has only data and revision, in every version.
    pairs.add(equal("controllerrevisions", "apps/v1beta1", "apps/v1"));
    // Moved to its own group in 1.7; the old types were aliases of the new.
    pairs.add(equal("networkpolicies", "extensions/v1beta1", "networking.k8s.io/v1"));
    // Only Ingress changed from v1beta1 to v1; IngressClass kept controller and parameters.
    pairs.add(equal("ingressclasses", "networking.k8s.io/v1beta1", "networking.k8s.io/v1"));
    // parentRef, and cidrs: v1 (1.33) is v1beta1 unchanged.
    pairs.add(equal("ipaddresses", "networking.k8s.io/v1beta1", "networking.k8s.io/v1"));
    pairs.add(equal("servicecidrs", "networking.k8s.io/v1beta1", "networking.k8s.io/v1"));
    // value, globalDefault, description, preemptionPolicy in both.
    pairs.add(equal("priorityclasses", "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1"));
    for (String type :
        List.of(
            "storageclasses", "csidrivers", "csistoragecapacities", "volumeattributesclasses")) {
      // Each left beta with the fields and defaults that it had.
      pairs.add(equal(type, "storage.k8s.io/v1beta1", "storage.k8s.io/v1"));
    }
    // holderIdentity, durations and times, in both.
    pairs.add(equal("leases", "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1"));
    // handler, overhead, scheduling on top level in both (v1alpha1 had them in a spec, so not it).
    pairs.add(equal("runtimeclasses", "node.k8s.io/v1beta1", "node.k8s.io/v1"));
    // service, caBundle and priorities in both.
    pairs.add(equal("apiservices", "apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1"));
    for (String version : List.of("v1beta1", "v1beta2", "v1beta3")) {
      // FlowSchema never changed on its way; PriorityLevelConfiguration renamed its shares.
      pairs.add(
          equal(
              "flowschemas",
              "flowcontrol.apiserver.k8s.io/" + version,
              "flowcontrol.apiserver.k8s.io/v1"));
    }
    // nominalConcurrencyShares since v1beta3; a stored zero is explicit in both.
    pairs.add(
        equal(
            "prioritylevelconfigurations",
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "flowcontrol.apiserver.k8s.io/v1"));
    for (String type :
        List.of("validatingadmissionpolicies", "validatingadmissionpolicybindings")) {
      // v1 (1.30) is v1beta1 (1.28) unchanged.
      pairs.add(
          equal(type, "admissionregistration.k8s.io/v1beta1", "admissionregistration.k8s.io/v1"));
    }
    return List.copyOf(pairs);
  }

  /**
   * Where this item is written: in its own version if that is served, else through the table. Where
   * the answer's {@link ResourceType#apiVersion()} is another, the item is written with that one
   * and otherwise unchanged.
   *
   * @throws Failure.Unsupported if the cluster serves no version that is known to read it alike
   */
  public static ResourceType find(Discovery discovery, GroupResource type, ObjectNode item) {
    String apiVersion = Fields.text(item, "apiVersion");
    String version = apiVersion.substring(apiVersion.indexOf('/') + 1);
    Optional<ResourceType> same = discovery.find(type, version);
    if (same.isPresent()) {
      return same.get();
    }
    for (Pair pair : EQUAL) {
      if (pair.from().equals(type)
          && pair.version().equals(version)
          && pair.condition().test(item)) {
        Optional<ResourceType> other = discovery.find(pair.to(), pair.toVersion());
        if (other.isPresent()) {
          return other.get();
        }
      }
    }
    throw unserved(discovery, type, version);
  }

  private static Failure.Unsupported unserved(
      Discovery discovery, GroupResource type, String version) {
    List<String> served =
        discovery.types().stream()
            .filter(t -> t.groupResource().equals(type))
            .map(ResourceType::version)
            .toList();
    if (served.isEmpty() && !UNEQUAL.containsKey(type + " " + version)) {
      return new Failure.Unsupported(
          "The cluster does not serve " + type + " (" + version + " in the backup)",
          "install what provides it, a CustomResourceDefinition or an API server, and restore again");
    }
    String why =
        UNEQUAL.getOrDefault(
            type + " " + version, "whether that reads the same object alike is not known");
    String others = served.isEmpty() ? "" : ", only " + String.join(", ", served);
    return new Failure.Unsupported(
        "The cluster no longer serves %s in %s%s: %s".formatted(type, version, others, why),
        "take its file from the archive (backup download), convert it (kubectl convert) and apply it");
  }

  private static boolean emptySelector(JsonNode selector) {
    return selector.isObject()
        && selector.path("matchLabels").isEmpty()
        && selector.path("matchExpressions").isEmpty();
  }

  private static Pair equal(String resource, String from, String to) {
    String[] old = from.split("/", 2);
    String[] now = to.split("/", 2);
    return new Pair(
        new GroupResource(old[0], resource),
        old[1],
        new GroupResource(now[0], resource),
        now[1],
        item -> true);
  }

  private static Pair when(Pair pair, Predicate<JsonNode> condition) {
    return new Pair(pair.from(), pair.version(), pair.to(), pair.toVersion(), condition);
  }
}
