package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ResourceType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServedVersionTest {

  private static Discovery serving(String resource, String... apiVersions) {
    return new Discovery(
        "v1.36.2",
        List.of(apiVersions).stream()
            .map(v -> {
              String[] parts = v.split("/", -1);
              return new ResourceType(
                  parts[0], parts[1], "Kind", resource, "", List.of(), true, List.of(), true);
            })
            .toList(),
        Map.of());
  }

  private static String find(String resource, String from, String to, String spec) {
    ObjectNode item = json("{'apiVersion':'" + from + "','spec':" + spec + "}");
    GroupResource type = new GroupResource(from.split("/", -1)[0], resource);
    return ServedVersion.find(serving(resource, to), type, item).apiVersion();
  }

  @Test
  void whatIsServedIsWrittenAsItIs() {
    ObjectNode item = json("{'apiVersion':'autoscaling/v1'}");
    assertThat(
            ServedVersion.find(
                    serving("horizontalpodautoscalers", "autoscaling/v2", "autoscaling/v1"),
                    GroupResource.parse("horizontalpodautoscalers.autoscaling"),
                    item)
                .apiVersion())
        .isEqualTo("autoscaling/v1");
  }

  @ParameterizedTest
  @CsvSource({
    "cronjobs, batch/v1beta1, batch/v1",
    "horizontalpodautoscalers, autoscaling/v2beta2, autoscaling/v2",
    "rolebindings, rbac.authorization.k8s.io/v1beta1, rbac.authorization.k8s.io/v1",
    "statefulsets, apps/v1beta2, apps/v1",
    "networkpolicies, extensions/v1beta1, networking.k8s.io/v1",
    "ingressclasses, networking.k8s.io/v1beta1, networking.k8s.io/v1",
    "priorityclasses, scheduling.k8s.io/v1beta1, scheduling.k8s.io/v1",
    "storageclasses, storage.k8s.io/v1beta1, storage.k8s.io/v1",
    "flowschemas, flowcontrol.apiserver.k8s.io/v1beta2, flowcontrol.apiserver.k8s.io/v1",
  })
  void schemaEqualPairsAreConverted(String resource, String from, String to) {
    assertThat(find(resource, from, to, "{}")).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "ingresses, networking.k8s.io/v1beta1, networking.k8s.io/v1, pathType",
    "ingresses, extensions/v1beta1, networking.k8s.io/v1, pathType",
    "horizontalpodautoscalers, autoscaling/v2beta1, autoscaling/v2, metric targets",
    "customresourcedefinitions, apiextensions.k8s.io/v1beta1, apiextensions.k8s.io/v1, structural",
    "prioritylevelconfigurations, flowcontrol.apiserver.k8s.io/v1beta2, flowcontrol.apiserver.k8s.io/v1, not known",
    "shops, example.org/v1, example.org/v2, not known",
    "statefulsets, apps/v1beta1, apps/v1, update strategy",
  })
  void othersAreRefusedWithTheReason(String resource, String from, String to, String why) {
    assertThatThrownBy(() -> find(resource, from, to, "{}"))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining(why);
  }

  @Test
  void aDisruptionBudgetIsConvertedUnlessItsSelectorIsEmpty() {
    String from = "policy/v1beta1";
    assertThat(
            find(
                "poddisruptionbudgets",
                from,
                "policy/v1",
                "{'selector':{'matchLabels':{'a':'b'}}}"))
        .isEqualTo("policy/v1");
    assertThat(find("poddisruptionbudgets", from, "policy/v1", "{}")).isEqualTo("policy/v1");
    for (String empty : List.of("{'selector':{}}", "{'selector':{'matchLabels':{}}}")) {
      assertThatThrownBy(() -> find("poddisruptionbudgets", from, "policy/v1", empty))
          .hasMessageContaining("selects no pod in v1beta1 and every pod in v1");
    }
  }

  @Test
  void aTypeThatIsNotServedAtAllSaysWhatToInstall() {
    assertThatThrownBy(() ->
            ServedVersion.find(
                serving("pods", "/v1"),
                GroupResource.parse("shops.example.org"),
                json("{'apiVersion':'example.org/v1'}")))
        .isInstanceOfSatisfying(
            Failure.Unsupported.class,
            e ->
                assertThat(e.describe()).contains("shops.example.org", "CustomResourceDefinition"));
  }
}
