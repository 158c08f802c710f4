package dev.holdfast.sandbox.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.patch.JsonPatch;
import dev.holdfast.sandbox.admission.Rules;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks the webhooks that are configured in the store: the mutating ones before an object is
 * validated, one after the other; the validating ones when it is valid, before it is charged to a
 * quota and stored.
 */
public final class Webhooks implements Rules {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final GroupResource MUTATING =
      new GroupResource(GROUP, "mutatingwebhookconfigurations");
  private static final GroupResource VALIDATING =
      new GroupResource(GROUP, "validatingwebhookconfigurations");

  private final ObjectStore store;
  private final TypeTable types;
  private final WebhookCall call;
  private volatile Configured mutating = new Configured(-1, List.of());
  private volatile Configured validating = new Configured(-1, List.of());

  /** The webhooks of one sort, by configuration name, as of a version. */
  private record Configured(long version, List<Webhook> webhooks) {}

  public Webhooks(ObjectStore store, TypeTable types) {
    this.store = store;
    this.types = types;
    call = new WebhookCall(store);
  }

  private List<Webhook> mutating() {
    mutating = current(MUTATING, mutating);
    return mutating.webhooks();
  }

  private List<Webhook> validating() {
    validating = current(VALIDATING, validating);
    return validating.webhooks();
  }

  private Configured current(GroupResource type, Configured known) {
    long version = store.shelf(type).lastChange();
    if (version == known.version()) {
      return known;
    }
    List<Webhook> webhooks = new ArrayList<>();
    store.view(type).stream()
        .forEach(each ->
            Codec.read(each, "", "")
                .path("webhooks")
                .forEach(entry -> webhooks.add(Webhook.parse(entry))));
    return new Configured(version, List.copyOf(webhooks));
  }

  /**
   * Lets the mutating webhooks change an object.
   *
   * @param old null for a creation
   * @return the given object if none changed it
   * @throws ApiError if one denies it, or cannot be asked and must be
   */
  public ObjectNode mutate(Write write, ObjectNode object, @Nullable ObjectNode old) {
    List<Webhook> all = mutating();
    if (all.isEmpty() || exempt(write)) {
      return object;
    }
    String operation = old == null ? "CREATE" : "UPDATE";
    ObjectNode now = object;
    Map<Webhook, ObjectNode> saw = new HashMap<>();
    for (int round = 0; round < 2; round++) {
      for (Webhook each : all) {
        boolean first = round == 0;
        if (!first && (!each.again() || !saw.containsKey(each) || now.equals(saw.get(each)))) {
          continue;
        }
        Question question = new Question(write, operation, now, old);
        JsonNode response = ask(each, question);
        if (response != null) {
          now = patched(each, now, response);
          saw.put(each, now);
        }
      }
    }
    return now;
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (violations.isEmpty()) {
      validate(new Question(write, old == null ? "CREATE" : "UPDATE", object, old));
    }
  }

  /** Asks whether an object may be deleted. */
  public void delete(Write write, Stored present) {
    List<Webhook> all = mutating();
    if (all.isEmpty() && validating().isEmpty() || exempt(write)) {
      return;
    }
    ServedType type = write.type();
    ObjectNode old = Codec.read(present, type.apiVersion(), type.kind());
    Question question = new Question(write, "DELETE", null, old);
    all.forEach(each -> ask(each, question));
    validate(question);
  }

  private void validate(Question question) {
    List<Webhook> all = validating();
    if (!all.isEmpty() && !exempt(question.write())) {
      all.forEach(each -> ask(each, question));
    }
  }

  /** What configures webhooks is never sent to them, nor what the server itself does. */
  private static boolean exempt(Write write) {
    return write.manager().equals("kube-apiserver") && write.caller().master()
        || write.type().group().equals(GROUP);
  }

