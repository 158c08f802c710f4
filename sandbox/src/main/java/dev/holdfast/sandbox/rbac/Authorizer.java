package dev.holdfast.sandbox.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * RBAC: grants what the Roles in the store grant. {@code system:masters} may do everything. The
 * roles are read again when one of them, or a binding, changed.
 */
public final class Authorizer {

  private static final List<GroupResource> SOURCES =
      List.of(Types.ROLES, Types.ROLE_BINDINGS, Types.CLUSTER_ROLES, Types.CLUSTER_ROLE_BINDINGS);

  private final ObjectStore store;
  private volatile Policy policy = new Policy(List.of(), List.of(), List.of());

  /** What a binding binds. */
  private record Binding(String namespace, List<Subject> subjects, List<PolicyRule> rules) {}

  private record Subject(String kind, String namespace, String name) {
    boolean is(Caller caller, String bindingNamespace) {
      return switch (kind) {
        case "User" -> name.equals(caller.user());
        case "Group" -> caller.groups().contains(name);
        case "ServiceAccount" ->
            caller
                .user()
                .equals(
                    Caller.SERVICE_ACCOUNT
                        + (namespace.isEmpty() ? bindingNamespace : namespace)
                        + ":"
                        + name);
        default -> false;
      };
    }
  }

  /** All bindings as of the versions of the four types. */
  private record Policy(List<Long> versions, List<Binding> cluster, List<Binding> namespaced) {}

  public Authorizer(ObjectStore store) {
    this.store = store;
  }

  public boolean allows(Caller caller, Attributes wanted) {
    return caller.master()
        || rules(caller, wanted.namespace()).stream().anyMatch(rule -> rule.allows(wanted));
  }

  /** All rules that the caller has in a namespace, the cluster's included. */
  public List<PolicyRule> rules(Caller caller, String namespace) {
    if (caller.master()) {
      return List.of(
          new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
          new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));
    }
    Policy now = policy();
    List<PolicyRule> rules = new ArrayList<>();
    collect(now.cluster(), caller, rules);
    if (!namespace.isEmpty()) {
      collect(
          now.namespaced().stream()
              .filter(binding -> binding.namespace().equals(namespace))
              .toList(),
          caller,
          rules);
    }
    return rules;
  }

  private static void collect(List<Binding> bindings, Caller caller, List<PolicyRule> into) {
    for (Binding binding : bindings) {
      if (binding.subjects().stream().anyMatch(s -> s.is(caller, binding.namespace()))) {
        into.addAll(binding.rules());
      }
    }
  }

  /** What of the rules the caller does not have; in the words of the API's refusal. */
  public List<String> missing(Caller caller, String namespace, List<PolicyRule> granted) {
    List<PolicyRule> own = rules(caller, namespace);
    List<String> missing = new ArrayList<>();
    for (PolicyRule rule : granted) {
      List<PolicyRule> atoms =
          rule.atoms().stream()
              .filter(atom -> own.stream().noneMatch(mine -> mine.covers(atom)))
              .toList();
      if (!atoms.isEmpty()) {
        missing.add(compact(rule, atoms).toString());
      }
    }
    return missing;
  }

  /** The rule with only those verbs of which something is missing. */
  private static PolicyRule compact(PolicyRule rule, List<PolicyRule> atoms) {
    List<String> verbs =
        atoms.stream().map(atom -> atom.verbs().getFirst()).distinct().collect(Collectors.toList());
    return new PolicyRule(verbs, rule.groups(), rule.resources(), rule.names(), rule.paths());
  }

  /** The rules of the role that a binding names; empty if there is no such role. */
  public List<PolicyRule> rulesOf(String namespace, JsonNode roleRef) {
    boolean cluster = roleRef.path("kind").asText().equals("ClusterRole");
    Stored role =
        store.get(
            cluster ? Types.CLUSTER_ROLES : Types.ROLES,
            cluster ? "" : namespace,
            roleRef.path("name").asText());
    return role == null ? List.of() : PolicyRule.parseAll(Codec.read(role, "", "").path("rules"));
  }

  private Policy policy() {
    List<Long> versions = SOURCES.stream().map(type -> store.shelf(type).lastChange()).toList();
    Policy known = policy;
    if (!known.versions().equals(versions)) {
      known = read(versions);
      policy = known;
    }
    return known;
  }

  private Policy read(List<Long> versions) {
    Map<String, List<PolicyRule>> roles = new HashMap<>();
    for (GroupResource type : List.of(Types.ROLES, Types.CLUSTER_ROLES)) {
      walk(
          type,
          (stored, object) ->
              roles.put(
                  type.resource() + "/" + stored.key(), PolicyRule.parseAll(object.path("rules"))));
    }
    List<Binding> cluster = new ArrayList<>();
    List<Binding> namespaced = new ArrayList<>();
    walk(
        Types.CLUSTER_ROLE_BINDINGS,
        (stored, object) -> cluster.add(binding(stored, object, roles)));
    walk(Types.ROLE_BINDINGS, (stored, object) -> namespaced.add(binding(stored, object, roles)));
    return new Policy(versions, cluster, namespaced);
  }

  private void walk(GroupResource type, java.util.function.BiConsumer<Stored, ObjectNode> visitor) {
    store
        .view(type)
        .walk(
            "",
            "",
            stored -> {
              visitor.accept(stored, Codec.read(stored, "", ""));
              return true;
            });
  }

  private static Binding binding(
      Stored stored, ObjectNode object, Map<String, List<PolicyRule>> roles) {
    JsonNode ref = object.path("roleRef");
    String name = ref.path("name").asText();
    String key =
        ref.path("kind").asText().equals("ClusterRole")
            ? "clusterroles/" + name
            : "roles/" + stored.namespace() + "/" + name;
    List<Subject> subjects = new ArrayList<>();
    object
        .path("subjects")
        .forEach(subject ->
            subjects.add(
                new Subject(
                    subject.path("kind").asText(),
                    subject.path("namespace").asText(),
                    subject.path("name").asText())));
    return new Binding(stored.namespace(), subjects, roles.getOrDefault(key, List.of()));
  }
}
