package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.json;
import static dev.holdfast.engine.restore.action.Items.transform;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Seeded;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("EBS-42")
class ItemTransformTest {

  private static final String MAPPED = "{'namespaceMapping':{'shop':'copy'}}";

  @Test
  void removesWhatTheServerSetsAndKeepsItApart() {
    Transformed result =
        transform(
            "configmaps/shop/a",
            """
            {'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'shop',
             'generateName':'a-','selfLink':'/x','uid':'u','resourceVersion':'7','generation':3,
             'creationTimestamp':'t','deletionTimestamp':'t','deletionGracePeriodSeconds':5,
             'ownerReferences':[{'kind':'Shop','name':'s','uid':'o'}],
             'managedFields':[{'manager':'m','operation':'Apply'}],
             'finalizers':['f'],'annotations':{'x':'y'},'labels':{'l':'1'}},
             'data':{'n':'1'},'status':{'phase':'x'}}\
            """);
    assertThat(result.item())
        .isEqualTo(
            json(
                """
                {'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'a','namespace':'shop',
                 'finalizers':['f'],'annotations':{'x':'y'},
                 'labels':{'l':'1','velero.io/backup-name':'source','velero.io/restore-name':'back'}},
                 'data':{'n':'1'}}\
                """));
    assertThat(result.ownerReferences()).hasSize(1);
    assertThat(result.applied()).isTrue();
    assertThat(result.status()).isNull();
    assertThat(result.skipped()).isFalse();
  }

  @Test
  void numbersKeepTheirDigits() {
    Transformed result =
        transform(
            "shops.example.org/shop/a",
            "{'metadata':{'name':'a'},'spec':{'n':1.50,'m':12345678901234567890}}");
    assertThat(Json.string(result.item().path("spec")))
        .isEqualTo("{\"n\":1.50,\"m\":12345678901234567890}");
  }

  @Test
  void namespacesAreMappedInNamespaceAndSubjectsAndClaimReferences() {
    assertThat(
            transform("configmaps/shop/a", "{'metadata':{'namespace':'shop'}}", MAPPED, Map.of()))
        .satisfies(t -> assertThat(t.item().at("/metadata/namespace").asText()).isEqualTo("copy"))
        .satisfies(t -> assertThat(t.target()).hasToString("configmaps/copy/a"));
    String namespace =
        "{'metadata':{'name':'shop','labels':{'kubernetes.io/metadata.name':'shop'}}}";
    assertThat(transform("namespaces/shop", namespace, MAPPED, Map.of()).item().at("/metadata"))
        .hasToString(
            "{\"name\":\"copy\",\"labels\":{\"kubernetes.io/metadata.name\":\"copy\","
                + "\"velero.io/backup-name\":\"source\",\"velero.io/restore-name\":\"back\"}}");
    String subjects =
        "{'metadata':{},'subjects':[{'kind':'ServiceAccount','name':'x','namespace':'shop'},"
            + "{'kind':'ServiceAccount','name':'x','namespace':'other'},{'kind':'User','name':'u'}]}";
    for (String type :
        List.of(
            "rolebindings.rbac.authorization.k8s.io/shop/b",
            "clusterrolebindings.rbac.authorization.k8s.io/b")) {
      ObjectNode item = transform(type, subjects, MAPPED, Map.of()).item();
      assertThat(item.at("/subjects/0/namespace").asText()).isEqualTo("copy");
      assertThat(item.at("/subjects/1/namespace").asText()).isEqualTo("other");
      assertThat(item.at("/subjects/2").has("namespace")).isFalse();
    }
    assertThat(
            transform("persistentvolumes/v", volume("Retain"), MAPPED, Map.of())
                .item()
                .at("/spec/claimRef"))
        .hasToString("{\"name\":\"data\",\"namespace\":\"copy\"}");
  }