  /** The answer of a webhook that allows it; null if it is not asked, or need not answer. */
  private @Nullable JsonNode ask(Webhook webhook, Question question) {
    String version = version(webhook, question);
    if (version == null || !selected(webhook, question)) {
      return null;
    }
    if (question.write().dryRun() && !webhook.dryRun()) {
      throw ApiError.badRequest(
          "admission webhook \"" + webhook.name() + "\" does not support dry run");
    }
    JsonNode response;
    try {
      response = call.ask(webhook, question.review(version));
    } catch (WebhookCall.Failed e) {
      if (webhook.ignoreFailure()) {
        return null;
      }
      throw ApiError.internal(
          "failed calling webhook \"" + webhook.name() + "\": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiError.internal("the server ends");
    }
    response.path("warnings").forEach(each -> question.write().warnings().add(each.asText()));
    if (!response.path("allowed").asBoolean()) {
      throw denied(webhook.name(), response.path("status"));
    }
    return response;
  }

  /** The version in which the webhook wants to see the object; null if it does not want to. */
  private @Nullable String version(Webhook webhook, Question question) {
    Write write = question.write();
    ServedType type = write.type();
    List<String> versions = new ArrayList<>(List.of(type.version()));
    if (webhook.equivalent()) {
      for (String other : types.groups().getOrDefault(type.group(), List.of())) {
        if (types.find(type.group(), other, type.resource()) != null) {
          versions.add(other);
        }
      }
    }
    for (String version : versions) {
      for (Webhook.Rule rule : webhook.rules()) {
        if (rule.covers(question.operation(), type, version, write.subresource())) {
          return version;
        }
      }
    }
    return null;
  }

  private boolean selected(Webhook webhook, Question question) {
    Write write = question.write();
    ObjectNode object = question.object();
    ObjectNode old = question.old();
    if (!webhook.objects().isEmpty()
        && !(object != null && webhook.objects().matches(labels(object)))
        && !(old != null && webhook.objects().matches(labels(old)))) {
      return false;
    }
    if (webhook.namespaces().isEmpty()) {
      return true;
    }
    if (write.type().is(Types.NAMESPACES)) {
      ObjectNode namespace = object != null ? object : old;
      return namespace == null || webhook.namespaces().matches(labels(namespace));
    }
    if (!write.type().namespaced()) {
      return true;
    }
    Stored namespace = store.get(Types.NAMESPACES, "", write.namespace());
    return namespace == null || webhook.namespaces().matches(namespace.labels());
  }

  private static Map<String, String> labels(ObjectNode object) {
    Map<String, String> labels = new HashMap<>();
    object
        .path("metadata")
        .path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return labels;
  }

  private static ApiError denied(String webhook, JsonNode status) {
    String by = "admission webhook \"" + webhook + "\" denied the request";
    String message = status.path("message").asText();
    String reason = status.path("reason").asText();
    String text =
        !message.isEmpty()
            ? by + ": " + message
            : !reason.isEmpty() ? by + ": " + reason : by + " without explanation";
    int code = status.path("code").asInt();
    return ApiError.of(
        code < 400 ? 400 : code,
        reason,
        text,
        status.path("details") instanceof ObjectNode details ? details : null);
  }

  private static ObjectNode patched(Webhook webhook, ObjectNode object, JsonNode response) {
    if (!response.hasNonNull("patch")) {
      return object;
    }
    try {
      if (!response.path("patchType").asText().equals("JSONPatch")) {
        throw new IOException(
            "unsupported patch type \"" + response.path("patchType").asText() + "\"");
      }
      JsonNode patch = Json.MAPPER.readTree(response.path("patch").binaryValue());
      if (JsonPatch.apply(object, JsonPatch.parse(patch)).orElse(null)
          instanceof ObjectNode changed) {
        return changed;
      }
      throw new IOException("testing value failed");
    } catch (IOException | Failure.Invalid e) {
      throw ApiError.internal(
          "webhook \""
              + webhook.name()
              + "\" returned a patch that cannot be applied: "
              + e.getMessage());
    }
  }
}
