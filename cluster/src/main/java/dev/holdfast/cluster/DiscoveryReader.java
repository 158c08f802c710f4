package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Types out of the discovery documents of an API server, both forms. Sub-resources are left out.
 */
final class DiscoveryReader {

  private final List<ResourceType> types = new ArrayList<>();
  private final Map<String, String> failed = new java.util.TreeMap<>();

  /** apidiscovery.k8s.io APIGroupDiscoveryList, v2 and v2beta1. */
  void aggregated(JsonNode list) {
    for (JsonNode group : list.path("items")) {
      String name = group.path("metadata").path("name").asText();
      boolean preferred = true;
      for (JsonNode version : group.path("versions")) {
        String v = version.path("version").asText();
        if (version.path("freshness").asText().equals("Stale")) {
          failed.put(name.isEmpty() ? v : name + "/" + v, "the aggregated API does not answer");
        }
        for (JsonNode resource : version.path("resources")) {
          JsonNode kind = resource.path("responseKind");
          types.add(
              new ResourceType(
                  name,
                  v,
                  kind.path("kind").asText(),
                  resource.path("resource").asText(),
                  resource.path("singularResource").asText(),
                  texts(resource.path("shortNames")),
                  resource.path("scope").asText().equals("Namespaced"),
                  texts(resource.path("verbs")),
                  preferred));
        }
        preferred = false; // the server lists the preferred version first
      }
    }
  }

  /** One APIResourceList of the older form. */
  void legacy(String group, String version, boolean preferred, JsonNode list) {
    for (JsonNode resource : list.path("resources")) {
      String name = resource.path("name").asText();
      if (!name.contains("/")) {
        types.add(
            new ResourceType(
                group,
                version,
                resource.path("kind").asText(),
                name,
                resource.path("singularName").asText(),
                texts(resource.path("shortNames")),
                resource.path("namespaced").asBoolean(),
                texts(resource.path("verbs")),
                preferred));
      }
    }
  }

  void failed(String groupVersion, String why) {
    failed.put(groupVersion, why);
  }

  /**
   * A type that the preferred version of its group lacks is served best by the first version that
   * has it.
   */
  Discovery result(String serverVersion) {
    java.util.Set<dev.holdfast.model.GroupResource> served = new java.util.HashSet<>();
    types.stream().filter(ResourceType::preferred).forEach(t -> served.add(t.groupResource()));
    List<ResourceType> all = new ArrayList<>();
    for (ResourceType t : types) {
      boolean best = t.preferred() || served.add(t.groupResource());
      all.add(
          new ResourceType(
              t.group(),
              t.version(),
              t.kind(),
              t.resource(),
              t.singular(),
              t.shortNames(),
              t.namespaced(),
              t.verbs(),
              best));
    }
    return new Discovery(serverVersion, all, failed);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
