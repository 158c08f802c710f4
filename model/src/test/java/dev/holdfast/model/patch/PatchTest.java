package dev.holdfast.model.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Seeded;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchTest {

  private static final List<String> NAMES = List.of("a", "b", "c", "d~/e");

  @Test
  void mergePatchOfADifferenceMakesTheOther() {
    Seeded.check(
        2000,
        random -> {
          ObjectNode from = object(random, 3);
          ObjectNode to = object(random, 3);
          ObjectNode before = from.deepCopy();
          ObjectNode patch = MergePatch.diff(from, to);
          assertThat(Json.equal(MergePatch.apply(from, patch), to)).isTrue();
          assertThat(from).isEqualTo(before);
          assertThat(patch.isEmpty()).isEqualTo(Json.equal(from, to));
        });
  }

  @Test
  void mergePatchRemovesByNullAndReplacesLists() {
    JsonNode patched =
        MergePatch.apply(
            json("{'a':{'b':1,'c':[1,2]},'d':5}"), json("{'a':{'b':null,'c':[3]},'e':{'f':1.50}}"));
    assertThat(patched).hasToString(json("{'a':{'c':[3]},'d':5,'e':{'f':1.50}}").toString());
  }

  @Test
  void mergePatchWhereAnObjectReplacesAPlainValue() {
    assertThat(MergePatch.apply(json("{'a':1}"), json("{'a':{'b':null,'c':2}}")))
        .isEqualTo(json("{'a':{'c':2}}"));
  }

  @Test
  void jsonPatchTakesBackWhatItDid() {
    Seeded.check(
        1000,
        random -> {
          ObjectNode document = object(random, 3);
          String name = Seeded.pick(random, NAMES);
          String path = "/" + name.replace("~", "~0").replace("/", "~1");
          JsonNode value = value(random, 2);
          String back = document.has(name) ? "replace" : "remove";
          List<JsonPatch.Op> ops =
              List.of(
                  new JsonPatch.Op("add", path, null, value),
                  new JsonPatch.Op("test", path, null, value),
                  new JsonPatch.Op("copy", "/copied", path, null),
                  new JsonPatch.Op("move", "/moved", "/copied", null),
                  new JsonPatch.Op("test", "/moved", null, value),
                  new JsonPatch.Op("remove", "/moved", null, null),
                  new JsonPatch.Op(back, path, null, document.get(name)));
          assertThat(JsonPatch.apply(document, ops)).contains(document);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add     | /l/1  | 9 | {'l':[1,9,2],'o':{}}",
        "add     | /l/-  | 9 | {'l':[1,2,9],'o':{}}",
        "add     | /l/2  | 9 | {'l':[1,2,9],'o':{}}",
        "add     | /o/x  | 9 | {'l':[1,2],'o':{'x':9}}",
        "replace | /l/0  | 9 | {'l':[9,2],'o':{}}",
        "remove  | /l/0  |   | {'l':[2],'o':{}}",
        "remove  | /o    |   | {'l':[1,2]}",
      })
  void jsonPatchOperations(String op, String path, String value, String wanted) {
    JsonNode node = value == null ? null : json(value);
    assertThat(
            JsonPatch.apply(
                json("{'l':[1,2],'o':{}}"), List.of(new JsonPatch.Op(op, path, null, node))))
        .contains(json(wanted));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "remove  | /x      | nothing at '/x'",
        "replace | /x      | nothing at '/x'",
        "add     | /x/y    | parent of 'y' is not there",
        "add     | /l/3    | not an index",
        "add     | /l/01   | not an index",
        "remove  | /l/-    | nothing at",
        "add     | l       | does not begin with '/'",
        "grow    | /l      | use add, remove",
        "add     | /l/0/x  | inside a plain value",
      })
  void jsonPatchSaysWhatDoesNotApply(String op, String path, String why) {
    ObjectNode document = object("{'l':[1,2]}");
    assertThatThrownBy(
            () -> JsonPatch.apply(document, List.of(new JsonPatch.Op(op, path, null, json("1")))))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining(path)
        .hasMessageContaining(why);
    assertThat(document).isEqualTo(object("{'l':[1,2]}"));
  }

  @Test
  void testComparesNumbersByValueAndAFailedTestChangesNothing() {
    ObjectNode document = object("{'n':1.50}");
    JsonPatch.Op same = new JsonPatch.Op("test", "/n", null, json("1.5"));
    JsonPatch.Op other = new JsonPatch.Op("test", "/n", null, json("'1.5'"));
    JsonPatch.Op add = new JsonPatch.Op("add", "/m", null, json("1"));
    assertThat(JsonPatch.apply(document, List.of(same, add))).isPresent();
    assertThat(JsonPatch.apply(document, List.of(add, other))).isEmpty();
    assertThat(document).isEqualTo(object("{'n':1.50}"));
  }

  @Test
  void aValueCannotMoveIntoItself() {
    assertThatThrownBy(() ->
            JsonPatch.apply(
                json("{'a':{'b':1}}"), List.of(new JsonPatch.Op("move", "/a/b/c", "/a", null))))
        .hasMessageContaining("into itself");
  }

  @Test
  void strategicMergeWithoutListsIsAMergePatch() {
    Seeded.check(
        1000,
        random -> {
          ObjectNode from = object(random, 2);
          ObjectNode patch = MergePatch.diff(from, object(random, 2));
          assertThat(StrategicMerge.apply(from, patch)).isEqualTo(MergePatch.apply(from, patch));
        });
  }

  private static final String DEPLOYMENT =
      """
      {'kind':'Deployment','metadata':{'name':'web','finalizers':['a']},'spec':{'template':{'spec':{
        'containers':[
          {'name':'web','image':'web:1','env':[{'name':'A','value':'1'},{'name':'B','value':'2'}],
           'ports':[{'containerPort':80},{'containerPort':443}],'args':['x','y']},
          {'name':'log','image':'log:1'}],
        'tolerations':[{'key':'a'}],
        'volumes':[{'name':'data','emptyDir':{}}]}}}}\
      """;

  @Test
  void listsWithAKeyAreMergedByElement() {
    JsonNode result = patched("{'containers':[{'name':'log','image':'log:2'},{'name':'new'}]}");
    assertThat(result.at("/containers/0/image").asText()).isEqualTo("web:1");
    assertThat(result.at("/containers/1/image").asText()).isEqualTo("log:2");
    assertThat(result.at("/containers/2/name").asText()).isEqualTo("new");
  }

  @Test
  void nestedListsHaveKeysOfTheirOwn() {
    JsonNode result =
        patched(
            "{'containers':[{'name':'web','env':[{'name':'B','value':'3'}],"
                + "'ports':[{'containerPort':443,'name':'tls'}],'args':['z']}]}");
    assertThat(result.at("/containers/0/env").toString())
        .isEqualTo(json("[{'name':'A','value':'1'},{'name':'B','value':'3'}]").toString());
    assertThat(result.at("/containers/0/ports/1/name").asText()).isEqualTo("tls");
    assertThat(result.at("/containers/0/ports").size()).isEqualTo(2);
    assertThat(result.at("/containers/0/args")).isEqualTo(json("['z']"));
  }

  @Test
  void listsWithoutAKeyAreReplaced() {
    assertThat(patched("{'tolerations':[{'key':'b'}]}").at("/tolerations"))
        .isEqualTo(json("[{'key':'b'}]"));
  }

  @Test
  void directives() {
    assertThat(patched("{'containers':[{'name':'web','$patch':'delete'}]}").at("/containers"))
        .isEqualTo(json("[{'name':'log','image':'log:1'}]"));
    assertThat(
            patched("{'containers':[{'$patch':'replace','name':'web','image':'i'},{'name':'x'}]}")
                .at("/containers"))
        .as("one element that says replace replaces the list, and is itself pruned")
        .hasToString("[{\"name\":\"x\"}]");
    assertThat(patched("{'containers':[{'$patch':'replace'},{'name':'x'}]}").at("/containers"))
        .isEqualTo(json("[{'name':'x'}]"));
    assertThat(
            patched("{'volumes':[{'name':'data','$retainKeys':['name','hostPath'],'hostPath':{}}]}")
                .at("/volumes/0"))
        .isEqualTo(json("{'name':'data','hostPath':{}}"));
    assertThat(
            patched("{'$setElementOrder/containers':[{'name':'log'},{'name':'web'}]}")
                .at("/containers/0/name")
                .asText())
        .isEqualTo("log");
    assertThat(
            StrategicMerge.apply(
                    object(DEPLOYMENT), object("{'metadata':{'finalizers':['b','a']}}"))
                .at("/metadata/finalizers"))
        .isEqualTo(json("['b','a']"));
    assertThat(
            StrategicMerge.apply(
                    object(DEPLOYMENT),
                    object("{'metadata':{'$deleteFromPrimitiveList/finalizers':['a']}}"))
                .at("/metadata/finalizers"))
        .isEqualTo(json("[]"));
  }

  /** What a kube-apiserver 1.36.2 makes of the same patches. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "web log | new             |             | new web log",
        "web log | log new         |             | web log new",
        "web log | new web         |             | new web log",
        "web log | log web         |             | log web",
        "web log | new             | log new web | log new web",
        "web log |                 | log web     | log web",
        "web log |                 | log         | web log",
        "a b c d | d x b           |             | a c d x b",
        "''      | new web         |             | new web",
      })
  void orderOfAMergedList(String before, String patch, String order, String after) {
    StringBuilder fields = new StringBuilder();
    if (patch != null) {
      fields.append("'containers':").append(named(patch));
    }
    if (order != null) {
      fields.append(patch == null ? "" : ",");
      fields.append("'$setElementOrder/containers':").append(named(order));
    }
    ObjectNode from = object("{'spec':{'containers':" + named(before) + "}}");
    assertThat(
            StrategicMerge.apply(from, object("{'spec':{" + fields + "}}")).at("/spec/containers"))
        .isEqualTo(json(named(after)));
    assertThat(from)
        .as("unchanged")
        .isEqualTo(object("{'spec':{'containers':" + named(before) + "}}"));
  }

  private static String named(String names) {
    return java.util.Arrays.stream(names.split(" "))
        .filter(name -> !name.isEmpty())
        .map(name -> "{'name':'" + name + "'}")
        .toList()
        .toString();
  }

  @Test
  void setsOfPlainValuesFollowThePatch() {
    String object = "{'metadata':{'finalizers':['a','c']}}";
    assertThat(finalizers(object, "'finalizers':['b']")).isEqualTo(json("['b','a','c']"));
    assertThat(finalizers(object, "'finalizers':['c','b','a']")).isEqualTo(json("['c','b','a']"));
    assertThat(
            finalizers(
                object,
                "'$setElementOrder/finalizers':['a','b'],'finalizers':['b'],"
                    + "'$deleteFromPrimitiveList/finalizers':['c']"))
        .isEqualTo(json("['a','b']"));
  }

  private static JsonNode finalizers(String object, String patch) {
    return StrategicMerge.apply(object(object), object("{'metadata':{" + patch + "}}"))
        .at("/metadata/finalizers");
  }

  @Test
  void whatIsNewToTheObjectIsTakenAsItIs() {
    assertThat(
            patched(
                    "{'containers':[{'name':'log','env':[{'name':'A'},{'name':'A','value':null}]}]}")
                .at("/containers/1/env"))
        .as("twice is twice")
        .isEqualTo(json("[{'name':'A'},{'name':'A'}]"));
    assertThat(
            patched("{'imagePullSecrets':[{'name':'p','$patch':'delete'},{'name':'q'}]}")
                .at("/imagePullSecrets"))
        .isEqualTo(json("[{'name':'q'}]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'containers':[{'image':'x'}]}                                  | merge key 'name'",
        "{'containers':['x']}                                            | merge key 'name'",
        "{'containers':[{'name':'web','$patch':'merge'}]}                | no $patch of a list",
        "{'$patch':'merge'}                                              | not a $patch directive",
        "{'volumes':[{'name':'data','$retainKeys':['name'],'hostPath':{}}]}"
            + "                                                   | does not name 'hostPath'",
        "{'$setElementOrder/containers':[{'name':'log'}],'containers':[{'name':'new'}]}"
            + "                                                   | not that of $setElementOrder",
      })
  void whatAServerRefusesIsRefused(String podSpec, String why) {
    assertThatThrownBy(() -> patched(podSpec))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining(why);
  }

  private static JsonNode patched(String podSpec) {
    String patch = "{'spec':{'template':{'spec':" + podSpec + "}}}";
    return StrategicMerge.apply(object(DEPLOYMENT), object(patch)).at("/spec/template/spec");
  }

  /** Without nulls: a merge patch cannot tell them from absence. */
  private static ObjectNode object(RandomGenerator random, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (String name : NAMES) {
      if (random.nextInt(3) > 0) {
        object.set(name, value(random, depth - 1));
      }
    }
    return object;
  }

  private static JsonNode value(RandomGenerator random, int depth) {
    int kind = random.nextInt(depth > 0 ? 5 : 3);
    return switch (kind) {
      case 0 -> JsonNodeFactory.instance.numberNode(random.nextInt(3));
      case 1 -> JsonNodeFactory.instance.textNode(Seeded.text(random, "xy", 2));
      case 2 -> JsonNodeFactory.instance.booleanNode(random.nextBoolean());
      case 3 -> object(random, depth);
      default -> {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (int i = random.nextInt(3); i > 0; i--) {
          list.add(value(random, depth - 1));
        }
        yield list;
      }
    };
  }

  private static ObjectNode object(String text) {
    return Json.object(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "test");
  }

  private static JsonNode json(String text) {
    try {
      return Json.MAPPER.readTree(text.replace('\'', '"'));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