  @Test
  void longNamesBecomeLabelValues() {
    RestoreContext context = VeleroCases.context(Restore.Spec.empty(), Map.of());
    String longName = "n".repeat(80);
    RestoreContext other =
        new RestoreContext(
            context.spec(),
            longName,
            longName,
            context.discovery(),
            context.storageClasses(),
            context.storageClassExists(),
            context.nodes(),
            context.images(),
            context.modifiers(),
            context.backup(),
            context.podVolumes(),
            context.volumesWithData());
    String label =
        ItemTransform.apply(ItemKey.parse("configmaps/a/b"), json("{}"), other)
            .item()
            .path("metadata")
            .path("labels")
            .path(ItemTransform.RESTORE_LABEL)
            .asText();
    assertThat(label).hasSize(63).startsWith("n".repeat(57));
  }

  @Test
  void podsLoseNodePriorityAndTokensAndBringClaimsAndPriorityClass() {
    Transformed result =
        transform(
            "pods/shop/web",
            """
            {'metadata':{'name':'web'},'spec':{'nodeName':'n1','priority':5,'serviceAccountName':'app',
             'priorityClassName':'high',
             'volumes':[{'name':'app-token-x1'},{'name':'data','persistentVolumeClaim':{'claimName':'data-0'}}],
             'containers':[{'name':'c','volumeMounts':[{'name':'app-token-x1'},{'name':'data'}]}],
             'initContainers':[{'name':'i','volumeMounts':[{'name':'app-token-x1'}]}],
             'ephemeralContainers':[{'name':'debug'}]},'status':{'phase':'Running'}}\
            """);
    assertThat(result.item().path("spec"))
        .isEqualTo(
            json(
                """
                {'serviceAccountName':'app','priorityClassName':'high',
                 'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-0'}}],
                 'containers':[{'name':'c','volumeMounts':[{'name':'data'}]}],
                 'initContainers':[{'name':'i'}]}\
                """));
    assertThat(result.additional())
        .extracting(ItemKey::toString)
        .containsExactly(
            "priorityclasses.scheduling.k8s.io/high", "persistentvolumeclaims/shop/data-0");
    assertThat(result.warnings()).singleElement().asString().contains("ephemeral containers");
  }

  @Test
  void whatHasEndedOrIsMadeByOthersIsSkippedWithTheReason() {
    assertThat(transform("pods/a/b", "{'status':{'phase':'Succeeded'}}").skipReason())
        .contains("Succeeded");
    assertThat(transform("pods/a/b", "{'status':{'phase':'Failed'}}").skipReason())
        .contains("Failed");
    assertThat(
            transform(
                    "pods/a/b", "{'metadata':{'annotations':{'kubernetes.io/config.mirror':'x'}}}")
                .skipReason())
        .contains("mirror");
    assertThat(transform("jobs.batch/a/b", "{'status':{'completionTime':'t'}}").skipReason())
        .contains("complete");
    assertThat(
            transform(
                    "apiservices.apiregistration.k8s.io/v1.",
                    "{'metadata':{'labels':{'kube-aggregator.kubernetes.io/automanaged':'onstart'}}}")
                .skipReason())
        .contains("by itself");
  }

  @Test
  void jobsLoseTheIdentityThatTheirControllerGaveThem() {
    ObjectNode job =
        transform(
                "jobs.batch/a/b",
                """
                {'spec':{'selector':{'matchLabels':{'controller-uid':'1','batch.kubernetes.io/controller-uid':'1'}},
                 'template':{'metadata':{'labels':{'controller-uid':'1','batch.kubernetes.io/controller-uid':'1','app':'x'}}}}}\
                """)
            .item();
    assertThat(job.at("/spec/selector").has("matchLabels")).isFalse();
    assertThat(job.at("/spec/template/metadata/labels")).hasToString("{\"app\":\"x\"}");
  }

  @Test
  void serviceAccountsLoseTheirAutomaticToken() {
    assertThat(
            transform(
                    "serviceaccounts/a/app",
                    "{'metadata':{'name':'app'},'secrets':[{'name':'app-token-1'},{'name':'mine'}]}")
                .item()
                .path("secrets"))
        .hasToString("[{\"name\":\"mine\"}]");
  }

