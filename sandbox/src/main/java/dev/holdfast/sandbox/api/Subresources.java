package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Subresources with a form of their own: scale, token, eviction, binding. */
final class Subresources {

  private static final Set<String> OWN =
      Set.of(
          "scale", "token", "eviction", "binding", "log", "exec", "attach", "portforward", "proxy");

  private final ObjectStore store;
  private final Writer writer;
  private final Deletions deletions;
  private final Tokens tokens;
  private final @Nullable PodAccess pods;

  Subresources(
      ObjectStore store,
      Writer writer,
      Deletions deletions,
      Tokens tokens,
      @Nullable PodAccess pods) {
    this.store = store;
    this.writer = writer;
    this.deletions = deletions;
    this.tokens = tokens;
    this.pods = pods;
  }

  static boolean isOwn(Target target) {
    return OWN.contains(target.subresource());
  }

  Response answer(Request request, Target target, Caller caller) {
    Stored stored = store.get(target.type().storage(), target.namespace(), target.name());
    if (stored == null) {
      throw ApiError.notFound(target.type().group(), target.type().resource(), target.name());
    }
    return switch (target.subresource()) {
      case "scale" -> scale(request, target, caller, stored);
      case "token" -> token(request, stored);
      case "eviction" -> evict(request, target);
      case "binding" -> bind(request, target, caller);
      default -> {
        if (pods != null) {
          yield pods.answer(request, target, stored);
        }
        if (target.subresource().equals("log")) {
          yield log(request, target, stored);
        }
        throw ApiError.badRequest("pod " + target.name() + " does not have a host assigned");
      }
    };
  }

  /** Nothing runs: no container has written anything. */
  private static Response log(Request request, Target target, Stored stored) {
    JsonNode spec = Codec.read(stored, "v1", "Pod").path("spec");
    if (request.parameter("container").isEmpty() && spec.path("containers").size() > 1) {
      String first = names(spec.path("initContainers"));
      throw ApiError.badRequest(
          "a container name must be specified for pod "
              + target.name()
              + ", choose one of: "
              + names(spec.path("containers"))
              + (first.equals("[]") ? "" : " or one of the init containers: " + first));
    }
    return Response.text(200, "text/plain", new byte[0]);
  }

  private static String names(JsonNode containers) {
    return containers
        .valueStream()
        .map(container -> container.path("name").asText())
        .collect(Collectors.joining(" ", "[", "]"));
  }

  private Response scale(Request request, Target target, Caller caller, Stored stored) {
    ScalePaths paths = ScalePaths.of(target.type());
    if (request.method().equals("GET")) {
      return Response.json(200, paths.scale(target.type(), stored));
    }
    Write write =
        WriteOptions.read(
            request,
            target,
            caller,
            request.method().equals("PUT") ? "UpdateOptions" : "PatchOptions");
    JsonNode body =
        request.method().equals("PUT")
            ? Bodies.part(request, "autoscaling.v1.Scale")
            : Bodies.patch(request);
    Stored changed =
        writer.update(
            write,
            target.name(),
            present -> {
              ObjectNode scale =
                  paths.scale(target.type(), Codec.store(target.type().storage(), present));
              JsonNode wanted = wanted(request, scale, body);
              long replicas = wanted.path("spec").path("replicas").asLong();
              if (replicas < 0) {
                Violations violations = new Violations();
                violations.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
                violations.check("autoscaling", "Scale", target.name());
              }
              String version = wanted.path("metadata").path("resourceVersion").asText();
              if (!version.isEmpty()) {
                present.withObject("/metadata").put("resourceVersion", version);
              }
              paths.set(present, replicas);
              return present;
            });
    return Response.json(200, paths.scale(target.type(), changed));
  }

  private static JsonNode wanted(Request request, ObjectNode scale, JsonNode body) {
    if (request.method().equals("PUT")) {
      return body;
    }
    if (request.contentType().equals("application/json-patch+json")) {
      try {
        return Patches.json(scale, body);
      } catch (Patches.Inapplicable e) {
        throw ApiError.badRequest(String.valueOf(e.getMessage()));
      }
    }
    return Patches.merge(scale, body);
  }

  private Response token(Request request, Stored account) {
    ObjectNode body = Bodies.part(request, "authentication.v1.TokenRequest");
    ObjectNode spec = body.withObject("/spec");
    long seconds = spec.path("expirationSeconds").asLong(3600);
    if (seconds < 600) {
      Violations violations = new Violations();
      violations.invalid(
          "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
      violations.check("authentication.k8s.io", "TokenRequest", "");
    }
    List<String> audiences = spec.path("audiences").valueStream().map(JsonNode::asText).toList();
    if (audiences.isEmpty()) {
      audiences = List.of("https://kubernetes.default.svc");
      audiences.forEach(spec.putArray("audiences")::add);
    }
    spec.put("expirationSeconds", seconds);
    if (!spec.has("boundObjectRef")) {
      spec.putNull("boundObjectRef");
    }
    Instant expires =
        Instant.now().plus(Duration.ofSeconds(seconds)).truncatedTo(ChronoUnit.SECONDS);
    ObjectNode answer = Json.MAPPER.createObjectNode();
    answer.put("kind", "TokenRequest").put("apiVersion", "authentication.k8s.io/v1");
    answer
        .putObject("metadata")
        .put("name", account.name())
        .put("namespace", account.namespace())
        .put("creationTimestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    answer.set("spec", spec);
    answer
        .putObject("status")
        .put("token", tokens.issue(account, audiences, expires))
        .put("expirationTimestamp", expires.toString());
    return Response.json(201, answer);
  }

  private Response evict(Request request, Target target) {
    ObjectNode body = Bodies.part(request, "policy.v1.Eviction");
    JsonNode grace = body.path("deleteOptions").path("gracePeriodSeconds");
    deletions.delete(
        target.type(),
        target.namespace(),
        target.name(),
        new Deletions.Deletion("", "", "", grace.asLong(-1), false));
    return success(201);
  }

  private Response bind(Request request, Target target, Caller caller) {
    String node = Bodies.part(request, "core.v1.Binding").path("target").path("name").asText();
    ServedType type = target.type();
    Write write =
        new Write(
            type,
            target.namespace(),
            "",
            caller,
            "unknown",
            false,
            Write.Validation.IGNORE,
            new java.util.ArrayList<>());
    writer.update(
        write,
        target.name(),
        present -> {
          if (!present.path("spec").path("nodeName").asText().isEmpty()) {
            throw ApiError.conflict(
                type,
                target.name(),
                "pod "
                    + target.name()
                    + " is already assigned to node \""
                    + present.path("spec").path("nodeName").asText()
                    + "\"");
          }
          present.withObject("/spec").put("nodeName", node);
          return present;
        });
    return success(201);
  }

  private static Response success(int code) {
    ObjectNode status = Json.MAPPER.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1");
    status.putObject("metadata");
    status.put("status", "Success").put("code", code);
    return Response.json(code, status);
  }
}
