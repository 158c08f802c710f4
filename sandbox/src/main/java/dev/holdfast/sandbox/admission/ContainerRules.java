package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.Violations;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What makes one container of a pod's spec valid. */
final class ContainerRules {

  private static final List<String> PULL = List.of("Always", "IfNotPresent", "Never");
  private static final List<String> MESSAGES = List.of("File", "FallbackToLogsOnError");
  private static final String NOT_FOR_INIT =
      "may not be set for init containers without restartPolicy=Always";

  private final Violations violations;
  private final JsonNode container;
  private final String at;

  ContainerRules(Violations violations, JsonNode container, String at) {
    this.violations = violations;
    this.container = container;
    this.at = at;
  }

  /**
   * @param volumes the pod's
   * @param names of the containers before it; this one's is added
   * @param stays whether it runs as long as the pod, and may have probes
   */
  void validate(Set<String> volumes, Set<String> names, boolean stays) {
    String name = container.path("name").asText();
    if (name.isEmpty()) {
      violations.required(at + ".name", "");
    } else {
      FieldChecks.label(violations, name, at + ".name");
    }
    if (!names.add(name)) {
      violations.duplicate(at + ".name", name);
    }
    if (container.path("image").asText().isEmpty()) {
      violations.required(at + ".image", "");
    }
    FieldChecks.among(
        violations,
        container.path("terminationMessagePolicy"),
        at + ".terminationMessagePolicy",
        MESSAGES);
    FieldChecks.among(violations, container.path("imagePullPolicy"), at + ".imagePullPolicy", PULL);
    ports();
    int i = 0;
    for (JsonNode variable : container.path("env")) {
      variable(variable, at + ".env[" + i++ + "]");
    }
    sources();
    devices(volumes, mounts(volumes));
    resources();
    if (stays) {
      probe("livenessProbe");
      probe("readinessProbe");
      probe("startupProbe");
      hook("postStart");
      hook("preStop");
    } else {
      for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")) {
        if (container.has(field)) {
          violations.forbidden(at + "." + field, NOT_FOR_INIT);
        }
      }
    }
  }

  private void ports() {
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode port : container.path("ports")) {
      String field = at + ".ports[" + i++ + "]";
      String name = port.path("name").asText();
      if (!name.isEmpty()
          && FieldChecks.portName(violations, name, field + ".name")
          && !names.add(name)) {
        violations.duplicate(field + ".name", name);
      }
      int number = port.path("containerPort").asInt();
      if (number == 0) {
        violations.required(field + ".containerPort", "");
      } else {
        FieldChecks.port(violations, number, field + ".containerPort");
      }
      if (port.path("hostPort").asInt() != 0) {
        FieldChecks.port(violations, port.path("hostPort").asInt(), field + ".hostPort");
      }
      FieldChecks.protocol(violations, port.path("protocol"), field + ".protocol");
    }
  }

  private void variable(JsonNode variable, String field) {
    String name = variable.path("name").asText();
    if (name.isEmpty()) {
      violations.required(field + ".name", "");
    } else {
      FieldChecks.variable(violations, name, field + ".name");
    }
    JsonNode from = variable.get("valueFrom");
    if (from == null) {
      return;
    }
    String source = field + ".valueFrom";
    for (String ref : List.of("configMapKeyRef", "secretKeyRef")) {
      if (from.has(ref)) {
        keyReference(from.path(ref), source + "." + ref);
      }
    }
    if (from.has("fieldRef") && from.path("fieldRef").path("fieldPath").asText().isEmpty()) {
      violations.required(source + ".fieldRef.fieldPath", "");
    }
    if (from.isEmpty()) {
      violations.invalid(
          source,
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`"
              + " or `fileKeyRef`");
    } else if (!variable.path("value").asText().isEmpty()) {
      violations.invalid(source, "", "may not be specified when `value` is not empty");
    } else if (from.size() > 1) {
      violations.invalid(source, "", "may not have more than one field specified at a time");
    }
  }

  private void keyReference(JsonNode reference, String field) {
    FieldChecks.subdomain(violations, reference.path("name").asText(), field + ".name");
    String key = reference.path("key").asText();
    if (key.isEmpty()) {
      violations.required(field + ".key", "");
    } else {
      FieldChecks.configKey(violations, key, field + ".key");
    }
  }

  private void sources() {
    int i = 0;
    for (JsonNode source : container.path("envFrom")) {
      String field = at + ".envFrom[" + i++ + "]";
      String prefix = source.path("prefix").asText();
      if (!prefix.isEmpty()) {
        FieldChecks.variable(violations, prefix, field + ".prefix");
      }
      int count = 0;
      for (String ref : List.of("configMapRef", "secretRef")) {
        if (!source.has(ref)) {
          continue;
        }
        count++;
        String name = source.path(ref).path("name").asText();
        if (name.isEmpty()) {
          violations.required(field + "." + ref + ".name", "");
        } else {
          FieldChecks.subdomain(violations, name, field + "." + ref + ".name");
        }
      }
      if (count != 1) {
        violations.invalid(
            at + ".envFrom",
            "",
            count == 0
                ? "must specify one of: `configMapRef` or `secretRef`"
                : "may not have more than one field specified at a time");
      }
    }
  }

  /** Where volumes are mounted, and devices must not be. */
  private Set<String> mounts(Set<String> volumes) {
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode mount : container.path("volumeMounts")) {
      String field = at + ".volumeMounts[" + i++ + "]";
      String name = mount.path("name").asText();
      if (name.isEmpty()) {
        violations.required(field + ".name", "");
      }
      if (!volumes.contains(name)) {
        violations.notFound(field + ".name", name);
      }
      String path = mount.path("mountPath").asText();
      if (path.isEmpty()) {
        violations.required(field + ".mountPath", "");
      }
      if (!paths.add(path)) {
        violations.invalid(field + ".mountPath", path, "must be unique");
      }
      String below = mount.path("subPath").asText();
      if (below.startsWith("/")) {
        violations.invalid(at + ".volumeMounts.subPath", below, "must be a relative path");
      }
      if (List.of(below.split("/", -1)).contains("..")) {
        violations.invalid(at + ".volumeMounts.subPath", below, "must not contain '..'");
      }
    }
    return paths;
  }

  private void devices(Set<String> volumes, Set<String> mounted) {
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode device : container.path("volumeDevices")) {
      String field = at + ".volumeDevices[" + i++ + "]";
      String name = device.path("name").asText();
      if (name.isEmpty()) {
        violations.required(field + ".name", "");
      } else if (!volumes.contains(name)) {
        violations.notFound(field + ".name", name);
      }
      String path = device.path("devicePath").asText();
      if (path.isEmpty()) {
        violations.required(field + ".devicePath", "");
      } else if (!paths.add(path)) {
        violations.invalid(field + ".devicePath", path, "must be unique");
      } else if (mounted.contains(path)) {
        violations.invalid(field + ".devicePath", path, "must not already exist in volumeMounts");
      }
    }
  }

  private void resources() {
    JsonNode resources = container.path("resources");
    quantities(resources.path("limits"), at + ".resources.limits");
    quantities(resources.path("requests"), at + ".resources.requests");
    for (var request : resources.path("requests").properties()) {
      JsonNode limit = resources.path("limits").get(request.getKey());
      if (limit != null && amount(request.getValue()).compareTo(amount(limit)) > 0) {
        violations.invalid(
            at + ".resources.requests",
            request.getValue().asText(),
            "must be less than or equal to " + request.getKey() + " limit of " + limit.asText());
      }
    }
  }

  private static BigDecimal amount(JsonNode quantity) {
    return Quantities.value(quantity.asText()).orElse(BigDecimal.ZERO);
  }

  private void quantities(JsonNode list, String field) {
    for (var entry : list.properties()) {
      String name = entry.getKey();
      String one = field + "[" + name + "]";
      int before = violations.size();
      MetadataRules.key(violations, name, one);
      boolean named = violations.size() == before;
      boolean known =
          List.of("cpu", "memory", "ephemeral-storage").contains(name)
              || name.startsWith("hugepages-");
      if (!name.contains("/") && !known) {
        if (named && !List.of("storage", "pods").contains(name)) {
          violations.invalid(one, name, "must be a standard resource type or fully qualified");
        }
        violations.invalid(one, name, "must be a standard resource for containers");
      }
      BigDecimal value = amount(entry.getValue());
      if (value.signum() < 0) {
        violations.invalid(one, entry.getValue(), "must be greater than or equal to 0");
      }
      if (name.contains("/") && value.stripTrailingZeros().scale() > 0) {
        violations.invalid(one, entry.getValue(), "must be an integer");
      }
    }
  }

  private void probe(String name) {
    JsonNode probe = container.get(name);
    if (probe == null) {
      return;
    }
    String field = at + "." + name;
    handler(probe, field);
    FieldChecks.nonnegative(
        violations,
        probe,
        field,
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold");
    if (!name.equals("readinessProbe") && probe.path("successThreshold").asInt() != 1) {
      violations.invalid(
          field + ".successThreshold", probe.path("successThreshold").asInt(), "must be 1");
    }
    JsonNode grace = probe.path("terminationGracePeriodSeconds");
    if (grace.isNumber() && grace.asLong() <= 0) {
      violations.invalid(field + ".terminationGracePeriodSeconds", grace, "must be greater than 0");
    }
    if (grace.isNumber() && name.equals("readinessProbe")) {
      violations.invalid(
          field + ".terminationGracePeriodSeconds", grace, "must not be set for readinessProbes");
    }
  }

  private void hook(String name) {
    JsonNode hook = container.path("lifecycle").get(name);
    if (hook != null) {
      handler(hook, at + ".lifecycle." + name);
    }
  }

  private void handler(JsonNode handler, String field) {
    int count = 0;
    for (String kind : List.of("exec", "httpGet", "tcpSocket", "grpc", "sleep")) {
      JsonNode action = handler.get(kind);
      if (action == null) {
        continue;
      }
      String one = field + "." + kind;
      if (count++ > 0) {
        violations.forbidden(one, "may not specify more than 1 handler type");
        continue;
      }
      switch (kind) {
        case "exec" -> {
          if (action.path("command").isEmpty()) {
            violations.required(one + ".command", "");
          }
        }
        case "httpGet" -> httpGet(action, one);
        case "tcpSocket" -> FieldChecks.portOrName(violations, action.path("port"), one + ".port");
        case "grpc" -> FieldChecks.port(violations, action.path("port").asInt(), one + ".port");
        default -> {}
      }
    }
    if (count == 0) {
      violations.required(field, "must specify a handler type");
    }
  }

  private void httpGet(JsonNode action, String field) {
    if (action.path("path").asText().isEmpty()) {
      violations.required(field + ".path", "");
    }
    FieldChecks.portOrName(violations, action.path("port"), field + ".port");
    String scheme = action.path("scheme").asText();
    if (!List.of("HTTP", "HTTPS").contains(scheme)) {
      violations.notAmong(field + ".scheme", scheme, List.of("HTTP", "HTTPS"));
    }
    for (JsonNode header : action.path("httpHeaders")) {
      FieldChecks.header(violations, header.path("name").asText(), field + ".httpHeaders");
    }
  }
}
