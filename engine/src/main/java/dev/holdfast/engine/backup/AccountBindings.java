package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which ClusterRoleBindings name a service account, and the ClusterRoles they grant. Read when the
 * first account asks: from the spool if all bindings are there, else with one list.
 */
final class AccountBindings {

  private static final GroupResource BINDINGS =
      GroupResource.parse("clusterrolebindings.rbac.authorization.k8s.io");
  private static final GroupResource ROLES =
      GroupResource.parse("clusterroles.rbac.authorization.k8s.io");

  private final Cluster cluster;
  private final Selection selection;
  private final Spool spool;
  private final Findings findings;

  /** {@code namespace/name} of an account → bindings and roles. */
  private @Nullable Map<String, List<ItemKey>> byAccount;

  AccountBindings(Cluster cluster, Selection selection, Spool spool, Findings findings) {
    this.cluster = cluster;
    this.selection = selection;
    this.spool = spool;
    this.findings = findings;
  }

  List<ItemKey> of(Operation op, ItemKey account) {
    Map<String, List<ItemKey>> known = byAccount;
    if (known == null) {
      known = read(op);
      byAccount = known;
    }
    return known.getOrDefault(account.namespace() + "/" + account.name(), List.of());
  }

  private Map<String, List<ItemKey>> read(Operation op) {
    Map<String, List<ItemKey>> found = new HashMap<>();
    Optional<ResourceType> type = selection.discovery().find(BINDINGS);
    if (type.isEmpty() || !selection.typeFilter().admits(type.get())) {
      return found;
    }
    if (selection.typeFilter().collects(type.get()) && selection.labels().everything()) {
      for (int number = 0; number < spool.size(); number++) {
        if (spool.key(number).type().equals(BINDINGS)) {
          note(Json.object(spool.json(number), "a ClusterRoleBinding"), found);
        }
      }
      return found;
    }
    try {
      cluster.list(
          op,
          type.get(),
          "",
          Cluster.ListOptions.ALL,
          item -> note(Json.object(item.json(), "a ClusterRoleBinding"), found));
    } catch (Failure.Denied e) {
      findings.warning(
          Findings.About.type(BINDINGS, ""),
          "may not be listed, those that name the service accounts are not in the backup",
          e);
    }
    return found;
  }

  private static void note(ObjectNode binding, Map<String, List<ItemKey>> found) {
    var key = new ItemKey(BINDINGS, "", binding.path("metadata").path("name").asText());
    var role = new ItemKey(ROLES, "", binding.path("roleRef").path("name").asText());
    for (JsonNode subject : binding.path("subjects")) {
      if (subject.path("kind").asText().equals("ServiceAccount")) {
        String account = subject.path("namespace").asText() + "/" + subject.path("name").asText();
        found.computeIfAbsent(account, _ -> new ArrayList<>()).addAll(List.of(key, role));
      }
    }
  }
}
