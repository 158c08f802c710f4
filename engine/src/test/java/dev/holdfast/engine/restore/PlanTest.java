package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan says what the restore then does, and writes nothing. */
class PlanTest {

  private static final String HARBOUR_TO_PIER =
      """
      {"backupName": "source", "includedNamespaces": ["harbour"],
       "excludedResources": ["services"],
       "existingResourcePolicy": "%s", "namespaceMapping": {"harbour": "pier"}}
      """;

  @TempDir Path folder;
  private Harness harness;

  @BeforeEach
  void start() {
    harness = Harness.recorded(folder);
    harness.namespace("pier");
    harness.create(
        "configmaps",
        "pier",
        Harness.item(
            """
            {'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'tides'},'data':{'a':'b'}}
            """));
    harness.create(
        "secrets",
        "pier",
        Harness.item(
            """
            {'apiVersion':'v1','kind':'Secret','metadata':{'name':'crane-key'},
             'type':'Opaque','data':{'key':'c2VjcmV0'}}
            """));
  }

  @AfterEach
  void stop() {
    harness.close();
  }

  @Test
  @Tag("EMF-22")
  void itIsWhatTheRestoreThenDoes() {
    for (String policy : List.of("none", "update")) {
      RestoreOptions options = Harness.options(policy, HARBOUR_TO_PIER.formatted(policy));
      Map<String, String> before = harness.objects();

      Plan plan = harness.plan(options);

      assertThat(harness.objects()).as("a plan writes nothing").isEqualTo(before);
      Map<Outcome, Integer> expected = new TreeMap<>();
      plan.entries().forEach(e -> expected.merge(fate(e), 1, Integer::sum));
      assertThat(plan.counts()).containsKeys(Action.DIFFERS);
      RestoreOutcome outcome = harness.restore(options);
      assertThat(new TreeMap<>(outcome.counts()))
          .as(outcome.results().errors().all().toString())
          .isEqualTo(expected);
    }
    Plan after = harness.plan(Harness.options("again", HARBOUR_TO_PIER.formatted("none")));
    assertThat(after.counts()).doesNotContainKey(Action.CREATE).containsKey(Action.IDENTICAL);
  }

  private static Outcome fate(PlanEntry entry) {
    return switch (entry.action()) {
      case CREATE -> Outcome.CREATED;
      case IDENTICAL -> Outcome.IDENTICAL;
      case DIFFERS -> "keep".equals(entry.then()) ? Outcome.SKIPPED : Outcome.UPDATED;
      case SKIP -> Outcome.SKIPPED;
      case DENIED, UNKNOWN, FAILS -> Outcome.FAILED;
    };
  }

  @Test
  void itShowsFieldsButNoSecret() {
    Plan plan = harness.plan(Harness.options("look", HARBOUR_TO_PIER.formatted("none")));
    StringBuilder text = new StringBuilder();
    plan.print(text, e -> e.action() != Action.CREATE);

    assertThat(text.toString())
        .contains("differs, keep")
        .contains("configmaps/pier/tides (from configmaps/harbour/tides)")
        .contains("- data.a: \"b\"")
        .doesNotContain("c2VjcmV0")
        .contains(" create");
    assertThat(plan.json().path("items").toString())
        .contains("\"then\":\"keep\"")
        .doesNotContain("c2VjcmV0");
    assertThat(plan.nothingToDo()).isFalse();
  }

  @Test
  void modifiersThatDoNotApplyAreSeenBefore() {
    RestoreOptions options =
        Harness.options("bad", HARBOUR_TO_PIER.formatted("none"))
            .inputs(
                RestoreInputs.NONE.modifiers(
                    """
                    version: v1
                    resourceModifierRules:
                    - conditions: {groupResource: deployments.apps}
                      patches:
                      - {operation: remove, path: /spec/nothing}
                    """));
    Plan plan = harness.plan(options);
    assertThat(plan.entries())
        .filteredOn(e -> e.action() == Action.FAILS)
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains("resource modifier rule"));
    RestoreOutcome outcome = harness.restore(options);
    assertThat(outcome.count(Outcome.FAILED)).isEqualTo(1);
    assertThat(harness.find("deployments.apps", "pier", "gate")).isEmpty();
  }
}
