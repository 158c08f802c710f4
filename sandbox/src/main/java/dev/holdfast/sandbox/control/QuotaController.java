package dev.holdfast.sandbox.control;

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

/** Counts what is used of each ResourceQuota, when it changes and when something is deleted. */
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
      if (change.after() != null) {
        count(change.after());
      }
    } else if (change.after() == null) {
      store
          .view(Types.QUOTAS)
          .walk(
              object.namespace(),
              "",
              quota -> {
                count(quota);
                return true;
              });
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
