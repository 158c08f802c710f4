package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.patch.MergePatch;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  private static final GroupResource SERVICES = GroupResource.parse("services");

  @Test
  void anItemThatNobodyTouchedIsIdentical() throws IOException {
    Map<ItemKey, ObjectNode> backup = VeleroCases.backup();
    RestoreContext context = VeleroCases.context(Restore.Spec.empty(), backup);
    int compared = 0;
    for (var entry : backup.entrySet()) {
      Transformed wanted = ItemTransform.apply(entry.getKey(), entry.getValue(), context);
      ObjectNode live = entry.getValue().deepCopy();
      live.withObject("/metadata").put("uid", "another").put("resourceVersion", "9");
      live.withObject("/metadata").remove("managedFields");
      Comparison comparison = Comparison.of(entry.getKey().type(), live, wanted.item());
      assertThat(comparison.changes()).as(entry.getKey().toString()).isEmpty();
      assertThat(comparison.same()).as(entry.getKey().toString()).isTrue();
      compared++;
    }
    assertThat(compared).isGreaterThan(50);
  }

  @Test
  void aChangeIsFoundAndThePatchUndoesIt() throws IOException {
    Map<ItemKey, ObjectNode> backup = VeleroCases.backup();
    RestoreContext context = VeleroCases.context(Restore.Spec.empty(), backup);
    for (var entry : backup.entrySet()) {
      Transformed wanted = ItemTransform.apply(entry.getKey(), entry.getValue(), context);
      ObjectNode live = entry.getValue().deepCopy();
      live.withObject("/metadata").withObject("/annotations").put("added", "since");
      Comparison comparison = Comparison.of(entry.getKey().type(), live, wanted.item());
      assertThat(comparison.same()).as(entry.getKey().toString()).isFalse();
      ObjectNode patched = (ObjectNode) MergePatch.apply(live, comparison.patch());
      Comparison after = Comparison.of(entry.getKey().type(), patched, wanted.item());
      assertThat(after.same()).as(entry.getKey().toString()).isTrue();
      assertThat(after.patch()).as(entry.getKey().toString()).isEmpty();
    }
  }

  @Test
  void whatTheServerAllocatedStaysAndIsNoDifference() {
    ObjectNode live =
        json(
            "{'metadata':{'name':'s','uid':'1'},'spec':{'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],"
                + "'healthCheckNodePort':32000,'ports':[{'port':80,'nodePort':30080},{'port':81,'nodePort':31000}]}}");
    ObjectNode wanted =
        json(
            "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80,'nodePort':30080},{'port':81}]}}");
    assertThat(Comparison.of(SERVICES, live, wanted).same()).isTrue();
    ObjectNode other =
        json(
            "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80,'nodePort':30090},{'port':81}]}}");
    assertThat(Comparison.of(SERVICES, live, other).changes())
        .singleElement()
        .hasToString("~ spec.ports[port=80].nodePort: 30080 → 30090");
  }

  @Test
  void theVolumeThatAClaimGotIsNoDifference() {
    GroupResource claims = GroupResource.parse("persistentvolumeclaims");
    ObjectNode live = json("{'metadata':{'name':'c'},'spec':{'volumeName':'pvc-1','a':1}}");
    assertThat(Comparison.of(claims, live, json("{'metadata':{'name':'c'},'spec':{'a':1}}")).same())
        .isTrue();
    ObjectNode bound = json("{'metadata':{'name':'c'},'spec':{'volumeName':'pvc-2','a':1}}");
    assertThat(Comparison.of(claims, live, bound).same()).isFalse();
  }

  @Test
  void numbersSpelledOtherwiseAreNoDifference() {
    GroupResource shops = GroupResource.parse("shops.example.org");
    assertThat(Comparison.of(shops, json("{'spec':{'n':1.5}}"), json("{'spec':{'n':1.50}}")).same())
        .isTrue();
    assertThat(
            Comparison.of(shops, json("{'spec':{'n':1.5}}"), json("{'spec':{'n':'1.5'}}")).same())
        .isFalse();
  }

  @Test
  void theContentOfSecretsIsNeverTold() {
    ObjectNode live =
        json(
            "{'metadata':{'annotations':{'last':'hunter1'}},'data':{'password':'hunter1','old':'hunter3'},'type':'Opaque'}");
    ObjectNode wanted =
        json(
            "{'metadata':{'annotations':{'last':'hunter2'}},'data':{'password':'hunter2','new':'hunter4'},'type':'Other'}");
    String shown = Comparison.of(GroupResource.parse("secrets"), live, wanted).changes().toString();
    assertThat(shown)
        .doesNotContain("hunter")
        .contains(
            "~ data.password: (hidden) → (hidden)",
            "- data.old",
            "+ data.new",
            "\"Opaque\" → \"Other\"");
  }

  @Test
  void elementsOfListsAreNamed() {
    String pod =
        "{'spec':{'containers':[{'name':'a','image':'%s'},{'name':'b','args':['x','%s']}]}}";
    assertThat(
            FieldDiff.of(
                GroupResource.parse("pods"),
                json(pod.formatted("1", "y")),
                json(pod.formatted("2", "z"))))
        .extracting(FieldDiff.Change::toString)
        .containsExactly(
            "~ spec.containers[name=a].image: \"1\" → \"2\"",
            "~ spec.containers[name=b].args[1]: \"y\" → \"z\"");
    assertThat(
            FieldDiff.of(
                GroupResource.parse("pods"),
                json(
                    "{'metadata':{'annotations':{'example.org/a':'1'}},'l':[{'name':'a'},{'name':'b'}]}"),
                json("{'metadata':{'annotations':{}},'l':[{'name':'b'},{'name':'a'}]}")))
        .extracting(FieldDiff.Change::toString)
        .containsExactly(
            "- metadata.annotations[example.org/a]: \"1\"",
            "~ l: order [name=a, name=b] → order [name=b, name=a]");
  }

  @Test
  void serviceAccountsGainWhatTheyLackAndKeepWhatTheyHave() {
    ObjectNode live =
        json("{'metadata':{'name':'app','labels':{'a':'live'}},'secrets':[{'name':'s1'}]}");
    ObjectNode wanted =
        json(
            "{'metadata':{'name':'app','labels':{'a':'backup','b':'backup'},'annotations':{'c':'d'}},"
                + "'secrets':[{'name':'s2'},{'name':'s1'}],'imagePullSecrets':[{'name':'pull'}]}");
    ObjectNode patch = ServiceAccountMerge.patch(live, wanted);
    assertThat(
            Json.equal(
                MergePatch.apply(live, patch),
                json(
                    "{'metadata':{'name':'app','labels':{'a':'live','b':'backup'},'annotations':{'c':'d'}},"
                        + "'secrets':[{'name':'s1'},{'name':'s2'}],'imagePullSecrets':[{'name':'pull'}]}")))
        .isTrue();
    ObjectNode merged = (ObjectNode) MergePatch.apply(live, patch);
    assertThat(ServiceAccountMerge.patch(merged, wanted)).isEmpty();
  }
}
