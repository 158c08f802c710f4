package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("EBS-42")
class ResourceModifiersTest {

  private static final String WEB =
      "{'metadata':{'name':'web','namespace':'shop','labels':{'app':'web','tier':'front'}},"
          + "'spec':{'replicas':3,'template':{'spec':{'containers':[{'name':'web','image':'a:1'}]}}}}";

  private static String rule(String conditions, String change) {
    return "version: v1\nresourceModifierRules:\n- conditions: " + conditions + "\n  " + change;
  }

  private static ObjectNode deployment(String yaml) {
    return ResourceModifiers.parse(yaml).apply(GroupResource.parse("deployments.apps"), json(WEB));
  }

  private static boolean changes(String conditions) {
    String patch = "mergePatches: [{patchData: '{\"changed\": true}'}]";
    return deployment(rule(conditions, patch)).has("changed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{groupResource: deployments.apps}                              | true",
        "{groupResource: deployments}                                   | false",
        "{groupResource: '*.apps'}                                      | true",
        "{groupResource: '*'}                                           | false",
        "{groupResource: '**'}                                          | true",
        "{groupResource: 'd*.apps'}                                     | true",
        "{groupResource: '{deployments,statefulsets}.apps'}             | true",
        "{groupResource: 'deployment?.apps'}                            | true",
        "{groupResource: pods}                                          | false",
        "{groupResource: deployments.apps, namespaces: [shop, other]}   | true",
        "{groupResource: deployments.apps, namespaces: [other]}         | false",
        "{groupResource: deployments.apps, namespaces: ['*']}           | true",
        "{groupResource: deployments.apps, resourceNameRegex: 'e'}      | true",
        "{groupResource: deployments.apps, resourceNameRegex: '^e'}     | false",
        "{groupResource: deployments.apps, labelSelector: {matchLabels: {app: web}}} | true",
        "{groupResource: deployments.apps, labelSelector: {matchLabels: {app: db}}}  | false",
        "{groupResource: deployments.apps, labelSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}} | true",
        "{groupResource: deployments.apps, matches: [{path: /spec/replicas, value: '3'}]}     | true",
        "{groupResource: deployments.apps, matches: [{path: /spec/replicas, value: '\"3\"'}]} | false",
        "{groupResource: deployments.apps, matches: [{path: /spec/nothing, value: x}]}        | false",
        "{groupResource: deployments.apps, namespaces: [shop], matches: [{path: /metadata/name, value: db}]} | false",
      })
  void conditions(String conditions, boolean matches) {
    assertThat(changes(conditions)).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "5          | 5",
        "-1.50      | -1.50",
        "1e3        | 1E+3",
        "true       | true",
        "False      | false",
        "null       | null",
        "new        | \"new\"",
        "1.2.3      | \"1.2.3\"",
        "'\"5\"'    | \"5\"",
        "'\"true\"' | \"true\"",
        "''         | \"\"",
        "'{\"a\": 1}' | {\"a\":1}",
        "'[1, 2]'   | [1,2]",
      })
  void valuesAreTypedByTheirLook(String value, String wanted) {
    String quoted = value.startsWith("'") ? value : "'" + value + "'";
    ObjectNode result =
        deployment(
            rule(
                "{groupResource: deployments.apps}",
                "patches: [{operation: add, path: /x, value: " + quoted + "}]"));
    assertThat(Json.string(result.get("x"))).isEqualTo(wanted);
  }

  @Test
  void jsonPatchOperationsInOrder() {
    ObjectNode result =
        deployment(
            """
            version: v1
            resourceModifierRules:
            - conditions: {groupResource: deployments.apps}
              patches:
              - {operation: test, path: /spec/replicas, value: "3"}
              - {operation: replace, path: /spec/replicas, value: "0"}
              - {operation: copy, from: /metadata/name, path: /metadata/labels/copy}
              - {operation: move, from: /metadata/labels/tier, path: /metadata/labels/layer}
              - {operation: remove, path: "/metadata/labels/app"}
            """);
    assertThat(result.at("/spec/replicas").asInt()).isZero();
    assertThat(result.at("/metadata/labels")).isEqualTo(json("{'copy':'web','layer':'front'}"));
  }

  @Test
  void aTestThatDoesNotHoldLeavesTheItemAsItIs() throws IOException {
    ObjectNode map = json("{'metadata':{'name':'tides'},'data':{'period':'12s'}}");
    ResourceModifiers modifiers = ResourceModifiers.parse(VeleroCases.modifier("m-test"));
    assertThat(modifiers.apply(GroupResource.parse("configmaps"), map)).isEqualTo(map);
    ObjectNode other = json("{'metadata':{'name':'tides'},'data':{'period':'99s'}}");
    assertThat(modifiers.apply(GroupResource.parse("configmaps"), other).at("/data/extra").asText())
        .isEqualTo("new");
  }

  @Test
  void otherFailuresAreTheItemsErrorAndNameTheRule() throws IOException {
    ResourceModifiers modifiers = ResourceModifiers.parse(VeleroCases.modifier("m-json"));
    ObjectNode map = json("{'metadata':{'name':'tides'},'data':{'period':'12s'}}");
    assertThatThrownBy(() -> modifiers.apply(GroupResource.parse("configmaps"), map))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("rule 1")
        .hasMessageContaining("/data/table.csv");
    assertThat(map).isEqualTo(json("{'metadata':{'name':'tides'},'data':{'period':'12s'}}"));
  }

  @Test
  void conditionsSeeTheItemBeforeTheFirstRuleAndChangesAddUp() {
    ObjectNode result =
        deployment(
            """
            version: v1
            resourceModifierRules:
            - conditions: {groupResource: deployments.apps, matches: [{path: /spec/replicas, value: "3"}]}
              mergePatches: [{patchData: "spec: {replicas: 1}"}]
            - conditions: {groupResource: deployments.apps, matches: [{path: /spec/replicas, value: "3"}]}
              mergePatches: [{patchData: "spec: {paused: true}"}]
            - conditions: {groupResource: deployments.apps, matches: [{path: /spec/replicas, value: "1"}]}
              mergePatches: [{patchData: "spec: {never: true}"}]
            """);
    assertThat(result.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(result.at("/spec/paused").asBoolean()).isTrue();
    assertThat(result.path("spec").has("never")).isFalse();
  }

  @Test
  void strategicPatchesMergeContainersAndRefuseCustomResources() {
    String yaml =
        rule(
            "{groupResource: '**'}",
            "strategicPatches: [{patchData: '{\"spec\":{\"template\":{\"spec\":{\"containers\":"
                + "[{\"name\":\"side\",\"image\":\"s:1\"}]}}}}'}]");
    assertThat(deployment(yaml).at("/spec/template/spec/containers").findValuesAsText("name"))
        .containsExactly("side", "web");
    assertThatThrownBy(() ->
            ResourceModifiers.parse(yaml)
                .apply(GroupResource.parse("shops.example.org"), json(WEB)))
        .hasMessageContaining("built-in type")
        .hasMessageContaining("shops.example.org");
  }

  @Test
  void theyRunBeforeTheNamespaceIsMapped() {
    String yaml =
        rule(
            "{groupResource: configmaps, namespaces: [shop]}",
            "mergePatches: [{patchData: 'data: {a: x}'}]");
    RestoreContext context =
        VeleroCases.context(
            Items.spec("{'namespaceMapping':{'shop':'copy'}}"),
            java.util.Map.of(),
            ResourceModifiers.parse(yaml));
    Transformed result =
        ItemTransform.apply(
            dev.holdfast.model.ItemKey.parse("configmaps/shop/m"),
            json("{'metadata':{'name':'m','namespace':'shop'}}"),
            context);
    assertThat(result.item().at("/data/a").asText()).isEqualTo("x");
    assertThat(result.item().at("/metadata/namespace").asText()).isEqualTo("copy");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{version: v2, resourceModifierRules: []}  | only v1 is known",
        "{resourceModifierRules: []}               | document.version is missing",
        "{version: v1}                             | resourceModifierRules is empty",
        "{version: v1, rules: []}                  | document.rules is unknown",
        "5                                         | document must be an object",
        "{version: v1, resourceModifierRules: [{patches: []}]} | resourceModifierRules[0].conditions is missing",
        "{version: v1, resourceModifierRules: [{conditions: {}, patches: []}]} | resourceModifierRules[0].conditions.groupResource is missing",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: 7}, patches: 5}]} | groupResource must be a text",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: 5}]} | patches must be a list",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}}]} | needs exactly one of patches",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [], mergePatches: []}]} | needs exactly one of patches",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: grow, path: /a}]}]} | patches[0].operation is 'grow'",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: add, path: a}]}]} | does not begin with '/'",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: add, path: /a, value: 5}]}]} | value must be a text",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: add, path: /a, value: '{x'}]}]} | not valid JSON",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: copy, path: /a}]}]} | patches[0].from is missing",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a, resourceNameRegex: '('}, patches: []}]} | not a regular expression",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a, labelSelector: {matchExpressions: [{key: a, operator: Like}]}}, patches: []}]} | labelSelector is malformed",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, mergePatches: [{patchData: '5'}]}]} | must hold an object",
        "{version: v1, resourceModifierRules: [{conditions: {groupResource: a}, mergePatches: [{patchData: '{'}]}]} | patchData is not valid YAML",
        "{version: v1, version: v1}                | not valid YAML: Duplicate",
        "{version: v1                              | document is not valid YAML",
      })
  void malformedRulesAreRefusedWithTheirPlace(String yaml, String why) {
    assertThatThrownBy(() -> ResourceModifiers.parse(yaml))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageStartingWith("Resource modifiers: ")
        .hasMessageContaining(why);
  }

  @Test
  void theConfigMapHasOneKey() {
    ObjectNode map =
        json(
            "{'metadata':{'name':'m'},'data':{'any':'version: v1\\nresourceModifierRules: [{conditions: {groupResource: a}, patches: []}]'}}");
    assertThat(ResourceModifiers.fromConfigMap(map).rules()).hasSize(1);
    map.withObject("/data").put("second", "x");
    assertThatThrownBy(() -> ResourceModifiers.fromConfigMap(map))
        .hasMessageContaining("'m' has 2 keys");
  }
}
