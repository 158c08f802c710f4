package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * ResourceQuotas: a new object that would exceed one is refused; else the quota's status is charged
 * at once. Scopes are not evaluated.
 */
final class QuotaRules implements Rules {

  private final ObjectStore store;

  QuotaRules(ObjectStore store) {
    this.store = store;
  }

  /** Charges a new object that is otherwise right: this must be the last of all rules. */
  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (old != null
        || !violations.isEmpty()
        || !write.type().namespaced()
        || store.shelf(Types.QUOTAS).isEmpty()) {
      return;
    }
    List<Stored> quotas = new ArrayList<>();
    store
        .view(Types.QUOTAS)
        .walk(
            write.namespace(),
            "",
            stored -> {
              quotas.add(stored);
              return true;
            });
    for (Stored quota : quotas) {
      charge(write, quota, Usage.of(write.type(), object), name(object));
    }
  }

  private static String name(ObjectNode object) {
    return object.path("metadata").path("name").asText();
  }

  private void charge(Write write, Stored first, Map<String, String> usage, String name) {
    Stored quota = first;
    while (quota != null) {
      ObjectNode object = Codec.read(quota, "v1", "ResourceQuota");
      JsonNode status = object.path("status");
      JsonNode hard = status.path("hard");
      Map<String, String> requested = new TreeMap<>(usage);
      requested.keySet().removeIf(resource -> !hard.has(resource));
      if (requested.isEmpty()) {
        return;
      }
      check(write.type(), quota.name(), name, requested, status);
      if (write.dryRun()) {
        return;
      }
      ObjectNode used = object.withObject("/status/used");
      requested.forEach((resource, amount) ->
          used.put(resource, Quantities.plus(used.path(resource).asText("0"), amount, 1)));
      if (store.commit(quota, Codec.store(Types.QUOTAS, object)) != null) {
        return;
      }
      quota = store.get(Types.QUOTAS, quota.namespace(), quota.name());
    }
  }

  private static void check(
      ServedType type, String quota, String name, Map<String, String> requested, JsonNode status) {
    List<String> wanted = new ArrayList<>();
    List<String> used = new ArrayList<>();
    List<String> limited = new ArrayList<>();
    requested.forEach((resource, amount) -> {
      String now = status.path("used").path(resource).asText("0");
      String most = status.path("hard").path(resource).asText();
      BigDecimal sum = value(now).add(value(amount));
      if (sum.compareTo(value(most)) > 0) {
        wanted.add(resource + "=" + amount);
        used.add(resource + "=" + now);
        limited.add(resource + "=" + most);
      }
    });
    if (!wanted.isEmpty()) {
      throw ApiError.notAllowed(
          type,
          name,
          "exceeded quota: "
              + quota
              + ", requested: "
              + String.join(",", wanted)
              + ", used: "
              + String.join(",", used)
              + ", limited: "
              + String.join(",", limited));
    }
  }

  private static BigDecimal value(String quantity) {
    return Quantities.value(quantity).orElse(BigDecimal.ZERO);
  }
}
