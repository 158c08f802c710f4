package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Pods: what the admission plugins ServiceAccount, Priority, DefaultTolerationSeconds and
 * PodSecurity add or refuse.
 */
final class PodRules implements Rules {

  private static final String TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final String SUFFIX = "bcdfghjklmnpqrstvwxz2456789";

  private final ObjectStore store;

  PodRules(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void admit(Write write, ObjectNode pod) {
    ObjectNode spec = pod.withObject("/spec");
    String name = pod.path("metadata").path("name").asText();
    serviceAccount(write, name, pod, spec);
    priority(write, name, spec);
    tolerations(spec);
    security(write, name, spec);
  }

  private void serviceAccount(Write write, String name, ObjectNode pod, ObjectNode spec) {
    if (pod.path("metadata").path("annotations").has("kubernetes.io/config.mirror")) {
      return;
    }
    if (spec.path("serviceAccountName").asText().isEmpty()) {
      spec.put("serviceAccountName", "default").put("serviceAccount", "default");
    }
    String account = spec.path("serviceAccountName").asText();
    Stored found = store.get(Types.SERVICE_ACCOUNTS, write.namespace(), account);
    if (found == null) {
      throw ApiError.notAllowed(
          write.type(),
          name,
          "error looking up service account "
              + write.namespace()
              + "/"
              + account
              + ": serviceaccount \""
              + account
              + "\" not found");
    }
    ObjectNode object = Codec.read(found, "v1", "ServiceAccount");
    if (spec.path("imagePullSecrets").isEmpty() && !object.path("imagePullSecrets").isEmpty()) {
      spec.set("imagePullSecrets", object.path("imagePullSecrets"));
    }
    boolean mount =
        spec.has("automountServiceAccountToken")
            ? spec.path("automountServiceAccountToken").asBoolean()
            : object.path("automountServiceAccountToken").asBoolean(true);
    if (mount) {
      mountToken(spec);
    }
  }

  private static void mountToken(ObjectNode spec) {
    String volume = "";
    for (JsonNode each : spec.path("volumes")) {
      if (each.path("name").asText().startsWith("kube-api-access-")) {
        volume = each.path("name").asText();
      }
    }
    boolean add = volume.isEmpty();
    if (add) {
      volume = "kube-api-access-" + suffix();
    }
    boolean used = false;
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        used |= mount((ObjectNode) container, volume);
      }
    }
    if (add && used) {
      spec.withArray("volumes").add(tokenVolume(volume));
    }
  }

  private static boolean mount(ObjectNode container, String volume) {
    for (JsonNode mount : container.path("volumeMounts")) {
      if (mount.path("mountPath").asText().equals(TOKEN_PATH)) {
        return false;
      }
    }
    container
        .withArray("volumeMounts")
        .addObject()
        .put("name", volume)
        .put("readOnly", true)
        .put("mountPath", TOKEN_PATH);
    return true;
  }

  private static ObjectNode tokenVolume(String name) {
    ObjectNode volume = dev.holdfast.model.Json.MAPPER.createObjectNode().put("name", name);
    ObjectNode projected = volume.putObject("projected");
    ArrayNode sources = projected.putArray("sources");
    sources
        .addObject()
        .putObject("serviceAccountToken")
        .put("expirationSeconds", 3607)
        .put("path", "token");
    ObjectNode authority =
        sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt");
    authority.putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
    sources
        .addObject()
        .putObject("downwardAPI")
        .putArray("items")
        .addObject()
        .put("path", "namespace")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.namespace");
    projected.put("defaultMode", 420);
    return volume;
  }

  private static String suffix() {
    StringBuilder suffix = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      suffix.append(SUFFIX.charAt(ThreadLocalRandom.current().nextInt(SUFFIX.length())));
    }
    return suffix.toString();
  }

  private void priority(Write write, String name, ObjectNode spec) {
    String className = spec.path("priorityClassName").asText();
    int priority = 0;
    String preemption = "PreemptLowerPriority";
    Stored chosen = className.isEmpty() ? globalDefault() : null;
    if (!className.isEmpty()) {
      chosen = store.get(Types.PRIORITY_CLASSES, "", className);
      if (chosen == null) {
        throw ApiError.notAllowed(
            write.type(), name, "no PriorityClass with name " + className + " was found");
      }
    }
    if (chosen != null) {
      ObjectNode object = Codec.read(chosen, "", "");
      spec.put("priorityClassName", chosen.name());
      priority = object.path("value").asInt();
      preemption = object.path("preemptionPolicy").asText(preemption);
    }
    spec.put("priority", priority);
    if (!spec.has("preemptionPolicy")) {
      spec.put("preemptionPolicy", preemption);
    }
  }

  private @Nullable Stored globalDefault() {
    Stored[] found = {null};
    store
        .view(Types.PRIORITY_CLASSES)
        .walk(
            "",
            "",
            stored -> {
              if (Codec.read(stored, "", "").path("globalDefault").asBoolean()) {
                found[0] = stored;
              }
              return found[0] == null;
            });
    return found[0];
  }

  private static void tolerations(ObjectNode spec) {
    ArrayNode tolerations = spec.withArray("tolerations");
    for (String key : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      boolean tolerated = false;
      for (JsonNode each : tolerations) {
        boolean sameKey =
            each.path("key").asText().equals(key) || each.path("key").asText().isEmpty();
        boolean sameEffect =
            each.path("effect").asText().equals("NoExecute")
                || each.path("effect").asText().isEmpty();
        tolerated |= sameKey && sameEffect;
      }
      if (!tolerated) {
        tolerations
            .addObject()
            .put("key", key)
            .put("operator", "Exists")
            .put("effect", "NoExecute")
            .put("tolerationSeconds", 300);
      }
    }
  }

  private void security(Write write, String name, ObjectNode spec) {
    Stored namespace = store.get(Types.NAMESPACES, "", write.namespace());
    String level =
        namespace == null
            ? ""
            : namespace.labels().getOrDefault("pod-security.kubernetes.io/enforce", "");
    List<String> violations = PodSecurity.violations(level, spec);
    if (!violations.isEmpty()) {
      String version =
          namespace == null
              ? "latest"
              : namespace
                  .labels()
                  .getOrDefault("pod-security.kubernetes.io/enforce-version", "latest");
      throw ApiError.notAllowed(
          write.type(),
          name,
          "violates PodSecurity \""
              + level
              + ":"
              + version
              + "\": "
              + String.join(", ", violations));
    }
    warn(write, namespace, spec);
  }

  private static void warn(Write write, @Nullable Stored namespace, ObjectNode spec) {
    if (namespace == null) {
      return;
    }
    String level = namespace.labels().getOrDefault("pod-security.kubernetes.io/warn", "");
    List<String> violations = PodSecurity.violations(level, spec);
    if (!violations.isEmpty()) {
      String version =
          namespace.labels().getOrDefault("pod-security.kubernetes.io/warn-version", "latest");
      write
          .warnings()
          .add(
              "would violate PodSecurity \""
                  + level
                  + ":"
                  + version
                  + "\": "
                  + String.join(", ", violations));
    }
  }

  @Override
  public void prepareUpdate(Write write, ObjectNode old, ObjectNode pod) {
    if (write.subresource().isEmpty()) {
      tolerations(pod.withObject("/spec"));
    }
  }

  @Override
  public void prepareCreate(Write write, ObjectNode pod) {
    ObjectNode status = pod.withObject("/status").removeAll();
    status.put("phase", "Pending").put("qosClass", quality(pod.path("spec")));
  }

  private static String quality(JsonNode spec) {
    boolean any = false;
    boolean guaranteed = true;
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : spec.path(list)) {
        JsonNode requests = container.path("resources").path("requests");
        JsonNode limits = container.path("resources").path("limits");
        for (String resource : List.of("cpu", "memory")) {
          any |= requests.has(resource) || limits.has(resource);
          guaranteed &=
              limits.has(resource) && limits.path(resource).equals(requests.path(resource));
        }
      }
    }
    return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode pod, @Nullable ObjectNode old) {
    if (write.subresource().isEmpty()) {
      PodSpecs.validate(violations, pod.path("spec"), "spec");
    }
    if (old != null && write.subresource().isEmpty()) {
      boolean scheduler = write.caller().equals(Caller.SYSTEM);
      PodUpdates.validate(violations, pod.path("spec"), old.path("spec"), scheduler);
    }
  }
}
