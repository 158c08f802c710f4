package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The 20 restores that a real Velero did (fixtures/velero-cases), asked of ours in the same
 * cluster: the same items, the same fate of each, the same objects. Where ours is better on
 * purpose, the difference stands here and in docs/differences-from-velero.md.
 */
@Tag("EMF-9")
@Tag("EBS-9")
class VeleroRestoresTest {

  private static final String NAMESPACE = "berth-7";

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> restoresAsVeleroDid() throws IOException {
    JsonNode cases = Json.MAPPER.readTree(Fixtures.path("velero-cases/restores.json").toFile());
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode one : cases) {
      String name = one.path("name").asText();
      tests.add(DynamicTest.dynamicTest(name, () -> check(one, folder.resolve(name))));
    }
    assertThat(tests).hasSize(20);
    return tests.stream();
  }

  private static void check(JsonNode expected, Path folder) throws IOException {
    try (Harness harness = Harness.recorded(folder)) {
      String spec = expected.path("spec").toString().replace("{ns}", NAMESPACE);
      RestoreOptions options = Harness.options("back", spec);
      JsonNode modifier = expected.path("spec").path("resourceModifier").path("name");
      if (modifier.isTextual()) {
        JsonNode all = Json.MAPPER.readTree(Fixtures.path("velero-cases/modifiers.json").toFile());
        options =
            options.inputs(RestoreInputs.NONE.modifiers(all.path(modifier.asText()).asText()));
      }
      if (expected.path("phase").asText().equals("FailedValidation")) {
        RestoreOptions refused = options;
        assertThatThrownBy(() -> harness.restore(refused))
            .isInstanceOf(Failure.Invalid.class)
            .hasMessageContaining(expected.path("validationErrors").path(0).asText());
        return;
      }
      RestoreOutcome outcome = harness.restore(options);
      items(harness, expected, outcome);
      objects(harness, expected);
    }
  }

  private static void items(Harness harness, JsonNode expected, RestoreOutcome outcome)
      throws IOException {
    Map<String, Set<String>> velero = new TreeMap<>();
    expected
        .path("items")
        .properties()
        .forEach(e -> {
          for (JsonNode item : e.getValue()) {
            String text = item.asText().replace("{ns}", NAMESPACE);
            velero.computeIfAbsent(e.getKey(), _ -> new TreeSet<>()).add(text);
          }
        });
    boolean keepsPorts = expected.path("spec").path("preserveNodePorts").asBoolean();
    improve(velero, keepsPorts);
    Map<String, Set<String>> ours = new TreeMap<>();
    resourceList(harness).byType().forEach((t, names) -> ours.put(t, new TreeSet<>(names)));
    // The namespace that is restored into itself exists, which Velero does not mention.
    ours.getOrDefault("v1/Namespace", new TreeSet<>()).remove("lighthouse(skipped)");
    ours.values().removeIf(Set::isEmpty);
    settle(velero);
    settle(ours);
    leaveToAdmission(velero);
    leaveToAdmission(ours);
    assertThat(ours).as(outcome.results().errors().all().toString()).isEqualTo(velero);
    Set<String> warnings = new TreeSet<>(outcome.results().warnings().all());
    for (JsonNode warning : expected.path("warnings").path("cluster")) {
      assertThat(warnings).contains(warning.asText());
    }
    if (!keepsPorts) {
      assertThat(outcome.results().errors().all()).filteredOn(e -> !e.contains("pods/")).isEmpty();
    }
  }

  /**
   * Ours restores a Service whose node port is taken with another port, and leaves the control
   * plane's certificate authority to the control plane.
   */
  private static void improve(Map<String, Set<String>> velero, boolean keepsPorts) {
    velero
        .getOrDefault("v1/ConfigMap", new TreeSet<>())
        .removeIf(item -> item.contains("kube-root-ca.crt"));
    Set<String> services = velero.get("v1/Service");
    if (services != null && !keepsPorts && services.remove(NAMESPACE + "/gate(failed)")) {
      services.add(NAMESPACE + "/gate(created)");
    }
  }

  /** Whoever is first makes the ServiceAccount default: its controller, or the restore. */
  private static void settle(Map<String, Set<String>> items) {
    Set<String> accounts = items.get("v1/ServiceAccount");
    if (accounts != null && accounts.remove(NAMESPACE + "/default(created)")) {
      accounts.add(NAMESPACE + "/default(skipped)");
    }
    // A habit of the recorded build: there, a controller makes it in every namespace.
    items
        .getOrDefault("v1/ConfigMap", new TreeSet<>())
        .removeIf(item -> item.contains("openshift-service-ca.crt"));
    items.values().removeIf(Set::isEmpty);
  }

  /**
   * A server's admission refuses a pod without its ServiceAccount, and a node port that is taken;
   * the fate of these two depends on how much of that the sandbox has.
   */
  private static void leaveToAdmission(Map<String, Set<String>> items) {
    if (items.getOrDefault("v1/ServiceAccount", Set.of()).isEmpty()) {
      items.remove("v1/Pod");
    }
    items
        .getOrDefault("v1/Service", new TreeSet<>())
        .removeIf(item -> item.startsWith(NAMESPACE + "/gate("));
  }

  private static ResourceList resourceList(Harness harness) throws IOException {
    try (InputStream in =
        harness.store.get(Operation.start(), new RestoreKeys("back").resourceList())) {
      return ResourceList.read(in.readAllBytes(), "the resource list");
    }
  }

  private static void objects(Harness harness, JsonNode expected) throws IOException {
    for (JsonNode object : expected.path("objects")) {
      String kind = object.path("kind").asText();
      String name = object.path("metadata").path("name").asText();
      if (kind.equals("Endpoints") || kind.equals("ServiceAccount") && name.equals("default")) {
        continue; // controllers and admission make these what they are
      }
      ObjectNode wanted =
          Json.object(
              object
                  .toString()
                  .replace("{ns}", NAMESPACE)
                  .replace("{name}", "back")
                  .getBytes(java.nio.charset.StandardCharsets.UTF_8),
              "the recording");
      ObjectNode ours = live(harness, kind, name);
      List<String> differences = new ArrayList<>();
      for (String field : List.of("spec", "data", "rules", "roleRef", "subjects", "type")) {
        differ(field, wanted.path(field), ours.path(field), differences);
      }
      labels(wanted, ours, differences);
      differences.removeIf(VeleroRestoresTest::leftToAdmission);
      assertThat(differences).as(kind + " " + name).isEmpty();
    }
  }

  /** What an API server's admission and the job controller put in, and the recording thus holds. */
  private static boolean leftToAdmission(String difference) {
    return difference.startsWith("spec.priority:")
        || difference.contains("openshift-service-ca.crt")
        || difference.startsWith("spec.selector.matchLabels: wanted {\"batch.kubernetes.io/")
        || difference.startsWith("finalizers: wanted , ours [\"batch.kubernetes.io/job-tracking");
  }

  private static ObjectNode live(Harness harness, String kind, String name) {
    return harness.sandbox.snapshot().stream()
        .filter(o -> o.namespace().equals(NAMESPACE) && o.name().equals(name))
        .map(o -> harness.get(o.type().toString(), NAMESPACE, name))
        .filter(o -> o.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow(() -> new AssertionError("Not restored: " + kind + " " + name));
  }

  private static void labels(ObjectNode wanted, ObjectNode ours, List<String> differences) {
    ObjectNode metadata = ours.withObject("/metadata");
    ObjectNode annotations = metadata.withObject("/annotations");
    assertThat(annotations.remove(RunMark.ANNOTATION)).as("the run's mark").isNotNull();
    if (annotations.isEmpty()) {
      metadata.remove("annotations");
    }
    for (String field : List.of("labels", "annotations", "finalizers")) {
      differ(field, wanted.path("metadata").path(field), metadata.path(field), differences);
    }
  }

  /** The recording writes {@code *} for what the server makes up. */
  private static void differ(String path, JsonNode wanted, JsonNode ours, List<String> found) {
    if (wanted.isObject() && ours.isObject()) {
      Stream.concat(wanted.properties().stream(), ours.properties().stream())
          .map(Map.Entry::getKey)
          .distinct()
          .forEach(f -> differ(path + "." + f, wanted.path(f), ours.path(f), found));
    } else if (wanted instanceof ArrayNode a
        && ours instanceof ArrayNode b
        && a.size() == b.size()) {
      for (int i = 0; i < a.size(); i++) {
        differ(path + "[" + i + "]", a.get(i), b.get(i), found);
      }
    } else if (wanted.isTextual() && wanted.asText().contains("*")) {
      String pattern = Pattern.quote(wanted.asText()).replace("*", "\\E.*\\Q");
      if (!ours.asText().matches(pattern)) {
        found.add(path + ": wanted " + wanted + ", ours " + ours);
      }
    } else if (!Json.equal(wanted, ours)) {
      found.add(path + ": wanted " + wanted + ", ours " + ours);
    }
  }
}
