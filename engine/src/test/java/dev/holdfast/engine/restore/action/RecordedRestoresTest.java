package dev.holdfast.engine.restore.action;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What we would create is what a real Velero created, object by object. */
class RecordedRestoresTest {

  private static final String NAMESPACE = "berth-7";

  @TestFactory
  @Tag("EBS-42")
  Stream<DynamicTest> recordedRestores() throws IOException {
    Map<ItemKey, ObjectNode> backup = VeleroCases.backup();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode recorded : VeleroCases.restores()) {
      if (!recorded.path("objects").isEmpty()) {
        String name = recorded.path("name").asText();
        tests.add(DynamicTest.dynamicTest(name, () -> compare(recorded, backup)));
      }
    }
    assertThat(tests).hasSizeGreaterThan(12);
    return tests.stream();
  }

  private static void compare(JsonNode recorded, Map<ItemKey, ObjectNode> backup)
      throws IOException {
    Restore.Spec spec =
        Json.read(
            recorded
                .path("spec")
                .toString()
                .replace("{ns}", NAMESPACE)
                .getBytes(StandardCharsets.UTF_8),
            Restore.Spec.class,
            "the recorded spec");
    RestoreContext context = VeleroCases.context(spec, backup, modifiers(spec));
    int compared = 0;
    for (JsonNode object : recorded.path("objects")) {
      ItemKey source = source(object, spec, backup);
      if (isServers(object)) {
        continue;
      }
      ObjectNode item = Objects.requireNonNull(backup.get(source));
      Transformed result = ItemTransform.apply(source, item, context);
      assertThat(result.skipReason()).as(source.toString()).isNull();
      ObjectNode wanted =
          Json.object(
              object
                  .toString()
                  .replace("{ns}", NAMESPACE)
                  .replace("{name}", "back")
                  .getBytes(StandardCharsets.UTF_8),
              "object");
      ServerSet.remove(source.type(), wanted, false);
      ObjectNode ours = result.item().deepCopy();
      ours.remove("apiVersion");
      wanted.remove("apiVersion");
      // The job controller had taken it off the orphaned pod when the recording was made.
      Fields.removeElements(
          ours.withObject("/metadata"),
          "finalizers",
          f -> f.asText().equals("batch.kubernetes.io/job-tracking"));
      Fields.objects(ours, "spec", "volumes")
          .forEach(RecordedRestoresTest::removeWhatTheRecordingLeavesOut);
      List<String> differences = new ArrayList<>();
      differ("", wanted, ours, differences);
      assertThat(differences).as(source.toString()).isEmpty();
      compared++;
    }
    assertThat(compared).isPositive();
  }

  /** A ConfigMap that only the recorded build of the API server adds to every token volume. */
  private static void removeWhatTheRecordingLeavesOut(ObjectNode volume) {
    ObjectNode projected = Fields.object(volume, "projected");
    if (projected != null) {
      Fields.removeElements(
          projected,
          "sources",
          s -> Fields.text(s, "configMap", "name").equals("openshift-service-ca.crt"));
    }
  }

  private static ResourceModifiers modifiers(Restore.Spec spec) throws IOException {
    Restore.Reference reference = spec.resourceModifier();
    return reference == null
        ? ResourceModifiers.NONE
        : ResourceModifiers.parse(VeleroCases.modifier(String.valueOf(reference.name())));
  }

  /** Controllers and admission make these: Endpoints, and the ServiceAccount default. */
  private static boolean isServers(JsonNode object) {
    return object.path("kind").asText().equals("Endpoints")
        || object.path("kind").asText().equals("ServiceAccount")
            && object.path("metadata").path("name").asText().equals("default");
  }

  private static ItemKey source(
      JsonNode object, Restore.Spec spec, Map<ItemKey, ObjectNode> backup) {
    Map<String, String> back = new HashMap<>();
    Objects.requireNonNull(spec.namespaceMapping()).forEach((from, to) -> back.put(to, from));
    String kind = object.path("kind").asText().toLowerCase(Locale.ROOT);
    return backup.keySet().stream()
        .filter(key -> key.name().equals(object.path("metadata").path("name").asText()))
        .filter(key -> key.namespace().equals(back.get(NAMESPACE)))
        .filter(key ->
            Objects.requireNonNull(backup.get(key))
                .path("kind")
                .asText()
                .toLowerCase(Locale.ROOT)
                .equals(kind))
        .findFirst()
        .orElseThrow(() -> new AssertionError("Not in the backup: " + object));
  }

  /** The recording writes {@code *} for what the server makes up. */
  private static void differ(String path, JsonNode wanted, JsonNode ours, List<String> found) {
    if (wanted.isObject() && ours.isObject()) {
      Stream.concat(wanted.properties().stream(), ours.properties().stream())
          .map(Map.Entry::getKey)
          .distinct()
          .forEach(f -> differ(path + "." + f, wanted.path(f), ours.path(f), found));
    } else if (wanted.isArray() && ours.isArray() && wanted.size() == ours.size()) {
      for (int i = 0; i < wanted.size(); i++) {
        differ(path + "[" + i + "]", wanted.get(i), ours.get(i), found);
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
