package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Types;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** The environment variables of a container. */
final class Environment {

  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Objects objects;
  private final ObjectNode pod;
  private final String namespace;

  Environment(Objects objects, ObjectNode pod) {
    this.objects = objects;
    this.pod = pod;
    namespace = pod.at("/metadata/namespace").asText();
  }

  /**
   * @throws PodVolumes.NotReady if something that it refers to does not exist
   */
  Map<String, String> of(JsonNode container) throws PodVolumes.NotReady {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("PATH", PATH);
    variables.put("HOME", "/");
    variables.put("HOSTNAME", pod.at("/metadata/name").asText());
    for (JsonNode source : container.path("envFrom")) {
      boolean secret = source.has("secretRef");
      JsonNode reference = source.path(secret ? "secretRef" : "configMapRef");
      ObjectNode object = object(secret, reference);
      String prefix = source.path("prefix").asText();
      if (object != null) {
        object
            .path("data")
            .properties()
            .forEach(
                entry -> variables.put(prefix + entry.getKey(), value(secret, entry.getValue())));
      }
    }
    for (JsonNode variable : container.path("env")) {
      String name = variable.path("name").asText();
      JsonNode from = variable.path("valueFrom");
      if (from.isObject()) {
        from(name, from, variables);
      } else {
        variables.put(name, variable.path("value").asText());
      }
    }
    return variables;
  }

  private void from(String name, JsonNode from, Map<String, String> variables)
      throws PodVolumes.NotReady {
    if (from.has("fieldRef")) {
      variables.put(name, field(from.at("/fieldRef/fieldPath").asText()));
      return;
    }
    boolean secret = from.has("secretKeyRef");
    JsonNode reference = from.path(secret ? "secretKeyRef" : "configMapKeyRef");
    if (!reference.isObject()) {
      return;
    }
    ObjectNode object = object(secret, reference);
    JsonNode value =
        object == null ? null : object.path("data").get(reference.path("key").asText());
    if (value != null) {
      variables.put(name, value(secret, value));
    } else if (!reference.path("optional").asBoolean()) {
      throw new PodVolumes.NotReady(
          "couldn't find key "
              + reference.path("key").asText()
              + " in "
              + namespace
              + "/"
              + reference.path("name").asText());
    }
  }

  private @org.jspecify.annotations.Nullable ObjectNode object(boolean secret, JsonNode reference)
      throws PodVolumes.NotReady {
    String name = reference.path("name").asText();
    ObjectNode object = objects.get(secret ? Types.SECRETS : Types.CONFIG_MAPS, namespace, name);
    if (object == null && !reference.path("optional").asBoolean()) {
      throw new PodVolumes.NotReady(
          (secret ? "secret" : "configmap") + " \"" + name + "\" not found");
    }
    return object;
  }

  private static String value(boolean secret, JsonNode value) {
    return secret
        ? new String(Base64.getDecoder().decode(value.asText()), StandardCharsets.UTF_8)
        : value.asText();
  }

  private String field(String path) {
    int bracket = path.indexOf("['");
    if (bracket > 0) {
      String key = path.substring(bracket + 2, path.length() - 2);
      return pod.at("/" + path.substring(0, bracket).replace('.', '/')).path(key).asText();
    }
    return path.equals("status.podIP")
        ? "127.0.0.1"
        : pod.at("/" + path.replace('.', '/')).asText();
  }
}
