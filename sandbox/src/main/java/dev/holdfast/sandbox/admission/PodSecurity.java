package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The commonest checks of the Pod Security Standards baseline and restricted. */
final class PodSecurity {

  private static final Set<String> RESTRICTED_VOLUMES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "persistentVolumeClaim",
          "projected",
          "secret",
          "image");

  private PodSecurity() {}

  static List<String> violations(String level, JsonNode spec) {
    List<String> found = new ArrayList<>();
    if (level.equals("baseline") || level.equals("restricted")) {
      baseline(spec, found);
    }
    if (level.equals("restricted")) {
      restricted(spec, found);
    }
    return found;
  }

  private static void baseline(JsonNode spec, List<String> found) {
    List<String> namespaces = new ArrayList<>();
    for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
      if (spec.path(field).asBoolean()) {
        namespaces.add(field + "=true");
      }
    }
    if (!namespaces.isEmpty()) {
      found.add("host namespaces (" + String.join(", ", namespaces) + ")");
    }
    List<String> paths = new ArrayList<>();
    for (JsonNode volume : spec.path("volumes")) {
      if (volume.has("hostPath")) {
        paths.add("\"" + volume.path("name").asText() + "\"");
      }
    }
    if (!paths.isEmpty()) {
      found.add(
          "hostPath volumes (volume"
              + (paths.size() > 1 ? "s " : " ")
              + String.join(", ", paths)
              + ")");
    }
    List<String> privileged =
        containers(spec).stream()
            .filter(c -> c.path("securityContext").path("privileged").asBoolean())
            .map(PodSecurity::quoted)
            .toList();
    if (!privileged.isEmpty()) {
      found.add(
          "privileged (" + plural(privileged) + " must not set securityContext.privileged=true)");
    }
  }

  private static void restricted(JsonNode spec, List<String> found) {
    List<String> escalating =
        containers(spec).stream()
            .filter(c -> c.path("securityContext").path("allowPrivilegeEscalation").asBoolean(true))
            .map(PodSecurity::quoted)
            .toList();
    if (!escalating.isEmpty()) {
      found.add(
          "allowPrivilegeEscalation != false ("
              + plural(escalating)
              + " must set securityContext.allowPrivilegeEscalation=false)");
    }
    List<String> capable =
        containers(spec).stream()
            .filter(c ->
                c.at("/securityContext/capabilities/drop")
                    .valueStream()
                    .noneMatch(d -> d.asText().equals("ALL")))
            .map(PodSecurity::quoted)
            .toList();
    if (!capable.isEmpty()) {
      found.add(
          "unrestricted capabilities ("
              + plural(capable)
              + " must set securityContext.capabilities.drop=[\"ALL\"])");
    }
    List<String> volumes = new ArrayList<>();
    for (JsonNode volume : spec.path("volumes")) {
      volume
          .properties()
          .forEach(field -> {
            if (!field.getKey().equals("name") && !RESTRICTED_VOLUMES.contains(field.getKey())) {
              volumes.add("\"" + volume.path("name").asText() + "\"");
            }
          });
    }
    if (!volumes.isEmpty()) {
      found.add("restricted volume types (volumes " + String.join(", ", volumes) + ")");
    }
    boolean podNonRoot = spec.path("securityContext").path("runAsNonRoot").asBoolean();
    List<String> root =
        containers(spec).stream()
            .filter(c -> !c.path("securityContext").path("runAsNonRoot").asBoolean(podNonRoot))
            .map(PodSecurity::quoted)
            .toList();
    if (!root.isEmpty()) {
      found.add(
          "runAsNonRoot != true (pod or "
              + plural(root)
              + " must set securityContext.runAsNonRoot=true)");
    }
    boolean podSeccomp = spec.at("/securityContext/seccompProfile/type").isTextual();
    List<String> unconfined =
        containers(spec).stream()
            .filter(c -> !podSeccomp && !c.at("/securityContext/seccompProfile/type").isTextual())
            .map(PodSecurity::quoted)
            .toList();
    if (!unconfined.isEmpty()) {
      found.add(
          "seccompProfile (pod or "
              + plural(unconfined)
              + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
              + " \"Localhost\")");
    }
  }

  private static List<JsonNode> containers(JsonNode spec) {
    List<JsonNode> all = new ArrayList<>();
    spec.path("initContainers").forEach(all::add);
    spec.path("containers").forEach(all::add);
    return all;
  }

  private static String quoted(JsonNode container) {
    return "\"" + container.path("name").asText() + "\"";
  }

  private static String plural(List<String> names) {
    return (names.size() > 1 ? "containers " : "container ")
        + names.stream().collect(Collectors.joining(", "));
  }
}
