package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.patch.StrategicMerge;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.fields.SchemaRules;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.GoValues;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import dev.holdfast.sandbox.webhook.Webhooks;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** POST, PUT, PATCH and DELETE of objects. */
final class ResourceWrites {

  private static final String PODS_STAY =
      "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background"
          + " to remove them or set propagationPolicy=Orphan to suppress this warning";

  private final ObjectStore store;
  private final Writer writer;
  private final Deletions deletions;
  private final Webhooks webhooks;
  private final Authorization authorization;

  ResourceWrites(
      ObjectStore store,
      Writer writer,
      Deletions deletions,
      Webhooks webhooks,
      Authorization authorization) {
    this.store = store;
    this.writer = writer;
    this.deletions = deletions;
    this.webhooks = webhooks;
    this.authorization = authorization;
  }

  Response answer(Request request, Target target, Caller caller) {
    boolean one = !target.name().isEmpty();
    return switch (request.method()) {
      case "POST" -> create(request, target, caller);
      case "PUT" -> one ? update(request, target, caller) : refuse();
      case "PATCH" -> one ? patch(request, target, caller) : refuse();
      case "DELETE" -> one ? delete(request, target, caller) : deleteAll(request, target, caller);
      default -> refuse();
    };
  }

  private static Response refuse() {
    throw ApiError.methodNotAllowed();
  }

  private static Response object(int code, Target target, Stored stored) {
    return Response.json(code, stored.write(target.type().apiVersion(), target.type().kind()));
  }

  private Response create(Request request, Target target, Caller caller) {
    if (!target.name().isEmpty() || !target.type().can("create")) {
      return refuse();
    }
    Write write = WriteOptions.read(request, target, caller, "CreateOptions");
    ObjectNode body = Bodies.object(request, target.type());
    return object(201, target, writer.create(write, body));
  }

  private Response update(Request request, Target target, Caller caller) {
    Write write = WriteOptions.read(request, target, caller, "UpdateOptions");
    ObjectNode body = Bodies.object(request, target.type());
    Writer.Outcome outcome =
        writer.replace(
            write, target.name(), body, () -> authorization.also(caller, target, "create"));
    return object(outcome.created() ? 201 : 200, target, outcome.stored());
  }

  private Response patch(Request request, Target target, Caller caller) {
    String type = request.contentType();
    ServedType served = target.type();
    Write write = WriteOptions.read(request, target, caller, "PatchOptions");
    return switch (type) {
      case "application/apply-patch+yaml", "application/apply-patch+cbor" ->
          apply(request, target, caller, write);
      case "application/strategic-merge-patch+json" -> {
        if (served.custom()) {
          throw unsupported(served);
        }
        JsonNode patch = Bodies.patch(request);
        yield edit(
            target,
            write,
            present -> strategic(served, present, objectPatch(patch)),
            _ -> GoValues.text(patch),
            ApiError::unconvertible);
      }
      case "application/merge-patch+json" -> {
        JsonNode patch = Bodies.patch(request);
        yield edit(
            target,
            write,
            present -> named(target, Patches.merge(present, objectPatch(patch))),
            JsonNode::toString,
            ApiError::undecodable);
      }
      case "application/json-patch+json" -> {
        JsonNode patch = Bodies.patch(request);
        yield edit(
            target,
            write,
            present -> named(target, jsonPatch(present, patch)),
            JsonNode::toString,
            ApiError::undecodable);
      }
      default -> throw unsupported(served);
    };
  }

  private static ObjectNode named(Target target, ObjectNode patched) {
    PatchedKind.check(target.type(), target.name(), patched);
    return patched;
  }

  private static ObjectNode strategic(ServedType type, ObjectNode present, ObjectNode patch) {
    SchemaRules rules = new SchemaRules(type.schema());
    StrategicShape.check(present, patch, rules);
    try {
      return StrategicMerge.apply(present, patch, rules);
    } catch (Failure.Invalid e) {
      throw ApiError.badRequest(e.getMessage());
    }
  }

  private static ApiError unsupported(ServedType type) {
    return type.custom()
        ? ApiError.unsupportedContent(
            "the body of the request was in an unknown format - accepted media types include:"
                + " application/json-patch+json, application/merge-patch+json,"
                + " application/apply-patch+yaml")
        : ApiError.unsupportedMediaType("415: Unsupported Media Type");
  }

  private static ObjectNode objectPatch(JsonNode patch) {
    if (patch instanceof ObjectNode object) {
      return object.deepCopy();
    }
    throw ApiError.badRequest(
        "json: cannot unmarshal "
            + patch.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
            + " into Go value of type map[string]interface {}");
  }