  @Test
  void tokensAreMadeAnewAndAutomaticOnesLeftOut() {
    String token =
        "{'metadata':{'name':'%s','annotations':{'kubernetes.io/service-account.name':'app',"
            + "'kubernetes.io/service-account.uid':'1'}},'type':'kubernetes.io/service-account-token',"
            + "'data':{'token':'x','ca.crt':'x','namespace':'x','mine':'x'}}";
    Map<ItemKey, ObjectNode> backup =
        Map.of(
            ItemKey.parse("serviceaccounts/a/app"), json("{'secrets':[{'name':'app-token-1'}]}"));
    assertThat(
            transform("secrets/a/app-token-1", token.formatted("app-token-1"), "{}", backup)
                .skipReason())
        .contains("ServiceAccount app");
    Transformed own =
        transform("secrets/a/app-token-own", token.formatted("app-token-own"), "{}", backup);
    assertThat(own.skipped()).isFalse();
    assertThat(own.item().path("data")).hasToString("{\"mine\":\"x\"}");
    assertThat(own.item().at("/metadata/annotations"))
        .hasToString("{\"kubernetes.io/service-account.name\":\"app\"}");
    assertThat(
            transform("secrets/a/plain", "{'type':'Opaque','data':{'token':'x'}}")
                .item()
                .path("data"))
        .hasToString("{\"token\":\"x\"}");
  }

  private static String volume(String policy) {
    return "{'metadata':{'name':'v','annotations':{'pv.kubernetes.io/bound-by-controller':'yes',"
        + "'pv.kubernetes.io/provisioned-by':'p'}},'spec':{'persistentVolumeReclaimPolicy':'"
        + policy
        + "','claimRef':{'name':'data','namespace':'shop','uid':'1','resourceVersion':'2'}}}";
  }

  private static final String CLAIM =
      """
      {'metadata':{'name':'data','annotations':{'pv.kubernetes.io/bind-completed':'yes',
       'pv.kubernetes.io/bound-by-controller':'yes','volume.kubernetes.io/storage-provisioner':'p',
       'volume.beta.kubernetes.io/storage-provisioner':'p','volume.kubernetes.io/selected-node':'n',
       'velero.io/volume-snapshot-name':'s','velero.io/data-upload-name':'d','own':'1'}},
       'spec':{'volumeName':'v'},'status':{'phase':'Bound'}}\
      """;

  @Test
  @Tag("EBS-21")
  void volumesToRetainAreBoundAgain() {
    Map<ItemKey, ObjectNode> backup =
        Map.of(ItemKey.parse("persistentvolumes/v"), json(volume("Retain")));
    Transformed volume = transform("persistentvolumes/v", volume("Retain"));
    assertThat(volume.skipped()).isFalse();
    assertThat(volume.item().at("/spec/claimRef"))
        .hasToString("{\"name\":\"data\",\"namespace\":\"shop\"}");
    assertThat(volume.item().at("/metadata/annotations"))
        .hasToString("{\"pv.kubernetes.io/provisioned-by\":\"p\"}");
    Transformed claim = transform("persistentvolumeclaims/shop/data", CLAIM, "{}", backup);
    assertThat(claim.item().at("/spec/volumeName").asText()).isEqualTo("v");
    assertThat(claim.item().at("/metadata/annotations")).hasToString("{\"own\":\"1\"}");
    assertThat(claim.additional()).containsExactly(ItemKey.parse("persistentvolumes/v"));
  }

  @Test
  void volumesToDeleteAreProvisionedAnew() {
    Map<ItemKey, ObjectNode> backup =
        Map.of(ItemKey.parse("persistentvolumes/v"), json(volume("Delete")));
    assertThat(transform("persistentvolumes/v", volume("Delete")).skipReason())
        .contains("reclaim policy is Delete");
    Transformed claim = transform("persistentvolumeclaims/shop/data", CLAIM, "{}", backup);
    assertThat(claim.item().path("spec").has("volumeName")).isFalse();
    assertThat(claim.warnings()).isEmpty();
  }

