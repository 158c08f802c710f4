package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.webhook.Webhooks;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * From a request to its answer: who asks ({@link Authentication}), what is meant ({@link Target}),
 * whether it may be ({@link Authorization}), then {@link Reader}, {@link Watcher}, {@link
 * ResourceWrites}, {@link Subresources} or {@link Reviews}.
 */
public final class ApiServer {

  /** Paths are taken as they are: nothing in them is left out or goes up. */
  private static final Pattern UNCLEAN = Pattern.compile("//|/\\.\\.?(/|$)");

  private final TypeTable types;
  private final Authentication authentication;
  private final Authorization authorization;
  private final DiscoveryDocuments discovery;
  private final Reader reader;
  private final Watcher watcher;
  private final ResourceWrites writes;
  private final Subresources subresources;
  private final Reviews reviews;

  /**
   * @param address host:port of the server
   * @param running false once the server ends
   * @param stalled true while watches are to send nothing
   * @param behind how many changes lists from the cache lie behind
   * @param pods null where no node runs
   */
  public ApiServer(
      TypeTable types,
      ObjectStore store,
      Writer writer,
      Deletions deletions,
      Webhooks webhooks,
      Tokens tokens,
      Authorizer authorizer,
      String address,
      BooleanSupplier running,
      BooleanSupplier stalled,
      LongSupplier behind,
      @Nullable PodAccess pods) {
    this.types = types;
    authentication = new Authentication(tokens, authorizer);
    authorization = new Authorization(authorizer);
    discovery = new DiscoveryDocuments(types, address);
    reader = new Reader(store, behind);
    watcher = new Watcher(store, running, stalled, pods != null);
    writes = new ResourceWrites(store, writer, deletions, webhooks, authorization);
    subresources = new Subresources(store, writer, deletions, tokens, pods);
    reviews = new Reviews(authorizer, tokens);
  }

  /** Answers; an error is an answer like any other. */
  public Response answer(Request request) {
    Response response = find(request);
    for (String warning : request.warnings()) {
      response = response.warning(warning);
    }
    return response;
  }

  private Response find(Request request) {
    try {
      Caller caller = authentication.caller(request);
      if (UNCLEAN.matcher(request.path()).find()) {
        throw ApiError.noSuchPath();
      }
      List<String> path = segments(request.path());
      String first = path.isEmpty() ? "" : path.getFirst();
      if (first.equals("api") || first.equals("apis")) {
        return api(request, path, caller);
      }
      authorization.path(request, caller);
      return switch (first) {
        case "version" -> Response.json(200, pretty(types.serverVersion()));
        case "healthz", "livez", "readyz" ->
            Response.text(200, "text/plain; charset=utf-8", "ok".getBytes(StandardCharsets.UTF_8));
        case "openapi" -> OpenApi.answer(request, path, types);
        default -> throw ApiError.noSuchPath();
      };
    } catch (ApiError e) {
      return Response.json(e.code(), e.body());
    }
  }

  /** As the API writes its version: for people. */
  private static byte[] pretty(JsonNode document) {
    return document.toPrettyString().replace("\" : ", "\": ").getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> segments(String path) {
    return Arrays.stream(path.split("/", -1)).filter(part -> !part.isEmpty()).toList();
  }

  private Response api(Request request, List<String> path, Caller caller) {
    JsonNode document = discovery.get(request, path);
    if (document != null) {
      authorization.path(request, caller);
      return discovery.response(request, path, document);
    }
    Target target = Target.parse(path, types);
    if (target == null) {
      if (!caller.master()) {
        authorization.path(request, caller);
      }
      if (discovery.isUnknownGroup(path)) {
        return Response.text(
            404,
            "text/plain; charset=utf-8",
            "404 page not found\n".getBytes(StandardCharsets.UTF_8));
      }
      throw ApiError.noSuchPath();
    }
    authorization.resource(request, target, caller);
    if (request.wantsWebSocket()) {
      authorization.upgrade(target, caller);
    }
    String deprecated = DEPRECATED.get(target.type().qualified());
    if (deprecated != null) {
      request.warnings().add(deprecated);
    }
    return resource(request, target, caller);
  }

  /** Types that the API warns of whenever they are used. */
  private static final Map<String, String> DEPRECATED =
      Map.of(
          "endpoints",
          "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
          "componentstatuses",
          "v1 ComponentStatus is deprecated in v1.19+");

  private Response resource(Request request, Target target, Caller caller) {
    if (Reviews.isReview(target)) {
      return reviews.answer(request, target, caller);
    }
    if (Subresources.isOwn(target)) {
      return subresources.answer(request, target, caller);
    }
    boolean one = !target.name().isEmpty();
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return writes.answer(request, target, caller);
    }
    if (target.watch() || !one && request.flag("watch")) {
      return watcher.watch(request, target);
    }
    return one ? reader.one(request, target) : reader.list(request, target);
  }
}