  /**
   * @param shown how the API shows what the patch made of the object if that is no such object
   * @param words what it says of it
   */
  private Response edit(
      Target target,
      Write write,
      Writer.Edit edit,
      Function<ObjectNode, String> shown,
      Function<ApiError, String> words) {
    ObjectNode[] made = {Json.MAPPER.createObjectNode()};
    try {
      Stored stored =
          writer.update(
              write,
              target.name(),
              present -> {
                ObjectNode patched = edit.apply(present);
                made[0] = patched.deepCopy();
                return patched;
              });
      return object(200, target, stored);
    } catch (ApiError e) {
      if (e.undecodable().isEmpty()) {
        throw e;
      }
      Violations violations = new Violations();
      violations.invalid("patch", shown.apply(made[0]), words.apply(e));
      throw violations.error("", "", "");
    }
  }

  private static ObjectNode jsonPatch(ObjectNode present, JsonNode patch) {
    if (!patch.isArray()) {
      throw ApiError.badRequest(
          "error decoding patch: json: cannot unmarshal object into Go value of type"
              + " []handlers.jsonPatchOp");
    }
    try {
      if (Patches.json(present, patch) instanceof ObjectNode object) {
        return object;
      }
    } catch (Patches.Inapplicable | IllegalArgumentException e) {
      // answered below: the API does not say why
    }
    throw ApiError.of(
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
        Json.MAPPER.createObjectNode());
  }

  private Response apply(Request request, Target target, Caller caller, Write write) {
    if (request.parameter("fieldManager").isEmpty()) {
      throw ApiError.invalid(
          "meta.k8s.io",
          "PatchOptions",
          "",
          List.of(
              new ApiError.Cause(
                  "FieldValueRequired",
                  "Required value: is required for apply patch",
                  "fieldManager")));
    }
    ObjectNode config = Bodies.applied(request, target.type());
    if (store.get(target.type().storage(), target.namespace(), target.name()) == null) {
      authorization.also(caller, target, "create");
    }
    Writer.Outcome applied = writer.apply(write, target.name(), config, request.flag("force"));
    return object(applied.created() ? 201 : 200, target, applied.stored());
  }

  private Response delete(Request request, Target target, Caller caller) {
    ServedType type = target.type();
    if (!type.can("delete")) {
      return refuse();
    }
    Deletions.Deletion deletion = WriteOptions.deletion(request);
    if (type.qualified().equals("jobs.batch") && deletion.propagation().isEmpty()) {
      request.warnings().add(PODS_STAY);
    }
    Stored present = store.get(type.storage(), target.namespace(), target.name());
    if (present != null) {
      webhooks.delete(asked(target, caller, present, deletion), present);
    }
    Deletions.Deleted deleted = deletions.delete(type, target.namespace(), target.name(), deletion);
    if (!deleted.removed() || returnsObject(type)) {
      return Response.json(200, deleted.last().write(type.apiVersion(), type.kind()));
    }
    ObjectNode status = Json.MAPPER.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Success");
    ObjectNode details = status.putObject("details").put("name", target.name());
    if (!type.group().isEmpty()) {
      details.put("group", type.group());
    }
    details.put("kind", type.resource()).put("uid", deleted.last().uid());
    return Response.json(200, status);
  }

  private static Write asked(
      Target target, Caller caller, Stored present, Deletions.Deletion deletion) {
    return new Write(
        target.type(),
        present.namespace(),
        "",
        caller,
        "",
        deletion.dryRun(),
        Write.Validation.IGNORE,
        new ArrayList<>());
  }

  /** Types of which a deletion answers with the object even if it is gone at once. */
  private static boolean returnsObject(ServedType type) {
    return switch (type.qualified()) {
      case "pods",
          "services",
          "serviceaccounts",
          "persistentvolumes",
          "persistentvolumeclaims",
          "replicationcontrollers",
          "podtemplates",
          "resourcequotas",
          "customresourcedefinitions.apiextensions.k8s.io",
          "storageclasses.storage.k8s.io",
          "volumeattachments.storage.k8s.io",
          "csinodes.storage.k8s.io",
          "csidrivers.storage.k8s.io" ->
          true;
      default -> false;
    };
  }

  private Response deleteAll(Request request, Target target, Caller caller) {
    ServedType type = target.type();
    if (!type.can("deletecollection")) {
      return refuse();
    }
    Deletions.Deletion deletion = WriteOptions.deletion(request);
    Predicate<Stored> selector = Selectors.of(request, target);
    List<Stored> chosen = new ArrayList<>();
    store
        .view(type.storage())
        .walk(
            target.namespace(),
            "",
            stored -> {
              if (selector.test(stored)) {
                chosen.add(stored);
              }
              return true;
            });
    ObjectNode list = Json.MAPPER.createObjectNode();
    list.put("kind", type.kind() + "List").put("apiVersion", type.apiVersion());
    list.putObject("metadata").put("resourceVersion", String.valueOf(store.version()));
    var items = list.putArray("items");
    for (Stored each : chosen) {
      try {
        webhooks.delete(asked(target, caller, each, deletion), each);
        items.add(
            Codec.read(
                deletions.delete(type, each.namespace(), each.name(), deletion).last(),
                type.apiVersion(),
                type.kind()));
      } catch (ApiError e) {
        if (e.code() != 404) { // somebody else was faster
          throw e;
        }
      }
    }
    return Response.json(200, list);
  }
}
