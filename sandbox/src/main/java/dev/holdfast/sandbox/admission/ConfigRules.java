package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.status.Violations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** ConfigMaps and Secrets: keys, sizes, immutability, the types of Secrets. */
final class ConfigRules implements Rules {

  private static final int LARGEST = 1024 * 1024;
  private static final Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final String IMMUTABLE = "field is immutable when `immutable` is set";

  private final boolean secret;

  ConfigRules(boolean secret) {
    this.secret = secret;
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (secret) {
      secret(violations, object);
    } else {
      configMap(violations, object);
    }
    if (old != null) {
      if (secret && !old.path("type").equals(object.path("type"))) {
        violations.invalid("type", object.path("type").asText(), "field is immutable");
      }
      if (old.path("immutable").asBoolean()) {
        immutable(violations, object, old);
      }
    }
  }

  private static void immutable(Violations violations, ObjectNode object, ObjectNode old) {
    if (!object.path("immutable").asBoolean()) {
      violations.forbidden("immutable", IMMUTABLE);
    }
    for (String field : new String[] {"data", "binaryData"}) {
      if (!old.path(field).equals(object.path(field))) {
        violations.forbidden(field, IMMUTABLE);
      }
    }
  }

  private static void configMap(Violations violations, ObjectNode object) {
    long size = 0;
    for (var entry : object.path("data").properties()) {
      key(violations, "data", entry.getKey());
      if (object.path("binaryData").has(entry.getKey())) {
        violations.invalid(
            "data[" + entry.getKey() + "]",
            entry.getKey(),
            "duplicate of key present in binaryData");
      }
      size += entry.getValue().asText().length();
    }
    for (var entry : object.path("binaryData").properties()) {
      key(violations, "binaryData", entry.getKey());
      size += entry.getValue().asText().length() * 3L / 4;
    }
    if (size > LARGEST) {
      violations.tooLong("[]", LARGEST);
    }
  }

  private static void key(Violations violations, String field, String key) {
    if (!KEY.matcher(key).matches() || key.equals(".") || key.startsWith("..")) {
      violations.invalid(
          field + "[" + key + "]",
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g."
              + " 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is"
              + " '[-._a-zA-Z0-9]+')");
    }
  }

  private static final Map<String, String[]> REQUIRED =
      Map.of(
          "kubernetes.io/dockerconfigjson", new String[] {".dockerconfigjson"},
          "kubernetes.io/dockercfg", new String[] {".dockercfg"},
          "kubernetes.io/ssh-auth", new String[] {"ssh-privatekey"},
          "kubernetes.io/tls", new String[] {"tls.crt", "tls.key"});

  private static void secret(Violations violations, ObjectNode object) {
    JsonNode data = object.path("data");
    long size = 0;
    for (var entry : data.properties()) {
      key(violations, "data", entry.getKey());
      size += entry.getValue().asText().length() * 3L / 4;
    }
    if (size > LARGEST) {
      violations.tooLong("data", LARGEST);
    }
    String type = object.path("type").asText();
    for (String key : REQUIRED.getOrDefault(type, new String[0])) {
      if (!data.has(key)) {
        violations.required("data[" + key + "]", "");
      } else if (key.startsWith(".docker")) {
        json(violations, "data[" + key + "]", data.path(key).asText());
      }
    }
    if (type.equals("kubernetes.io/basic-auth") && !data.has("username") && !data.has("password")) {
      violations.required("data[username]", "");
      violations.required("data[password]", "");
    }
    if (type.equals("kubernetes.io/service-account-token")
        && object
            .path("metadata")
            .path("annotations")
            .path("kubernetes.io/service-account.name")
            .asText()
            .isEmpty()) {
      violations.required("metadata.annotations[kubernetes.io/service-account.name]", "");
    }
  }

  private static void json(Violations violations, String field, String encoded) {
    try {
      dev.holdfast.model.Json.MAPPER.readTree(Base64.getDecoder().decode(encoded));
    } catch (IOException e) {
      String text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      violations.invalid(
          field,
          "<secret contents redacted>",
          text.isEmpty() ? "unexpected end of JSON input" : goMessage(text));
    }
  }

  private static String goMessage(String text) {
    char first = text.strip().charAt(0);
    return "invalid character '" + first + "' looking for beginning of value";
  }
}
