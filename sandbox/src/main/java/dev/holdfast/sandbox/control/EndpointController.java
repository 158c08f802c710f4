package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one Endpoints and one EndpointSlice for each Service with a selector: the pods of its
 * namespace that match and have an address, those that are not ready apart. Unlike a real one it
 * begins only with the first such pod.
 */
public final class EndpointController implements Controller {

  private static final GroupResource SLICES =
      new GroupResource("discovery.k8s.io", "endpointslices");
  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  private static final String SLICE_MANAGER = "endpointslice-controller.k8s.io";

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;
  private final Deletions deletions;

  public EndpointController(
      ObjectStore store, TypeTable types, Writer writer, Deletions deletions) {
    this.store = store;
    this.types = types;
    this.writer = writer;
    this.deletions = deletions;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.SERVICES)) {
      if (change.after() == null) {
        ServedType endpoints = types.find(Types.ENDPOINTS);
        if (endpoints != null) {
          attempt(() ->
              deletions.delete(
                  endpoints, object.namespace(), object.name(), Deletions.Deletion.NOW));
        }
      } else {
        sync(change.after());
      }
    } else if (object.type().equals(SLICES)
        && change.before() == null
        && SLICE_MANAGER.equals(object.labels().get(MANAGED_BY))) {
      in(Types.SERVICES, object.namespace())
          .filter(service -> leadsTo(object, service.name()))
          .toList()
          .forEach(this::sync);
    } else if (object.type().equals(Types.PODS)) {
      in(Types.SERVICES, object.namespace())
          .filter(service -> selects(service, change.before()) || selects(service, change.after()))
          .toList()
          .forEach(this::sync);
    }
  }

  private static boolean leadsTo(Stored slice, String service) {
    return service.equals(slice.labels().get(SERVICE_NAME))
        && SLICE_MANAGER.equals(slice.labels().get(MANAGED_BY));
  }

  private Stream<Stored> in(GroupResource type, String namespace) {
    List<Stored> all = new ArrayList<>();
    store.view(type).walk(namespace, "", all::add);
    return all.stream();
  }

  private static JsonNode spec(Stored service) {
    return Codec.read(service, "v1", "Service").path("spec");
  }

  private static boolean selects(Stored service, @Nullable Stored pod) {
    return pod != null && matches(spec(service).path("selector"), pod.labels());
  }

  private static boolean matches(JsonNode selector, Map<String, String> labels) {
    return !selector.isEmpty()
        && selector.properties().stream()
            .allMatch(each -> each.getValue().asText().equals(labels.get(each.getKey())));
  }

  /** A pod that a Service leads to. */
  private record Backend(ObjectNode pod, boolean ready) {
    String address() {
      return pod.path("status").path("podIP").asText();
    }

    ObjectNode reference() {
      ObjectNode reference = Json.MAPPER.createObjectNode().put("kind", "Pod");
      JsonNode metadata = pod.path("metadata");
      reference.set("namespace", metadata.path("namespace"));
      reference.set("name", metadata.path("name"));
      reference.set("uid", metadata.path("uid"));
      return reference;
    }
  }

  private void sync(Stored stored) {
    JsonNode spec = spec(stored);
    if (spec.path("selector").isEmpty() || spec.path("type").asText().equals("ExternalName")) {
      return;
    }
    boolean all = spec.path("publishNotReadyAddresses").asBoolean();
    List<Backend> backends =
        in(Types.PODS, stored.namespace())
            .filter(pod -> matches(spec.path("selector"), pod.labels()) && !pod.terminating())
            .map(pod -> backend(Codec.read(pod, "v1", "Pod"), all))
            .filter(backend -> !backend.address().isEmpty() && !finished(backend.pod()))
            .toList();
    if (backends.isEmpty() && !leadsSomewhere(stored)) {
      return; // a sandbox without nodes is full of Services that lead nowhere, restored ones too
    }
    endpoints(stored, spec, backends);
    slice(stored, spec, backends);
  }

  private boolean leadsSomewhere(Stored service) {
    Stored endpoints = store.get(Types.ENDPOINTS, service.namespace(), service.name());
    return endpoints != null && !Codec.read(endpoints, "v1", "Endpoints").path("subsets").isEmpty();
  }

  private static Backend backend(ObjectNode pod, boolean all) {
    boolean ready =
        pod.path("status")
            .path("conditions")
            .valueStream()
            .anyMatch(condition ->
                condition.path("type").asText().equals("Ready")
                    && condition.path("status").asText().equals("True"));
    return new Backend(pod, ready || all);
  }

  private static boolean finished(ObjectNode pod) {
    String phase = pod.path("status").path("phase").asText();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private void endpoints(Stored service, JsonNode spec, List<Backend> backends) {
    ArrayNode subsets = Json.MAPPER.createArrayNode();
    if (!backends.isEmpty()) {
      ObjectNode subset = subsets.addObject();
      for (Backend each : backends) {
        ObjectNode address =
            subset.withArray(each.ready() ? "addresses" : "notReadyAddresses").addObject();
        address.put("ip", each.address());
        address.set("nodeName", each.pod().path("spec").get("nodeName"));
        address.set("targetRef", each.reference());
      }
      subset.set("ports", ports(spec, backends));
    }
    Map<String, String> labels = new HashMap<>(service.labels());
    labels.put("endpoints.kubernetes.io/managed-by", "endpoint-controller");
    if (spec.path("clusterIP").asText().equals("None")) {
      labels.put("service.kubernetes.io/headless", "");
    }
    write(
        Types.ENDPOINTS,
        service.namespace(),
        service.name(),
        object -> {
          object.withObject("/metadata").set("labels", Json.tree(labels));
          object.set("subsets", subsets);
        });
  }

  private void slice(Stored service, JsonNode spec, List<Backend> backends) {
    ArrayNode endpoints = Json.MAPPER.createArrayNode();
    for (Backend each : backends) {
      ObjectNode endpoint = endpoints.addObject();
      endpoint.putArray("addresses").add(each.address());
      endpoint
          .putObject("conditions")
          .put("ready", each.ready())
          .put("serving", each.ready())
          .put("terminating", false);
      endpoint.set("nodeName", each.pod().path("spec").get("nodeName"));
      endpoint.set("targetRef", each.reference());
    }
    Map<String, String> labels = new HashMap<>(service.labels());
    labels.put(SERVICE_NAME, service.name());
    labels.put(MANAGED_BY, SLICE_MANAGER);
    if (spec.path("clusterIP").asText().equals("None")) {
      labels.put("service.kubernetes.io/headless", "");
    }
    List<Stored> present =
        in(SLICES, service.namespace())
            .filter(each -> !each.terminating() && leadsTo(each, service.name()))
            .toList();
    String name = present.isEmpty() ? "" : present.getFirst().name();
    ServedType type = types.find(SLICES);
    if (type != null) { // one is enough; a restore may have brought another
      present.stream()
          .skip(1)
          .forEach(each ->
              attempt(() ->
                  deletions.delete(type, each.namespace(), each.name(), Deletions.Deletion.NOW)));
    }
    write(
        SLICES,
        service.namespace(),
        name,
        object -> {
          ObjectNode metadata = object.withObject("/metadata");
          metadata.set("labels", Json.tree(labels));
          if (name.isEmpty()) {
            metadata.put("generateName", service.name() + "-");
          }
          metadata
              .putArray("ownerReferences")
              .addObject()
              .put("apiVersion", "v1")
              .put("kind", "Service")
              .put("name", service.name())
              .put("uid", service.uid())
              .put("controller", true)
              .put("blockOwnerDeletion", true);
          object.put("addressType", "IPv4");
          object.set("endpoints", endpoints);
          object.set("ports", ports(spec, backends));
        });
  }

  /** A port that a Service calls by name is the one of the first pod that has it. */
  private static ArrayNode ports(JsonNode spec, List<Backend> backends) {
    ArrayNode ports = Json.MAPPER.createArrayNode();
    for (JsonNode each : spec.path("ports")) {
      JsonNode target = each.path("targetPort");
      int number =
          target.isTextual()
              ? backends.stream()
                  .flatMap(backend -> backend.pod().path("spec").path("containers").valueStream())
                  .flatMap(container -> container.path("ports").valueStream())
                  .filter(port -> port.path("name").equals(target))
                  .mapToInt(port -> port.path("containerPort").asInt())
                  .findFirst()
                  .orElse(0)
              : target.asInt(each.path("port").asInt());
      if (number != 0) {
        ObjectNode port = ports.addObject();
        port.put("name", each.path("name").asText()).put("port", number);
        port.put("protocol", each.path("protocol").asText("TCP"));
      }
    }
    return ports;
  }

  /** Fills an object in. */
  @FunctionalInterface
  private interface Filling {
    void into(ObjectNode object);
  }

  private void write(GroupResource resource, String namespace, String name, Filling filling) {
    ServedType type = types.find(resource);
    if (type == null) {
      return;
    }
    Write write = Write.internal(type, namespace);
    attempt(() -> {
      if (!name.isEmpty() && store.get(resource, namespace, name) != null) {
        writer.update(
            write,
            name,
            present -> {
              filling.into(present);
              return present;
            });
      } else {
        ObjectNode object = Json.MAPPER.createObjectNode();
        if (!name.isEmpty()) {
          object.putObject("metadata").put("name", name);
        }
        filling.into(object);
        writer.create(write, object);
      }
    });
  }

  private static void attempt(Runnable action) {
    try {
      action.run();
    } catch (ApiError e) {
      if (e.code() != 404 && e.code() != 403 && e.code() != 409) {
        throw e; // else the namespace ends, or somebody was faster
      }
    }
  }
}
