package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.rbac.Attributes;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.rbac.PolicyRule;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Roles and bindings: well formed, roleRef immutable, and nobody grants what they do not have. */
final class RbacRules implements Rules {

  private final Authorizer authorizer;
  private final boolean binding;

  RbacRules(Authorizer authorizer, boolean binding) {
    this.authorizer = authorizer;
    this.binding = binding;
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (binding) {
      binding(violations, object, old);
    } else {
      rules(write, violations, object);
    }
    if (violations.isEmpty() && !write.caller().master()) {
      escalation(write, object);
    }
  }

  private static void rules(Write write, Violations violations, ObjectNode role) {
    int i = 0;
    boolean namespaced = write.type().namespaced();
    for (JsonNode rule : role.path("rules")) {
      String at = "rules[" + i++ + "]";
      if (rule.path("verbs").isEmpty()) {
        violations.required(at + ".verbs", "verbs must contain at least one value");
      }
      if (!rule.path("nonResourceURLs").isEmpty()) {
        if (namespaced) {
          violations.invalid(
              at + ".nonResourceURLs",
              rule.path("nonResourceURLs"),
              "namespaced rules cannot apply to non-resource URLs");
        }
        continue;
      }
      if (rule.path("apiGroups").isEmpty()) {
        violations.required(at + ".apiGroups", "resource rules must supply at least one api group");
      }
      if (rule.path("resources").isEmpty()) {
        violations.required(at + ".resources", "resource rules must supply at least one resource");
      }
    }
  }

  private static void binding(Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    JsonNode ref = object.path("roleRef");
    if (ref.path("name").asText().isEmpty()) {
      violations.required("roleRef.name", "");
    }
    List<String> kinds =
        object.path("kind").asText().equals("ClusterRoleBinding")
            ? List.of("ClusterRole")
            : List.of("Role", "ClusterRole");
    if (!kinds.contains(ref.path("kind").asText())) {
      violations.notAmong("roleRef.kind", ref.path("kind").asText(), kinds);
    }
    int i = 0;
    for (JsonNode subject : object.path("subjects")) {
      String at = "subjects[" + i++ + "]";
      if (subject.path("name").asText().isEmpty()) {
        violations.required(at + ".name", "");
      }
      String kind = subject.path("kind").asText();
      if (!List.of("ServiceAccount", "User", "Group").contains(kind)) {
        violations.notAmong(at + ".kind", kind, List.of("ServiceAccount", "User", "Group"));
      }
      String group = subject.path("apiGroup").asText();
      String wanted = kind.equals("ServiceAccount") ? "" : "rbac.authorization.k8s.io";
      if (List.of("ServiceAccount", "User", "Group").contains(kind) && !group.equals(wanted)) {
        violations.notAmong(at + ".apiGroup", group, List.of(wanted));
      }
      if (kind.equals("ServiceAccount")
          && object.path("kind").asText().equals("ClusterRoleBinding")
          && subject.path("namespace").asText().isEmpty()) {
        violations.required(at + ".namespace", "");
      }
    }
    if (old != null && !old.path("roleRef").equals(ref)) {
      violations.invalid("roleRef", ref, "cannot change roleRef");
    }
  }

  private void escalation(Write write, ObjectNode object) {
    Caller caller = write.caller();
    String verb = binding ? "bind" : "escalate";
    JsonNode ref = object.path("roleRef");
    Attributes explicit =
        new Attributes(
            verb,
            "rbac.authorization.k8s.io",
            !binding
                ? write.type().resource()
                : ref.path("kind").asText().equals("ClusterRole") ? "clusterroles" : "roles",
            write.namespace(),
            binding ? ref.path("name").asText() : object.path("metadata").path("name").asText(),
            "");
    if (authorizer.allows(caller, explicit)) {
      return;
    }
    List<PolicyRule> granted =
        binding
            ? authorizer.rulesOf(write.namespace(), ref)
            : PolicyRule.parseAll(object.path("rules"));
    List<String> missing = authorizer.missing(caller, write.namespace(), granted);
    if (!missing.isEmpty()) {
      throw ApiError.notAllowed(
          write.type(),
          object.path("metadata").path("name").asText(),
          "user \""
              + caller.user()
              + "\" (groups="
              + caller.groups().stream()
                  .map(group -> "\"" + group + "\"")
                  .collect(Collectors.joining(" ", "[", "]"))
              + ") is attempting to grant RBAC permissions not currently held:\n"
              + String.join("\n", missing));
    }
  }
}
