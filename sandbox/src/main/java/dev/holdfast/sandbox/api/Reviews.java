package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.rbac.Attributes;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.rbac.PolicyRule;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.status.ApiError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Questions about rights and identities: they answer and are not stored. */
final class Reviews {

  private final Authorizer authorizer;
  private final Tokens tokens;

  Reviews(Authorizer authorizer, Tokens tokens) {
    this.authorizer = authorizer;
    this.tokens = tokens;
  }

  static boolean isReview(Target target) {
    return switch (target.type().group()) {
      case "authorization.k8s.io", "authentication.k8s.io" -> true;
      default -> false;
    };
  }

  Response answer(Request request, Target target, Caller caller) {
    if (!request.method().equals("POST")) {
      throw ApiError.methodNotAllowed();
    }
    ObjectNode review = Bodies.object(request, target.type());
    review.put("apiVersion", target.type().apiVersion()).put("kind", target.type().kind());
    review.withObject("/metadata");
    ObjectNode spec = review.withObject("/spec");
    switch (target.type().kind()) {
      case "SelfSubjectAccessReview" -> access(review, caller, spec);
      case "LocalSubjectAccessReview", "SubjectAccessReview" -> access(review, subject(spec), spec);
      case "SelfSubjectRulesReview" -> rules(review, caller, spec.path("namespace").asText());
      case "SelfSubjectReview" -> {
        review.remove("spec");
        review.withObject("/status").set("userInfo", userInfo(caller));
      }
      case "TokenReview" -> token(review, spec.path("token").asText());
      default -> throw ApiError.noSuchPath();
    }
    return Response.json(201, review);
  }

  private static Caller subject(JsonNode spec) {
    Map<String, List<String>> extra = new HashMap<>();
    spec.path("extra")
        .properties()
        .forEach(entry ->
            extra.put(
                entry.getKey(), entry.getValue().valueStream().map(JsonNode::asText).toList()));
    return new Caller(
        spec.path("user").asText(),
        spec.path("uid").asText(),
        spec.path("groups").valueStream().map(JsonNode::asText).toList(),
        extra);
  }

  private void access(ObjectNode review, Caller who, JsonNode spec) {
    JsonNode resource = spec.path("resourceAttributes");
    JsonNode path = spec.path("nonResourceAttributes");
    Attributes wanted;
    if (resource.isObject()) {
      String subresource = resource.path("subresource").asText();
      wanted =
          new Attributes(
              resource.path("verb").asText(),
              resource.path("group").asText(),
              resource.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
              resource.path("namespace").asText(),
              resource.path("name").asText(),
              "");
    } else {
      wanted = Attributes.path(path.path("verb").asText(), path.path("path").asText());
    }
    ObjectNode status = review.withObject("/status");
    boolean allowed = authorizer.allows(who, wanted);
    status.put("allowed", allowed);
    if (allowed) {
      status.put("reason", who.master() ? "" : "RBAC: allowed");
    }
  }

  private void rules(ObjectNode review, Caller caller, String namespace) {
    if (namespace.isEmpty()) {
      throw ApiError.badRequest("no namespace on request");
    }
    ObjectNode status = review.withObject("/status");
    ArrayNode resources = status.putArray("resourceRules");
    ArrayNode paths = status.putArray("nonResourceRules");
    for (PolicyRule rule : authorizer.rules(caller, namespace)) {
      ObjectNode json = rule.toJson();
      (rule.paths().isEmpty() ? resources : paths).add(json);
    }
    status.put("incomplete", false);
  }

  private static ObjectNode userInfo(Caller caller) {
    ObjectNode info = dev.holdfast.model.Json.MAPPER.createObjectNode();
    info.put("username", caller.user());
    if (!caller.uid().isEmpty()) {
      info.put("uid", caller.uid());
    }
    caller.groups().forEach(info.putArray("groups")::add);
    if (!caller.extra().isEmpty()) {
      ObjectNode extra = info.putObject("extra");
      caller.extra().forEach((key, values) -> values.forEach(extra.withArray(key)::add));
    }
    return info;
  }

  private void token(ObjectNode review, String token) {
    Caller who = tokens.caller(token);
    ObjectNode status = review.withObject("/status");
    if (who == null) {
      status.put("authenticated", false).put("error", "invalid bearer token");
    } else {
      status.put("authenticated", true).set("user", userInfo(who));
      new ArrayList<>(List.of("https://kubernetes.default.svc"))
          .forEach(status.putArray("audiences")::add);
    }
  }
}
