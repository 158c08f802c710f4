package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MappingTest {

  private static ObjectNode apply(
      String key,
      String item,
      StorageClassMapping classes,
      ImageMapping images,
      Predicate<String> exists) {
    RestoreContext plain = VeleroCases.context(Restore.Spec.empty(), Map.of());
    RestoreContext context =
        new RestoreContext(
            plain.spec(),
            "r",
            "b",
            plain.discovery(),
            classes,
            exists,
            NodeMapping.NONE,
            images,
            ResourceModifiers.NONE,
            plain.backup(),
            plain.podVolumes(),
            plain.volumesWithData());
    return ItemTransform.apply(ItemKey.parse(key), json(item), context).item();
  }

  private static ObjectNode classes(String key, String item) {
    return apply(
        key,
        item,
        StorageClassMapping.fromFlags(List.of("slow=fast")),
        ImageMapping.NONE,
        n -> true);
  }

  @Test
  @Tag("EBS-5")
  void storageClassesOfClaimsVolumesAndTemplatesAreMapped() {
    assertThat(
            classes("persistentvolumeclaims/a/b", "{'spec':{'storageClassName':'slow'}}")
                .at("/spec/storageClassName")
                .asText())
        .isEqualTo("fast");
    assertThat(
            classes("persistentvolumes/b", "{'spec':{'storageClassName':'slow'}}")
                .at("/spec/storageClassName")
                .asText())
        .isEqualTo("fast");
    assertThat(
            classes(
                    "statefulsets.apps/a/b",
                    "{'spec':{'volumeClaimTemplates':[{'spec':{'storageClassName':'slow'}},"
                        + "{'spec':{'storageClassName':'other'}},{'spec':{}}]}}")
                .findValuesAsText("storageClassName"))
        .containsExactly("fast", "other");
  }

  @Test
  @Tag("EBS-5")
  void aTargetClassThatDoesNotExistIsTheItemsError() {
    assertThatThrownBy(() ->
            apply(
                "persistentvolumeclaims/a/b",
                "{'spec':{'storageClassName':'slow'}}",
                StorageClassMapping.fromFlags(List.of("slow=fast")),
                ImageMapping.NONE,
                n -> false))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("'fast'")
        .hasMessageContaining("'slow'");
  }

  @Test
  @Tag("EBS-42")
  void imagesAreMappedInEveryKindOfTemplate() {
    String pod =
        "{'containers':[{'image':'reg.a/x:1'}],'initContainers':[{'image':'reg.a/y:1'}],"
            + "'volumes':[{'name':'m','image':{'reference':'reg.a/z:1'}}]}";
    String template = "{'spec':{'template':{'spec':" + pod + "}}}";
    ImageMapping images = ImageMapping.fromFlags(List.of("reg.a/=reg.b/"));
    for (String type :
        List.of(
            "deployments.apps",
            "statefulsets.apps",
            "daemonsets.apps",
            "replicasets.apps",
            "replicationcontrollers",
            "jobs.batch")) {
      assertThat(
              apply(type + "/a/b", template, StorageClassMapping.NONE, images, n -> true)
                  .toString())
          .as(type)
          .contains("reg.b/x:1", "reg.b/y:1", "reg.b/z:1")
          .doesNotContain("reg.a");
    }
    assertThat(
            apply("pods/a/b", "{'spec':" + pod + "}", StorageClassMapping.NONE, images, n -> true)
                .toString())
        .contains("reg.b/x:1", "reg.b/y:1")
        .doesNotContain("reg.a");
    assertThat(
            apply(
                    "cronjobs.batch/a/b",
                    "{'spec':{'jobTemplate':" + template + "}}",
                    StorageClassMapping.NONE,
                    images,
                    n -> true)
                .toString())
        .contains("reg.b/x:1")
        .doesNotContain("reg.a");
  }

  @Test
  void theFirstImageRuleThatFitsIsTheOnlyOne() {
    ImageMapping images =
        ImageMapping.fromConfigMaps(
            List.of(
                json(
                    "{'metadata':{'labels':{'velero.io/plugin-config':'','velero.io/change-image-name':'RestoreItemAction'}},'data':{'2':'b,c','1':'a:1"
                        + " , b:1'}}")));
    assertThat(
            apply(
                    "pods/a/b",
                    "{'spec':{'containers':[{'image':'a:1'}]}}",
                    StorageClassMapping.NONE,
                    images,
                    n -> true)
                .findValuesAsText("image"))
        .containsExactly("b:1");
  }

  @Test
  void configMapsAreFoundByTheirLabels() {
    String map =
        "{'metadata':{'name':'%s','labels':{'velero.io/plugin-config':'','velero.io/change-storage-class':"
            + "'%s'}},'data':{'slow':'fast'}}";
    ObjectNode right = json(map.formatted("one", "RestoreItemAction"));
    ObjectNode other = json(map.formatted("two", "ObjectStore"));
    ObjectNode plain = json("{'metadata':{'name':'x'},'data':{'slow':'wrong'}}");
    assertThat(StorageClassMapping.fromConfigMaps(List.of(plain, other, right)).classes())
        .containsExactly(Map.entry("slow", "fast"));
    assertThat(StorageClassMapping.fromConfigMaps(List.of(plain)))
        .isEqualTo(StorageClassMapping.NONE);
    assertThatThrownBy(() -> StorageClassMapping.fromConfigMaps(List.of(right, right)))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("one, one");
  }

  @Test
  void flagsWinOverConfigMapsAndMalformedOnesAreRefused() {
    StorageClassMapping flags = StorageClassMapping.fromFlags(List.of("a=b"));
    StorageClassMapping maps = new StorageClassMapping(Map.of("a", "x", "c", "d"));
    assertThat(flags.over(maps).classes()).containsOnly(Map.entry("a", "b"), Map.entry("c", "d"));
    for (String wrong : List.of("a", "=b", "a=", "a=b=c")) {
      assertThatThrownBy(() -> StorageClassMapping.fromFlags(List.of(wrong)))
          .isInstanceOf(Failure.Invalid.class);
    }
    assertThatThrownBy(() -> StorageClassMapping.fromFlags(List.of("a=b", "a=c")))
        .hasMessageContaining("twice");
    for (String wrong : List.of("a", "=b", "a=")) {
      assertThatThrownBy(() -> ImageMapping.fromFlags(List.of(wrong)))
          .isInstanceOf(Failure.Invalid.class);
    }
  }
}
