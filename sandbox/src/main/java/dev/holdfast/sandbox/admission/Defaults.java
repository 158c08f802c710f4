package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Default values: those of the schema, and those that depend on other fields. The latter are named
 * by the object type in which they stand, so that a pod's are also those of a template's.
 */
public final class Defaults {

  private static final Pattern IMAGE =
      Pattern.compile(
          "([a-zA-Z0-9.-]+(:\\d+)?/)?[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
              + "(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*(:\\w[\\w.-]{0,127})?(@\\w+:\\p{XDigit}{32,})?");

  static final String TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

  private static final Map<String, Consumer<ObjectNode>> DEPENDENT =
      Map.ofEntries(
          Map.entry("core.v1.Container", Defaults::container),
          Map.entry("core.v1.EphemeralContainer", Defaults::container),
          Map.entry("core.v1.Volume", Defaults::volume),
          Map.entry("core.v1.PodSpec", Defaults::podSpec),
          Map.entry("core.v1.Pod", Defaults::pod),
          Map.entry("core.v1.EndpointPort", Defaults::endpointPort),
          Map.entry("core.v1.Namespace", Defaults::namespace),
          Map.entry("core.v1.ReplicationController", Defaults::replicationController),
          Map.entry("core.v1.Secret", Defaults::secret),
          Map.entry("apps.v1.DaemonSet", Defaults::daemonSet),
          Map.entry("core.v1.ServiceSpec", Defaults::service),
          Map.entry("core.v1.LimitRangeItem", Defaults::limitRangeItem),
          Map.entry(
              "apps.v1.DeploymentStrategy",
              strategy -> rolling(strategy, Defaults::rollingDeployment)),
          Map.entry(
              "apps.v1.DaemonSetUpdateStrategy",
              strategy -> rolling(strategy, Defaults::rollingDaemonSet)),
          Map.entry(
              "apps.v1.StatefulSetUpdateStrategy",
              strategy -> rolling(strategy, rolling -> absent(rolling, "partition", 0))),
          Map.entry("apps.v1.StatefulSet", Defaults::claimTemplates),
          Map.entry("batch.v1.Job", Defaults::job),
          Map.entry("networking.v1.NetworkPolicySpec", Defaults::networkPolicy),
          Map.entry("rbac.v1.Subject", Defaults::subject),
          Map.entry("autoscaling.v2.HorizontalPodAutoscalerSpec", Defaults::autoscaler),
          Map.entry("apiextensions.v1.CustomResourceDefinitionNames", Defaults::names));

  private Defaults() {}

  /** Fills in what is missing, in place. */
  public static void apply(Schema schema, JsonNode value) {
    switch (schema.kind()) {
      case OBJECT, ANY -> {
        if (value instanceof ObjectNode object && schema.structure() != null) {
          object(schema.structure(), object);
        }
        if (value instanceof ObjectNode object && schema.items() != null) {
          additional(schema, object);
        }
      }
      case MAP -> {
        if (deep(schema.element())) {
          value.forEach(each -> apply(schema.element(), each));
        }
      }
      case LIST -> {
        if (deep(schema.element())) {
          value.forEach(each -> apply(schema.element(), each));
        }
      }
      default -> {}
    }
  }

  private static void additional(Schema schema, ObjectNode object) {
    for (var entry : object.properties()) {
      if (schema.structure() == null || schema.structure().field(entry.getKey()) == null) {
        apply(schema.element(), entry.getValue());
      }
    }
  }

  private static boolean deep(Schema schema) {
    return switch (schema.kind()) {
      case OBJECT, MAP, LIST, ANY -> true;
      default -> false;
    };
  }

  private static void endpointPort(ObjectNode port) {
    if (!port.has("protocol")) {
      port.put("protocol", "TCP");
    }
  }

  private static void object(Schema.Structure structure, ObjectNode object) {
    for (Schema.Field field : structure.fields()) {
      JsonNode value = object.get(field.name());
      JsonNode byDefault = field.defaultValue();
      if (byDefault != null && missing(value, field)) {
        value = byDefault.deepCopy();
        object.set(field.name(), value);
      }
      if (value != null && deep(field.schema())) {
        apply(field.schema(), value);
      }
    }
    Consumer<ObjectNode> dependent = DEPENDENT.get(structure.name());
    if (dependent != null) {
      dependent.accept(object);
    }
  }

