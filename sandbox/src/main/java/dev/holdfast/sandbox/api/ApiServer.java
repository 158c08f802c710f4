package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * From a request to its answer: who asks ({@link Caller}), what is meant ({@link Target}), then
 * {@link Reader}, {@link Watcher} or {@link Writer}.
 */
public final class ApiServer {

  private final TypeTable types;
  private final Map<String, Caller> tokens;
  private final DiscoveryDocuments discovery;
  private final Reader reader;
  private final Watcher watcher;
  private final Writer writer;
  private final ObjectStore store;

  /**
   * @param tokens bearer token → caller
   * @param address host:port of the server
   * @param running false once the server ends
   * @param stalled true while watches are to send nothing
   */
  public ApiServer(
      TypeTable types,
      ObjectStore store,
      Writer writer,
      Map<String, Caller> tokens,
      String address,
      BooleanSupplier running,
      BooleanSupplier stalled) {
    this.types = types;
    this.store = store;
    this.writer = writer;
    this.tokens = tokens;
    discovery = new DiscoveryDocuments(types, address);
    reader = new Reader(store);
    watcher = new Watcher(store, running, stalled);
  }

  /** Answers; an error is an answer like any other. */
  public Response answer(Request request) {
    try {
      authenticate(request);
      List<String> path = segments(request.path());
      return switch (path.isEmpty() ? "" : path.getFirst()) {
        case "version" -> Response.json(200, types.serverVersion());
        case "healthz", "livez", "readyz" ->
            Response.text(200, "text/plain; charset=utf-8", "ok".getBytes(StandardCharsets.UTF_8));
        case "api", "apis" -> api(request, path);
        default -> throw ApiError.noSuchPath();
      };
    } catch (ApiError e) {
      return Response.json(e.code(), e.body());
    }
  }

  private static List<String> segments(String path) {
    return Arrays.stream(path.split("/", -1)).filter(part -> !part.isEmpty()).toList();
  }

  private Caller authenticate(Request request) {
    String header = request.header("authorization");
    Caller caller =
        header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
            ? tokens.get(header.substring(7).strip())
            : null;
    if (caller == null) {
      throw ApiError.unauthorized();
    }
    return caller;
  }

  private Response api(Request request, List<String> path) {
    JsonNode document = discovery.get(path);
    if (document != null) {
      return Response.json(200, document);
    }
    Target target = Target.parse(path, types);
    if (target == null) {
      throw ApiError.noSuchPath();
    }
    return resource(request, target);
  }

  private Response resource(Request request, Target target) {
    boolean one = !target.name().isEmpty();
    return switch (request.method()) {
      case "GET", "HEAD" -> {
        if (target.watch() || !one && request.flag("watch")) {
          yield watcher.watch(request, target);
        }
        yield one ? reader.getResponse(target) : reader.list(request, target);
      }
      case "POST" -> create(request, target);
      case "PUT" -> update(request, target);
      case "PATCH" -> patch(request, target);
      case "DELETE" -> one ? delete(request, target) : deleteAll(request, target);
      default -> throw ApiError.methodNotAllowed();
    };
  }

  private static ObjectNode body(Request request, ServedType type) {
    try {
      if (Json.MAPPER.readTree(request.body()) instanceof ObjectNode object) {
        String apiVersion = object.path("apiVersion").asText();
        if (!apiVersion.isEmpty() && !apiVersion.equals(type.apiVersion())) {
          throw ApiError.badRequest(
              "the API version in the data ("
                  + apiVersion
                  + ") does not match the expected API version ("
                  + type.apiVersion()
                  + ")");
        }
        return object;
      }
      throw new IOException("not an object");
    } catch (IOException e) {
      throw ApiError.badRequest(
          "the object provided is unrecognized (must be of type "
              + type.kind()
              + "): couldn't get version/kind; json parse error: "
              + (e instanceof com.fasterxml.jackson.core.JsonProcessingException json
                  ? json.getOriginalMessage()
                  : e.getMessage()));
    }
  }

