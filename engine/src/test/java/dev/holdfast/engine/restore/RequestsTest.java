package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.http.Faults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore asks of the API server, counted there: one write an item, and little else. */
class RequestsTest {

  private static final int ITEMS = 60;

  @TempDir Path folder;
  private Harness harness;
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();

  @BeforeEach
  void start() {
    harness = Harness.empty(folder);
  }

  @AfterEach
  void stop() {
    harness.close();
  }

  private static List<ObjectNode> items(int applied) {
    List<ObjectNode> items = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      ObjectNode item =
          Harness.item(
              """
              {'apiVersion':'v1','kind':'ConfigMap',
               'metadata':{'name':'map-%d','namespace':'town-%d','managedFields':[
                 {'manager':'m','operation':'%s','apiVersion':'v1','fieldsType':'FieldsV1',
                  'time':'2026-01-01T00:00:00Z','fieldsV1':{'f:data':{'f:k':{}}}}]},
               'data':{'k':'v'}}
              """
                  .formatted(i, i % 3, i < applied ? "Apply" : "Update"));
      items.add(item);
    }
    return items;
  }

  /** Method and kind of path → how often; from now on. */
  private void count() {
    asked.clear();
    harness
        .sandbox
        .faults()
        .clear()
        .next(
            Faults.Kind.INTERNAL_ERROR,
            1,
            request -> {
              String path = request.path().replaceAll("\\?.*", "");
              String kind =
                  path.contains("/configmaps")
                      ? "configmaps"
                      : path.matches(".*/namespaces(/[^/]+)?") ? "namespaces" : "other";
              asked.merge(request.method() + " " + kind, 1, Integer::sum);
              return false;
            });
  }

  private int writes() {
    return asked.entrySet().stream()
        .filter(e -> !e.getKey().startsWith("GET"))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  @Test
  @Tag("EMF-22")
  void aNewItemIsOneWriteAndANamespaceIsAskedForOnce() {
    harness.backup("towns", items(0));
    count();
    RestoreOutcome outcome = harness.restore("new", "{\"backupName\": \"towns\"}");
    Map<String, Integer> seen = new TreeMap<>(asked);

    assertThat(outcome.count(Outcome.CREATED)).isEqualTo(ITEMS + 3);
    assertThat(outcome.secondWrites()).isZero();
    assertThat(seen).as(seen.toString()).containsEntry("POST configmaps", ITEMS);
    assertThat(seen).as(seen.toString()).containsEntry("POST namespaces", 3);
    assertThat(writes()).as(seen.toString()).isEqualTo(ITEMS + 3);
    assertThat(seen).as(seen.toString()).doesNotContainKey("GET configmaps");
    assertThat(seen.getOrDefault("GET namespaces", 0)).as(seen.toString()).isLessThanOrEqualTo(3);
    assertThat(seen.getOrDefault("GET other", 0)).as("discovery").isLessThanOrEqualTo(5);
  }

  @Test
  void onlyWhatAnApplyOwnedIsWrittenTwice() {
    harness.backup("towns", items(7));
    count();
    RestoreOutcome outcome = harness.restore("new", "{\"backupName\": \"towns\"}");

    assertThat(outcome.secondWrites()).isEqualTo(7);
    assertThat(asked).containsEntry("PATCH configmaps", 7).containsEntry("POST configmaps", ITEMS);
    assertThat(harness.get("configmaps", "town-0", "map-0").at("/metadata/managedFields"))
        .anyMatch(entry -> entry.path("operation").asText().equals("Apply"));
    assertThat(harness.get("configmaps", "town-2", "map-59").at("/metadata/managedFields"))
        .noneMatch(entry -> entry.path("operation").asText().equals("Apply"));
  }

  @Test
  void whatIsThereAndTheSameIsLookedAtOnceAndNotWritten() {
    harness.backup("towns", items(7));
    var _ = harness.restore("first", "{\"backupName\": \"towns\"}");
    count();
    RestoreOutcome outcome = harness.restore("again", "{\"backupName\": \"towns\"}");

    assertThat(outcome.count(Outcome.IDENTICAL)).isEqualTo(ITEMS);
    assertThat(outcome.secondWrites()).isZero();
    assertThat(asked).containsEntry("GET configmaps", ITEMS).doesNotContainKey("PATCH configmaps");
  }

  @Test
  void aPlanSendsNoWriteAndAServerDryRunOnlyDryOnes() {
    harness.backup("towns", items(7));
    harness.namespace("town-0");
    List<String> written = new CopyOnWriteArrayList<>();
    harness
        .sandbox
        .faults()
        .next(
            Faults.Kind.INTERNAL_ERROR,
            1,
            request -> {
              boolean review = request.path().contains("selfsubjectaccessreviews");
              if (!request.method().equals("GET") && !review) {
                written.add(
                    request.method()
                        + " "
                        + request.path()
                        + "?dryRun="
                        + request.parameter("dryRun"));
              }
              return false;
            });
    RestoreOptions options = Harness.options("p", "{\"backupName\": \"towns\"}");
    var _ = harness.plan(options);
    assertThat(written).isEmpty();
    var _ = harness.serverDryRun(harness.cluster, options);
    assertThat(written).hasSize(ITEMS / 3).allMatch(request -> request.contains("dryRun=All"));
  }
}
