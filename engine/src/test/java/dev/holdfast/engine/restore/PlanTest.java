package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Failure;
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

  private static ObjectNode pod(String name, String account) {
    return Harness.item(
        """
        {'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'harbour'},
         'spec':{'serviceAccountName':'%s','containers':[{'name':'c','image':'i'}]}}
        """
            .formatted(name, account));
  }

  private PlanEntry entry(Plan plan, String target) {
    return plan.entries().stream()
        .filter(e -> e.target().toString().equals(target))
        .findFirst()
        .orElseThrow(() -> new AssertionError(target + " is not in the plan"));
  }

  /** The sandbox's own admission answers; it refuses pods whose account is not there. */
  @Test
  void admissionIsAskedAndWhatCannotBeAskedYetIsUnknown() {
    ObjectNode service =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'harbour'},
             'spec':{'type':'Nonsense','ports':[{'port':80}]}}
            """);
    ObjectNode account =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'ServiceAccount',
             'metadata':{'name':'mine','namespace':'harbour'}}
            """);
    ObjectNode map =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'tides','namespace':'harbour'}}
            """);
    harness.backup(
        "asked", List.of(service, account, map, pod("stranger", "gone"), pod("later", "mine")));
    RestoreOptions options =
        Harness.options(
                "asked",
                """
                {"backupName": "asked", "existingResourcePolicy": "%s",
                 "namespaceMapping": {"harbour": "%s"}}
                """
                    .formatted("recreate", "pier"))
            .yes(true);
    Map<String, String> before = harness.objects();

    Plan plan = harness.serverDryRun(harness.cluster, options);

    assertThat(harness.objects()).as("nothing is written").isEqualTo(before);
    assertThat(entry(plan, "services/pier/web").action()).isEqualTo(Action.FAILS);
    assertThat(entry(plan, "services/pier/web").reason()).contains("Nonsense");
    assertThat(entry(plan, "pods/pier/stranger").action()).isEqualTo(Action.DENIED);
    assertThat(entry(plan, "pods/pier/stranger").reason()).contains("service account");
    assertThat(entry(plan, "serviceaccounts/pier/mine").action()).isEqualTo(Action.CREATE);
    assertThat(entry(plan, "pods/pier/later").action())
        .as("its account comes with the restore")
        .isEqualTo(Action.UNKNOWN);
    assertThat(entry(plan, "pods/pier/later").reason()).contains("serviceaccounts/pier/mine");
    assertThat(entry(plan, "configmaps/pier/tides"))
        .satisfies(e -> assertThat(e.action()).isEqualTo(Action.UNKNOWN))
        .satisfies(e -> assertThat(e.then()).isEqualTo("recreate"))
        .satisfies(e -> assertThat(e.changes()).isNotEmpty());

    Plan nowhere =
        harness.serverDryRun(
            harness.cluster,
            Harness.options(
                "nowhere",
                "{\"backupName\": \"asked\", \"namespaceMapping\": {\"harbour\": \"nowhere\"}}"));
    assertThat(nowhere.entries())
        .hasSize(5)
        .allSatisfy(e -> assertThat(e.action()).isEqualTo(Action.UNKNOWN))
        .allSatisfy(e -> assertThat(e.reason()).contains("namespaces/nowhere"));
    assertThat(nowhere.remarks()).contains("Namespace nowhere is created");
  }

  @Test
  void anUpdateIsAskedForAndAWebhookWithoutDryRunIsNoAnswer() {
    RestoreOptions options = Harness.options("asked", HARBOUR_TO_PIER.formatted("update"));
    Map<String, String> before = harness.objects();
    assertThat(
            entry(harness.serverDryRun(harness.cluster, options), "configmaps/pier/tides").then())
        .isEqualTo("update");
    assertThat(harness.objects()).isEqualTo(before);

    Cluster immutable =
        answeringPatch(new Failure.Rejected("data: Forbidden: immutable", null, null));
    assertThat(entry(harness.serverDryRun(immutable, options), "configmaps/pier/tides"))
        .satisfies(e -> assertThat(e.action()).isEqualTo(Action.FAILS))
        .satisfies(e -> assertThat(e.reason()).contains("immutable"));
    Cluster mute =
        answeringPatch(
            new Failure.Rejected("admission webhook \"w\" does not support dry run", null, null));
    assertThat(entry(harness.serverDryRun(mute, options), "configmaps/pier/tides").action())
        .isEqualTo(Action.UNKNOWN);
    Cluster broken =
        answeringPatch(new Failure.Unreachable("failed calling webhook \"w\"", null, null));
    assertThat(entry(harness.serverDryRun(broken, options), "configmaps/pier/tides"))
        .satisfies(e -> assertThat(e.action()).isEqualTo(Action.UNKNOWN))
        .satisfies(e -> assertThat(e.reason()).contains("webhook"));
  }

  private Cluster answeringPatch(Failure failure) {
    return harness.answering((method, _) -> method.equals("patch") ? failure : null);
  }

  @Test
  void whatIsAboutToGoIsNotTakenForThere() {
    ObjectNode held =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'ConfigMap',
             'metadata':{'name':'held','finalizers':['example.org/hold']}}
            """);
    harness.create("configmaps", "pier", held);
    harness.delete("configmaps", "pier", "held");
    ObjectNode wanted =
        Harness.item(
            """
            {'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'held','namespace':'pier'}}
            """);
    harness.backup("held", List.of(wanted));
    String spec = "{\"backupName\": \"held\"}";
    assertThat(entry(harness.plan(Harness.options("p", spec)), "configmaps/pier/held"))
        .satisfies(e -> assertThat(e.action()).isEqualTo(Action.UNKNOWN))
        .satisfies(e -> assertThat(e.reason()).contains("being deleted"));

    harness.delete("namespaces", "", "pier");
    assertThat(entry(harness.plan(Harness.options("q", spec)), "configmaps/pier/held"))
        .satisfies(e -> assertThat(e.action()).isEqualTo(Action.CREATE))
        .satisfies(e -> assertThat(e.reason()).contains("its namespace"));
  }
}