  private static boolean dryRun(Request request) {
    return request.parameter("dryRun").equals("All");
  }

  private static Response object(int code, Target target, Stored stored) {
    return Response.json(code, stored.write(target.type().apiVersion(), target.type().kind()));
  }

  private Response create(Request request, Target target) {
    if (!target.name().isEmpty() || !target.type().can("create")) {
      throw ApiError.methodNotAllowed();
    }
    ObjectNode object = body(request, target.type());
    return object(
        201, target, writer.create(target.type(), target.namespace(), object, dryRun(request)));
  }

  private Response update(Request request, Target target) {
    ObjectNode object = body(request, target.type());
    return object(
        200,
        target,
        writer.update(
            target.type(),
            target.namespace(),
            target.name(),
            target.subresource(),
            dryRun(request),
            present -> object.deepCopy()));
  }

  private Response patch(Request request, Target target) {
    JsonNode patch;
    try {
      patch = Json.MAPPER.readTree(request.body());
    } catch (IOException e) {
      throw ApiError.badRequest("error decoding patch: " + e.getMessage());
    }
    Writer.Edit edit =
        switch (request.contentType()) {
          case "application/merge-patch+json" -> present -> Patches.merge(present, patch);
          case "application/json-patch+json" -> present -> jsonPatch(target, present, patch);
          default ->
              throw ApiError.unsupportedMediaType(
                  "the body of the request was in an unknown format - accepted media types"
                      + " include: application/json-patch+json, application/merge-patch+json");
        };
    return object(
        200,
        target,
        writer.update(
            target.type(),
            target.namespace(),
            target.name(),
            target.subresource(),
            dryRun(request),
            edit));
  }

  private static ObjectNode jsonPatch(Target target, ObjectNode present, JsonNode patch) {
    try {
      return (ObjectNode) Patches.json(present, patch);
    } catch (Patches.Inapplicable e) {
      throw ApiError.of(
          422,
          "Invalid",
          "the server rejected our request due to an error in our request: " + e.getMessage(),
          Json.MAPPER.createObjectNode());
    }
  }

  private static Writer.Deletion deletion(Request request) {
    ObjectNode options =
        request.body().length == 0
            ? Json.MAPPER.createObjectNode()
            : Json.object(request.body(), "the delete options");
    String propagation = options.path("propagationPolicy").asText();
    return new Writer.Deletion(
        options.path("preconditions").path("uid").asText(),
        options.path("preconditions").path("resourceVersion").asText(),
        propagation.isEmpty() ? request.parameter("propagationPolicy") : propagation,
        dryRun(request) || options.path("dryRun").path(0).asText().equals("All"));
  }

  private Response delete(Request request, Target target) {
    ServedType type = target.type();
    Writer.Deleted deleted =
        writer.delete(type, target.namespace(), target.name(), deletion(request));
    if (!deleted.removed()) {
      return object(200, target, deleted.last());
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

  private Response deleteAll(Request request, Target target) {
    Writer.Deletion deletion = deletion(request);
    Predicate<Stored> selector = Selectors.of(request, target);
    List<Stored> chosen = new ArrayList<>();
    store
        .view(target.type().type())
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
    list.put("kind", target.type().kind() + "List").put("apiVersion", target.type().apiVersion());
    list.putObject("metadata").put("resourceVersion", String.valueOf(store.version()));
    var items = list.putArray("items");
    for (Stored each : chosen) {
      try {
        Writer.Deleted deleted =
            writer.delete(target.type(), each.namespace(), each.name(), deletion);
        items.add(Codec.read(deleted.last(), target.type().apiVersion(), target.type().kind()));
      } catch (ApiError e) {
        if (e.code() != 404) { // somebody else was faster
          throw e;
        }
      }
    }
    return Response.json(200, list);
  }
}
