package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The query parameters, and for DELETE the body, that say how a write is to be done. */
final class WriteOptions {

  private static final Set<String> PROPAGATIONS = Set.of("Foreground", "Background", "Orphan");

  private WriteOptions() {}

  static Write read(Request request, Target target, Caller caller, String options) {
    Violations violations = new Violations();
    boolean dryRun = dryRun(request.query().getOrDefault("dryRun", List.of()), violations);
    String validation = request.parameter("fieldValidation");
    if (!Set.of("", "Ignore", "Warn", "Strict").contains(validation)) {
      violations.notSupported(
          "fieldValidation", validation, List.of("", "Ignore", "Strict", "Warn"));
    }
    violations.check("meta.k8s.io", options, "");
    return new Write(
        target.type(),
        target.namespace(),
        target.subresource(),
        caller,
        manager(request),
        dryRun,
        switch (validation) {
          case "Ignore" -> Write.Validation.IGNORE;
          case "Strict" -> Write.Validation.STRICT;
          default -> Write.Validation.WARN;
        },
        request.warnings());
  }

  private static boolean dryRun(List<String> values, Violations violations) {
    for (String value : values) {
      if (!value.equals("All")) {
        violations.notSupported("dryRun", values, List.of("All"));
      }
    }
    return !values.isEmpty();
  }

  /** As given, else the program's name in its User-Agent. */
  private static String manager(Request request) {
    String given = request.parameter("fieldManager");
    if (!given.isEmpty()) {
      return given;
    }
    String agent = request.header("user-agent");
    if (agent == null || agent.isEmpty()) {
      return "unknown";
    }
    int slash = agent.indexOf('/');
    return slash < 0 ? agent : agent.substring(0, slash);
  }

  static Deletions.Deletion deletion(Request request) {
    ObjectNode options = Bodies.deleteOptions(request);
    Violations violations = new Violations();
    List<String> dryRuns = new ArrayList<>(request.query().getOrDefault("dryRun", List.of()));
    options.path("dryRun").forEach(value -> dryRuns.add(value.asText()));
    boolean dryRun = dryRun(dryRuns, violations);
    String propagation = options.path("propagationPolicy").asText();
    if (propagation.isEmpty()) {
      propagation = request.parameter("propagationPolicy");
    }
    JsonNode orphan = options.path("orphanDependents");
    if (orphan.isBoolean() && !propagation.isEmpty()) {
      violations.invalid(
          "propagationPolicy",
          propagation,
          "orphanDependents and deletionPropagation cannot be both set");
    } else if (!propagation.isEmpty() && !PROPAGATIONS.contains(propagation)) {
      violations.notSupported(
          "propagationPolicy", propagation, List.of("Foreground", "Background", "Orphan", "nil"));
    }
    violations.check("meta.k8s.io", "DeleteOptions", "");
    if (orphan.isBoolean()) {
      propagation = orphan.asBoolean() ? "Orphan" : "Background";
    }
    JsonNode grace = options.path("gracePeriodSeconds");
    return new Deletions.Deletion(
        options.path("preconditions").path("uid").asText(),
        options.path("preconditions").path("resourceVersion").asText(),
        propagation,
        grace.isNumber() ? grace.asLong() : grace(request),
        dryRun);
  }

  private static long grace(Request request) {
    String text = request.parameter("gracePeriodSeconds");
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.of(
          400,
          "BadRequest",
          "strconv.ParseInt: parsing " + Json.string(text) + ": invalid syntax",
          null);
    }
  }
}