  /** Go cannot tell an empty string from none where the field is no pointer. */
  private static boolean missing(
      @org.jspecify.annotations.Nullable JsonNode value, Schema.Field field) {
    return value == null
        || value.isNull()
        || field.presence() == Schema.Presence.ALWAYS
            && value.isTextual()
            && value.asText().isEmpty();
  }

  private static void container(ObjectNode container) {
    if (!container.has("imagePullPolicy")) {
      boolean latest = latest(container.path("image").asText());
      container.put("imagePullPolicy", latest ? "Always" : "IfNotPresent");
    }
  }

  /** Whether an image's tag is latest, said or not; what is no image's name has none. */
  private static boolean latest(String image) {
    if (!IMAGE.matcher(image).matches() || image.length() > 255) {
      return false;
    }
    int colon = image.indexOf(':', image.lastIndexOf('/') + 1);
    return !image.contains("@") && (colon < 0 || image.substring(colon + 1).equals("latest"));
  }

  private static void volume(ObjectNode volume) {
    if (volume.size() == 1 && volume.has("name")) {
      volume.putObject("emptyDir");
    }
  }

  private static void podSpec(ObjectNode spec) {
    JsonNode account = spec.get("serviceAccountName");
    if (account != null) {
      spec.set("serviceAccount", account);
    } else if (spec.has("serviceAccount")) {
      spec.set("serviceAccountName", spec.get("serviceAccount"));
    }
    if (spec.path("hostNetwork").asBoolean()) {
      for (JsonNode container : spec.path("containers")) {
        for (JsonNode port : container.path("ports")) {
          if (!port.has("hostPort")) {
            ((ObjectNode) port).set("hostPort", port.get("containerPort"));
          }
        }
      }
    }
  }

  private static void namespace(ObjectNode namespace) {
    ObjectNode metadata = namespace.withObject("/metadata");
    JsonNode name = metadata.get("name");
    if (name != null) {
      metadata.withObject("/labels").set("kubernetes.io/metadata.name", name);
    }
  }

  /** What counts the templates stands in an annotation; it is 0 unless it is given. */
  private static void daemonSet(ObjectNode set) {
    ObjectNode annotations = set.withObject("/metadata").withObject("/annotations");
    if (!annotations.has(TEMPLATE_GENERATION)) {
      annotations.put(TEMPLATE_GENERATION, "0");
    }
  }

  private static void replicationController(ObjectNode controller) {
    JsonNode labels = controller.at("/spec/template/metadata/labels");
    if (labels.isEmpty()) {
      return;
    }
    if (controller.path("spec").path("selector").isEmpty()) {
      controller.withObject("/spec").set("selector", labels.deepCopy());
    }
    if (controller.at("/metadata/labels").isEmpty()) {
      controller.withObject("/metadata").set("labels", labels.deepCopy());
    }
  }

  private static void secret(ObjectNode secret) {
    if (secret.get("stringData") instanceof ObjectNode texts) {
      ObjectNode data = secret.withObject("/data");
      for (var text : texts.properties()) {
        byte[] bytes = text.getValue().asText().getBytes(StandardCharsets.UTF_8);
        data.put(text.getKey(), Base64.getEncoder().encodeToString(bytes));
      }
    }
    secret.remove("stringData");
  }

  private static void pod(ObjectNode pod) {
    if (!(pod.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    if (!spec.has("enableServiceLinks")) {
      spec.put("enableServiceLinks", true);
    }
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : spec.path(list)) {
        JsonNode limits = container.path("resources").path("limits");
        if (!limits.isEmpty()) {
          ObjectNode requests = ((ObjectNode) container).withObject("/resources/requests");
          limits
              .properties()
              .forEach(limit -> requests.putIfAbsent(limit.getKey(), limit.getValue()));
        }
      }
    }
  }

  private static void service(ObjectNode spec) {
    String type = spec.path("type").asText();
    for (JsonNode port : spec.path("ports")) {
      if (port.path("targetPort").asText("0").equals("0")
          || port.path("targetPort").asText().isEmpty()) {
        ((ObjectNode) port).set("targetPort", port.get("port"));
      }
    }
    if (type.equals("ExternalName")) {
      return;
    }
    if (!spec.has("internalTrafficPolicy")) {
      spec.put("internalTrafficPolicy", "Cluster");
    }
    if (type.equals("NodePort") || type.equals("LoadBalancer")) {
      if (!spec.has("externalTrafficPolicy")) {
        spec.put("externalTrafficPolicy", "Cluster");
      }
      if (type.equals("LoadBalancer") && !spec.has("allocateLoadBalancerNodePorts")) {
        spec.put("allocateLoadBalancerNodePorts", true);
      }
    }
    if (spec.path("sessionAffinity").asText().equals("ClientIP")
        && spec.at("/sessionAffinityConfig/clientIP/timeoutSeconds").isMissingNode()) {
      spec.withObject("/sessionAffinityConfig/clientIP").put("timeoutSeconds", 10800);
    }
  }