  @Test
  void aClaimWhoseVolumeIsNotInTheBackupIsProvisionedAnewAndSaysSo() {
    Transformed claim = transform("persistentvolumeclaims/shop/data", CLAIM);
    assertThat(claim.item().path("spec").has("volumeName")).isFalse();
    assertThat(claim.additional()).isEmpty();
    assertThat(claim.warnings())
        .singleElement()
        .asString()
        .contains("v")
        .contains("not in the backup");
  }

  @Test
  void definitionsKeepUnknownFieldsByTheirSchema() {
    ObjectNode crd =
        transform(
                "customresourcedefinitions.apiextensions.k8s.io/x",
                """
                {'apiVersion':'apiextensions.k8s.io/v1','spec':{'preserveUnknownFields':true,
                 'versions':[{'schema':{'openAPIV3Schema':{'type':'object'}}},{'name':'bare'}]}}\
                """)
            .item();
    assertThat(crd.path("spec"))
        .isEqualTo(
            json(
                "{'versions':[{'schema':{'openAPIV3Schema':{'type':'object',"
                    + "'x-kubernetes-preserve-unknown-fields':true}}},{'name':'bare','schema':{'openAPIV3Schema':"
                    + "{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}]}"));
  }

  @Test
  void webhooksPromiseNoSideEffects() {
    String hooks =
        "{'apiVersion':'admissionregistration.k8s.io/v1','webhooks':[{'sideEffects':'Some'},"
            + "{'sideEffects':'NoneOnDryRun'},{'sideEffects':'Unknown'},{}]}";
    for (String type : List.of("mutating", "validating")) {
      assertThat(
              transform(type + "webhookconfigurations.admissionregistration.k8s.io/x", hooks)
                  .item()
                  .path("webhooks")
                  .findValuesAsText("sideEffects"))
          .containsExactly("None", "NoneOnDryRun", "None", "None");
    }
  }

  @Test
  void statusIsRestoredWhereTheRestoreOrTheItemSaysSo() {
    String item = "{'metadata':{'annotations':{%s}},'status':{'phase':'x'}}";
    String all = "{'restoreStatus':{'includedResources':['*'],'excludedResources':['secrets']}}";
    String one = "{'restoreStatus':{'includedResources':['shops.example.org']}}";
    String yes = "'velero.io/restore-status':'true'";
    String no = "'velero.io/restore-status':'false'";
    assertThat(transform("shops.example.org/a/b", item.formatted(""), all, Map.of()).status())
        .hasToString("{\"phase\":\"x\"}");
    assertThat(transform("secrets/a/b", item.formatted(""), all, Map.of()).status()).isNull();
    assertThat(transform("shops.example.org/a/b", item.formatted(""), one, Map.of()).status())
        .isNotNull();
    assertThat(transform("pods/a/b", item.formatted(""), one, Map.of()).status()).isNull();
    assertThat(transform("pods/a/b", item.formatted(yes)).status()).isNotNull();
    assertThat(transform("shops.example.org/a/b", item.formatted(no), all, Map.of()).status())
        .isNull();
  }

  @Test
  void whatIsTransformedStaysAsItIs() throws IOException {
    Map<ItemKey, ObjectNode> backup = VeleroCases.backup();
    RestoreContext context = VeleroCases.context(Restore.Spec.empty(), backup);
    List<ItemKey> keys = new ArrayList<>(backup.keySet());
    Seeded.check(
        300,
        random -> {
          ItemKey key = Seeded.pick(random, keys);
          ObjectNode original = java.util.Objects.requireNonNull(backup.get(key)).deepCopy();
          for (String field : List.of("status", "data", "spec")) {
            if (random.nextInt(6) == 0) {
              original.remove(field);
            }
          }
          ObjectNode before = original.deepCopy();
          Transformed once = ItemTransform.apply(key, original, context);
          assertThat(original).as("the item of the backup").isEqualTo(before);
          // Managed fields tell chosen node ports from allocated ones, so they come along.
          ObjectNode again = once.item().deepCopy();
          again.withObject("/metadata").set("managedFields", once.managedFields());
          assertThat(ItemTransform.apply(key, again, context).item()).isEqualTo(once.item());
        });
  }
}
