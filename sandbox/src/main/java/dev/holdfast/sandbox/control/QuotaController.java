package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.admission.Quantities;
import dev.holdfast.sandbox.admission.Usage;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is used of a ResourceQuota when its limits change, and gives back what is deleted.
 */
public final class QuotaController implements Controller {

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;

  public QuotaController(ObjectStore store, TypeTable types, Writer writer) {
    this.store = store;
    this.types = types;
    this.writer = writer;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (store.shelf(Types.QUOTAS).isEmpty() || object.namespace().isEmpty()) {
      return;
    }
    if (object.type().equals(Types.QUOTAS)) {
      if (change.after() != null && !hard(change.before()).equals(hard(change.after()))) {
        count(change.after());
      }
    } else if (change.after() == null) {
      store
          .view(Types.QUOTAS)
          .walk(
              object.namespace(),
              "",
              quota -> {
                discharge(quota, object);
                return true;
              });
    }
  }

  private static JsonNode hard(@Nullable Stored quota) {
    return quota == null
        ? MissingNode.getInstance()
        : Codec.read(quota, "v1", "ResourceQuota").path("spec").path("hard");
  }

  /** Gives back what a deleted object used; a recount would miss what is just being created. */
  private void discharge(Stored quota, Stored gone) {
    ServedType type = types.find(gone.type());
    if (type == null) {
      return;
    }
    Map<String, String> usage = Usage.of(type, Codec.read(gone, type.apiVersion(), type.kind()));
    Stored present = store.get(Types.QUOTAS, quota.namespace(), quota.name());
    while (present != null) {
      ObjectNode object = Codec.read(present, "v1", "ResourceQuota");
      if (!(object.path("status").path("used") instanceof ObjectNode used)) {
        return;
      }
      usage.forEach((resource, amount) -> {
        if (used.has(resource)) {
          used.put(resource, Quantities.plus(used.path(resource).asText(), amount, -1));
        }
      });
      if (store.commit(present, Codec.store(Types.QUOTAS, object)) != null) {
        return;
      }
      present = store.get(Types.QUOTAS, quota.namespace(), quota.name());
    }
  }

  private void count(Stored quota) {
    ServedType type = types.find(Types.QUOTAS);
    if (type == null) {
      return;
    }
    ObjectNode object = Codec.read(quota, "v1", "ResourceQuota");
    Map<String, String> used = new HashMap<>();
    object
        .path("spec")
        .path("hard")
        .fieldNames()
        .forEachRemaining(resource -> used.put(resource, "0"));
    if (used.isEmpty()) {
      return;
    }
    types
        .types()
        .forEach(each -> {
          if (each.namespaced()) {
            addAll(each, quota.namespace(), used);
          }
        });
    try {
      writer.update(
          Write.internal(type, quota.namespace(), "status"),
          quota.name(),
          present -> {
            ObjectNode status = present.withObject("/status");
            status.set("hard", present.path("spec").path("hard").deepCopy());
            ObjectNode now = status.putObject("used");
            used.forEach(now::put);
            return present;
          });
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }

  private void addAll(ServedType type, String namespace, Map<String, String> used) {
    boolean counted =
        used.keySet().stream()
            .anyMatch(resource ->
                resource.equals("count/" + type.qualified()) || Usage.concerns(type, resource));
    if (!counted) {
      return;
    }
    store
        .view(type.type())
        .walk(
            namespace,
            "",
            stored -> {
              Usage.of(type, Codec.read(stored, type.apiVersion(), type.kind()))
                  .forEach((resource, amount) ->
                      used.computeIfPresent(resource, (r, sum) -> Quantities.plus(sum, amount, 1)));
              return true;
            });
  }
}
