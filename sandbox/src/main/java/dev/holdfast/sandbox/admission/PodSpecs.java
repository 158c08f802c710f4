package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What makes a pod's spec valid, in a Pod or in a template. */
final class PodSpecs {

  private static final List<String> RESTART = List.of("Always", "OnFailure", "Never");
  private static final List<String> DNS =
      List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
  private static final List<String> EFFECTS =
      List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

  private PodSpecs() {}

  /** A template of which any restart policy is right. */
  static void template(Violations violations, JsonNode template, String at) {
    template(violations, template, at, List.of());
  }

  /**
   * @param claims volumes that a StatefulSet's claim templates give its pods
   */
  static void template(Violations violations, JsonNode template, String at, List<String> claims) {
    MetadataRules.labels(violations, template.path("metadata").path("labels"), at + ".labels");
    MetadataRules.annotations(
        violations, template.path("metadata").path("annotations"), at + ".annotations");
    validate(violations, template.path("spec"), at + ".spec", claims);
  }

  /** The template of what keeps its pods running. */
  static void running(
      Violations violations, JsonNode template, String at, List<String> claims, String kind) {
    template(violations, template, at, claims);
    JsonNode spec = template.path("spec");
    String restart = spec.path("restartPolicy").asText("Always");
    if (!restart.equals("Always")) {
      violations.notAmong(at + ".spec.restartPolicy", restart, List.of("Always"));
    }
    if (spec.has("activeDeadlineSeconds")) {
      violations.forbidden(
          at + ".spec.activeDeadlineSeconds",
          "activeDeadlineSeconds in " + kind + " is not Supported");
    }
  }

  static void validate(Violations violations, JsonNode spec, String at) {
    validate(violations, spec, at, List.of());
  }

  private static void validate(
      Violations violations, JsonNode spec, String at, List<String> claims) {
    Set<String> volumes = PodVolumeRules.validate(violations, spec, at + ".volumes", claims);
    if (spec.path("containers").isEmpty()) {
      violations.required(at + ".containers", "");
    }
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode container : spec.path("containers")) {
      ContainerRules rules =
          new ContainerRules(violations, container, at + ".containers[" + i++ + "]");
      rules.validate(volumes, names, true);
    }
    hostPorts(violations, spec.path("containers"), at + ".containers");
    i = 0;
    for (JsonNode container : spec.path("initContainers")) {
      ContainerRules rules =
          new ContainerRules(violations, container, at + ".initContainers[" + i++ + "]");
      rules.validate(volumes, names, container.path("restartPolicy").asText().equals("Always"));
    }
    MetadataRules.labels(violations, spec.path("nodeSelector"), at + ".nodeSelector");
    FieldChecks.among(violations, spec.path("restartPolicy"), at + ".restartPolicy", RESTART);
    FieldChecks.among(violations, spec.path("dnsPolicy"), at + ".dnsPolicy", DNS);
    tolerations(violations, spec.path("tolerations"), at + ".tolerations");
    names(violations, spec, at);
    JsonNode deadline = spec.path("activeDeadlineSeconds");
    if (deadline.isNumber() && (deadline.asLong() < 1 || deadline.asLong() > Integer.MAX_VALUE)) {
      violations.invalid(
          at + ".activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive");
    }
  }

  private static void names(Violations violations, JsonNode spec, String at) {
    for (String field : List.of("serviceAccountName", "nodeName", "priorityClassName")) {
      String value = spec.path(field).asText();
      if (!value.isEmpty()) {
        FieldChecks.subdomain(violations, value, at + "." + field);
      }
    }
    for (String field : List.of("hostname", "subdomain")) {
      String value = spec.path(field).asText();
      if (!value.isEmpty()) {
        FieldChecks.label(violations, value, at + "." + field);
      }
    }
    int i = 0;
    for (JsonNode secret : spec.path("imagePullSecrets")) {
      if (secret.path("name").asText().isEmpty()) {
        violations.required(at + ".imagePullSecrets[" + i + "].name", "");
      }
      i++;
    }
  }

  private static void hostPorts(Violations violations, JsonNode containers, String at) {
    Set<String> taken = new HashSet<>();
    int c = 0;
    for (JsonNode container : containers) {
      int p = 0;
      for (JsonNode port : container.path("ports")) {
        int number = port.path("hostPort").asInt();
        String key =
            port.path("protocol").asText() + "/" + port.path("hostIP").asText() + "/" + number;
        if (number != 0 && !taken.add(key)) {
          violations.duplicate(at + "[" + c + "].ports[" + p + "].hostPort", key);
        }
        p++;
      }
      c++;
    }
  }

  private static void tolerations(Violations violations, JsonNode tolerations, String at) {
    int i = 0;
    for (JsonNode toleration : tolerations) {
      String field = at + "[" + i++ + "]";
      String key = toleration.path("key").asText();
      String operator = toleration.path("operator").asText();
      String effect = toleration.path("effect").asText();
      if (!key.isEmpty()) {
        MetadataRules.key(violations, key, field + ".key");
      } else if (!operator.equals("Exists")) {
        violations.invalid(
            field + ".operator",
            operator,
            "operator must be Exists when `key` is empty, which means \"match all values and all"
                + " keys\"");
      }
      if (toleration.has("tolerationSeconds") && !effect.equals("NoExecute")) {
        violations.invalid(
            field + ".effect",
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set");
      }
      operator(violations, operator, toleration.path("value").asText(), field + ".operator");
      if (!effect.isEmpty() && !EFFECTS.contains(effect)) {
        violations.notAmong(field + ".effect", effect, EFFECTS);
      }
    }
  }

  private static void operator(Violations violations, String operator, String value, String at) {
    switch (operator) {
      case "", "Equal" -> {
        Violations found = new Violations();
        MetadataRules.labelValue(found, value, at);
        if (!found.isEmpty()) {
          List<String> details = new ArrayList<>();
          if (value.length() > 63) {
            details.add("must be no more than 63 bytes");
          }
          if (found.size() > details.size()) {
            details.add(MetadataRules.LABEL_VALUE_TEXT);
          }
          violations.invalid(at, value, String.join(";", details));
        }
      }
      case "Exists" -> {
        if (!value.isEmpty()) {
          violations.invalid(at, value, "value must be empty when `operator` is 'Exists'");
        }
      }
      case "Lt", "Gt" -> violations.notAmong(at, operator, List.of("Equal", "Exists", "Lt", "Gt"));
      default -> violations.notAmong(at, operator, List.of("Equal", "Exists"));
    }
  }
}
