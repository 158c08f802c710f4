package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** From a CustomResourceDefinition to the types that it defines. */
public final class CustomTypes {

  private static final List<String> VERBS =
      List.of("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch");

  private static final Pattern VERSION = Pattern.compile("v(\\d+)(?:(alpha|beta)(\\d+))?");

  private CustomTypes() {}

  public static GroupResource type(JsonNode definition) {
    JsonNode spec = definition.path("spec");
    return new GroupResource(
        spec.path("group").asText(), spec.path("names").path("plural").asText());
  }

  /**
   * Serves what the definitions in the store define, and are established; of a recorded cluster
   * these types are served already, and get their schemas.
   */
  public static void serve(ObjectStore store, TypeTable types) {
    store
        .view(Types.DEFINITIONS)
        .walk(
            "",
            "",
            stored -> {
              ObjectNode definition = Codec.read(stored, "", "");
              if (established(definition)) {
                types.replace(type(definition), served(definition));
              }
              return true;
            });
  }

  /** Whether its names were accepted, once and for all. */
  public static boolean established(JsonNode definition) {
    return definition
        .path("status")
        .path("conditions")
        .valueStream()
        .anyMatch(condition ->
            condition.path("type").asText().equals("Established")
                && condition.path("status").asText().equals("True"));
  }

  /** A type per served version, the preferred first. */
  public static List<ServedType> served(JsonNode definition) {
    List<ServedType> types = new ArrayList<>();
    for (JsonNode version : definition.path("spec").path("versions")) {
      if (version.path("served").asBoolean()) {
        types.add(served(definition.path("spec"), version));
      }
    }
    types.sort(Comparator.comparing(ServedType::version, byPriority()));
    return types;
  }

  private static ServedType served(JsonNode spec, JsonNode version) {
    JsonNode names = spec.path("names");
    String plural = names.path("plural").asText();
    String kind = names.path("kind").asText();
    boolean namespaced = spec.path("scope").asText().equals("Namespaced");
    ObjectNode entry = entry(plural, names.path("singular").asText(), namespaced, kind, VERBS);
    copy(names, entry, "shortNames");
    copy(names, entry, "categories");
    entry.put(
        "storageVersionHash",
        hash(spec.path("group").asText() + "/" + version.path("name").asText() + "/" + kind));
    Map<String, ObjectNode> subresources = new LinkedHashMap<>();
    List<String> verbs = List.of("get", "patch", "update");
    if (version.path("subresources").has("status")) {
      subresources.put("status", entry(plural + "/status", "", namespaced, kind, verbs));
    }
    if (version.path("subresources").has("scale")) {
      ObjectNode scale = entry(plural + "/scale", "", namespaced, "Scale", verbs);
      scale.put("group", "autoscaling").put("version", "v1");
      subresources.put("scale", scale);
    }
    return new ServedType(
        spec.path("group").asText(),
        version.path("name").asText(),
        plural,
        kind,
        namespaced,
        entry,
        subresources,
        CustomSchemas.root(version.path("schema").path("openAPIV3Schema")),
        version,
        expressions(version));
  }

  /** How many validation expressions (CEL) the schema of a definition's version has. */
  public static int expressions(JsonNode version) {
    return version.path("schema").findValues("x-kubernetes-validations").stream()
        .mapToInt(JsonNode::size)
        .sum();
  }

  private static ObjectNode entry(
      String name, String singular, boolean namespaced, String kind, List<String> verbs) {
    ObjectNode entry = Json.MAPPER.createObjectNode();
    entry.put("name", name).put("singularName", singular).put("namespaced", namespaced);
    entry.put("kind", kind);
    ArrayNode list = entry.putArray("verbs");
    verbs.forEach(list::add);
    return entry;
  }

  private static void copy(JsonNode names, ObjectNode entry, String field) {
    if (!names.path(field).isEmpty()) {
      entry.set(field, names.get(field));
    }
  }

  private static String hash(String text) {
    byte[] digest = Names.sha256(text).getBytes(StandardCharsets.US_ASCII);
    return Base64.getEncoder().encodeToString(Arrays.copyOf(digest, 8));
  }

  /** GA before beta before alpha, higher numbers first; others last, by name. */
  static Comparator<String> byPriority() {
    return Comparator.comparingLong(CustomTypes::rank).reversed().thenComparing(v -> v);
  }

  private static long rank(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches()) {
      return -1;
    }
    long stage = matcher.group(2) == null ? 2 : matcher.group(2).equals("beta") ? 1 : 0;
    long minor = matcher.group(3) == null ? 0 : Long.parseLong(matcher.group(3));
    return (stage * 1_000_000 + Long.parseLong(matcher.group(1))) * 1_000 + minor;
  }
}