  private static void limitRangeItem(ObjectNode item) {
    if (!item.path("type").asText().equals("Container")) {
      return;
    }
    fill(item, "default", "max");
    fill(item, "defaultRequest", "default");
    fill(item, "defaultRequest", "min");
  }

  private static void fill(ObjectNode item, String target, String source) {
    JsonNode values = item.path(source);
    if (!values.isEmpty()) {
      ObjectNode into = item.withObject("/" + target);
      values.properties().forEach(value -> into.putIfAbsent(value.getKey(), value.getValue()));
    }
  }

  private static void rolling(ObjectNode strategy, Consumer<ObjectNode> fields) {
    if (strategy.path("type").asText().equals("RollingUpdate")) {
      fields.accept(strategy.withObject("/rollingUpdate"));
    }
  }

  private static void absent(ObjectNode object, String field, int value) {
    if (!object.has(field)) {
      object.put(field, value);
    }
  }

  private static void rollingDeployment(ObjectNode rolling) {
    for (String field : new String[] {"maxSurge", "maxUnavailable"}) {
      if (!rolling.has(field)) {
        rolling.put(field, "25%");
      }
    }
  }

  private static void rollingDaemonSet(ObjectNode rolling) {
    absent(rolling, "maxUnavailable", 1);
    absent(rolling, "maxSurge", 0);
  }

  private static void claimTemplates(ObjectNode set) {
    for (JsonNode template : set.path("spec").path("volumeClaimTemplates")) {
      ((ObjectNode) template).put("kind", "PersistentVolumeClaim").put("apiVersion", "v1");
    }
  }

  private static void job(ObjectNode job) {
    ObjectNode spec = job.withObject("/spec");
    if (!spec.has("completions") && !spec.has("parallelism")) {
      spec.put("completions", 1).put("parallelism", 1);
    }
    if (!spec.has("parallelism")) {
      spec.put("parallelism", 1);
    }
    if (!spec.has("backoffLimit")) {
      spec.put("backoffLimit", 6);
    }
    if (!spec.has("completionMode")) {
      spec.put("completionMode", "NonIndexed");
    }
    if (!spec.has("suspend")) {
      spec.put("suspend", false);
    }
    if (!spec.has("manualSelector")) {
      spec.put("manualSelector", false);
    }
    if (!spec.has("podReplacementPolicy")) {
      spec.put(
          "podReplacementPolicy", spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
    }
    ObjectNode metadata = job.withObject("/metadata");
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    if (metadata.path("labels").isEmpty() && !labels.isEmpty()) {
      metadata.set("labels", labels.deepCopy());
    }
  }

  private static void networkPolicy(ObjectNode spec) {
    if (spec.path("policyTypes").isEmpty()) {
      ArrayNode types = spec.putArray("policyTypes").add("Ingress");
      if (!spec.path("egress").isEmpty()) {
        types.add("Egress");
      }
    }
  }

  private static void subject(ObjectNode subject) {
    if (subject.path("apiGroup").asText().isEmpty()) {
      switch (subject.path("kind").asText()) {
        case "User", "Group" -> subject.put("apiGroup", "rbac.authorization.k8s.io");
        default -> {}
      }
    }
  }

  private static void autoscaler(ObjectNode spec) {
    if (spec.path("metrics").isEmpty()) {
      ObjectNode resource =
          spec.putArray("metrics").addObject().put("type", "Resource").putObject("resource");
      resource
          .put("name", "cpu")
          .putObject("target")
          .put("type", "Utilization")
          .put("averageUtilization", 80);
    }
  }

  private static void names(ObjectNode names) {
    String kind = names.path("kind").asText();
    if (!kind.isEmpty()) {
      if (names.path("singular").asText().isEmpty()) {
        names.put("singular", kind.toLowerCase(java.util.Locale.ROOT));
      }
      if (names.path("listKind").asText().isEmpty()) {
        names.put("listKind", kind + "List");
      }
    }
  }
}
