package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Gives each namespace its ServiceAccount {@code default} and ConfigMap {@code kube-root-ca.crt},
 * and empties those that end.
 */
public final class NamespaceController implements Controller {

  /** With more objects left, a namespace does not say which: it is asked after each that goes. */
  private static final int REPORTED = 200;

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;
  private final Deletions deletions;
  private final String authorityPem;

  /** Namespaces that end but are not yet gone. */
  private final Set<String> ending = ConcurrentHashMap.newKeySet();

  public NamespaceController(
      ObjectStore store, TypeTable types, Writer writer, Deletions deletions, String authorityPem) {
    this.store = store;
    this.types = types;
    this.writer = writer;
    this.deletions = deletions;
    this.authorityPem = authorityPem;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.NAMESPACES)) {
      if (change.after() == null) {
        ending.remove(object.name());
      } else if (change.after().terminating()) {
        empty(object.name());
      } else if (change.before() == null) {
        furnish(object.name());
      }
    } else if (change.after() == null) {
      if (ending.contains(object.namespace())) {
        empty(object.namespace());
      } else if (isFurniture(object)) {
        furnish(object.namespace());
      }
    }
  }

  private static boolean isFurniture(Stored object) {
    return object.type().equals(Types.SERVICE_ACCOUNTS) && object.name().equals("default")
        || object.type().equals(Types.CONFIG_MAPS) && object.name().equals("kube-root-ca.crt");
  }

  private void furnish(String namespace) {
    Stored found = store.get(Types.NAMESPACES, "", namespace);
    if (found == null || found.terminating()) {
      return;
    }
    ObjectNode account = named("default");
    ObjectNode certificate = named("kube-root-ca.crt");
    certificate
        .withObject("/metadata")
        .putObject("annotations")
        .put(
            "kubernetes.io/description",
            "Contains a CA bundle that can be used to verify the kube-apiserver when using internal"
                + " endpoints such as the internal service IP or kubernetes.default.svc. No other"
                + " usage is guaranteed across distributions of Kubernetes clusters.");
    certificate.putObject("data").put("ca.crt", authorityPem);
    ensure(types.find(Types.SERVICE_ACCOUNTS), namespace, account);
    ensure(types.find(Types.CONFIG_MAPS), namespace, certificate);
  }

  private static ObjectNode named(String name) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void ensure(@Nullable ServedType type, String namespace, ObjectNode object) {
    if (type == null) {
      return;
    }
    try {
      writer.create(Write.internal(type, namespace), object);
    } catch (ApiError e) {
      if (e.code() != 409 && e.code() != 403 && e.code() != 404) {
        throw e;
      }
    }
  }

  /** Deletes what is in it; once nothing is left, the namespace goes. */
  private void empty(String namespace) {
    ending.add(namespace);
    NamespaceConditions conditions = new NamespaceConditions();
    int left = 0;
    for (ServedType type : types.types()) {
      if (!type.namespaced() || !type.can("delete")) {
        continue;
      }
      List<Stored> present = new ArrayList<>();
      store
          .view(type.type())
          .walk(
              namespace,
              "",
              stored -> {
                present.add(stored);
                return true;
              });
      for (Stored each : present) {
        if (!gone(type, each) && ++left <= REPORTED) {
          conditions.add(type, each);
        }
      }
    }
    if (left == 0) {
      finish(namespace);
    } else if (left <= REPORTED) {
      report(namespace, conditions);
    }
  }

  private void report(String namespace, NamespaceConditions conditions) {
    ServedType type = types.find(Types.NAMESPACES);
    if (type == null) {
      return;
    }
    try {
      writer.update(
          Write.internal(type, "", "status"),
          namespace,
          present -> {
            conditions.into(present);
            return present;
          });
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }

  private boolean gone(ServedType type, Stored object) {
    if (object.terminating()) {
      return false;
    }
    try {
      return deletions
          .delete(type, object.namespace(), object.name(), Deletions.Deletion.NOW)
          .removed();
    } catch (ApiError e) {
      return e.code() == 404;
    }
  }

  private void finish(String namespace) {
    ServedType type = types.find(Types.NAMESPACES);
    if (type == null) {
      return;
    }
    try {
      writer.update(
          Write.internal(type, "", "finalize"),
          namespace,
          present -> {
            ArrayNode finalizers = present.withObject("/spec").withArray("finalizers");
            for (int i = finalizers.size() - 1; i >= 0; i--) {
              if (finalizers.get(i).asText().equals("kubernetes")) {
                finalizers.remove(i);
              }
            }
            return present;
          });
    } catch (ApiError e) {
      if (e.code() != 404) {
        throw e;
      }
    }
  }
}
