package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who owned whom is so again, with the uids of now, and nobody loses anything by it. */
class OwnersTest {

  private static final String SHOP = "{\"backupName\": \"shop\"}";
  private static final String ROLE = "rbac.authorization.k8s.io/v1";

  @TempDir Path folder;
  private Harness harness;

  @BeforeEach
  void start() {
    harness = Harness.recorded(folder);
  }

  @AfterEach
  void stop() {
    harness.close();
  }

  private static ObjectNode owned(ObjectNode item, String apiVersion, String kind, String name) {
    item.withObject("/metadata")
        .withArray("/ownerReferences")
        .addObject()
        .put("apiVersion", apiVersion)
        .put("kind", kind)
        .put("name", name)
        .put("uid", "uid-" + name);
    return item;
  }

  private static ObjectNode item(String apiVersion, String kind, String namespace, String name) {
    ObjectNode item = Harness.item("{'apiVersion':'%s','kind':'%s'}".formatted(apiVersion, kind));
    ObjectNode metadata = item.putObject("metadata").put("name", name).put("uid", "uid-" + name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return item;
  }

  private static ObjectNode map(String name) {
    ObjectNode map = item("v1", "ConfigMap", "shop", name);
    map.putObject("data").put("k", "v");
    return map;
  }

  private static ObjectNode pod(String name, String account) {
    ObjectNode pod = item("v1", "Pod", "shop", name);
    ObjectNode spec = pod.putObject("spec").put("serviceAccountName", account);
    spec.putArray("containers").addObject().put("name", "c").put("image", "i");
    return pod;
  }

  private static ObjectNode claim(String name) {
    ObjectNode claim = item("v1", "PersistentVolumeClaim", "shop", name);
    ObjectNode spec = claim.putObject("spec");
    spec.putArray("accessModes").add("ReadWriteOnce");
    spec.putObject("resources").putObject("requests").put("storage", "1Gi");
    return claim;
  }

  private String uid(String type, String namespace, String name) {
    return Target.uid(harness.get(type, namespace, name));
  }

  private List<String> owners(String type, String namespace, String name) {
    List<String> uids = new ArrayList<>();
    for (JsonNode reference :
        harness.get(type, namespace, name).path("metadata").path("ownerReferences")) {
      uids.add(reference.path("uid").asText());
    }
    return uids;
  }

  /** A tenant's namespace, an operator's account, a pod's ephemeral volume. */
  @Test
  void whatOthersNeedComesFirstAlsoIfItsOwnerComesLater() {
    ObjectNode namespace =
        owned(item("v1", "Namespace", "", "shop"), ROLE, "ClusterRole", "tenant");
    ObjectNode account =
        owned(item("v1", "ServiceAccount", "shop", "web"), "v1", "ConfigMap", "operated");
    harness.backup(
        "shop",
        List.of(
            namespace,
            item(ROLE, "ClusterRole", "", "tenant"),
            account,
            map("operated"),
            pod("web-0", "web"),
            owned(claim("web-0-scratch"), "v1", "Pod", "web-0")));
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(owners("namespaces", "", "shop"))
        .containsExactly(uid("clusterroles.rbac.authorization.k8s.io", "", "tenant"));
    assertThat(owners("serviceaccounts", "shop", "web"))
        .containsExactly(uid("configmaps", "shop", "operated"));
    assertThat(owners("persistentvolumeclaims", "shop", "web-0-scratch"))
        .containsExactly(uid("pods", "shop", "web-0"));
    assertThat(outcome.secondWrites()).as("one for each of the three").isEqualTo(3);
  }

  @Test
  void ownersFollowANamespaceThatIsMapped() {
    harness.backup(
        "shop",
        List.of(
            item(ROLE, "ClusterRole", "", "tenant"),
            map("root"),
            owned(owned(map("leaf"), "v1", "ConfigMap", "root"), ROLE, "ClusterRole", "tenant")));
    var _ = harness.restore("first", SHOP);
    RestoreOutcome outcome =
        harness.restore(
            "copy", "{\"backupName\": \"shop\", \"namespaceMapping\": {\"shop\": \"copy\"}}");

    assertThat(owners("configmaps", "copy", "leaf"))
        .containsExactlyInAnyOrder(
            uid("configmaps", "copy", "root"),
            uid("clusterroles.rbac.authorization.k8s.io", "", "tenant"))
        .doesNotContain(uid("configmaps", "shop", "root"));
    assertThat(outcome.secondWrites()).isZero();
  }

  /** Such a name is not unique: what is there need not be what it was. */
  @Test
  void anOwnerOfTheSameNameThatWasAnotherObjectIsNoOwner() {
    ObjectNode root = map("root");
    root.withObject("/metadata").put("uid", "uid-of-a-later-root");
    harness.backup("shop", List.of(root, owned(map("leaf"), "v1", "ConfigMap", "root")));
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(owners("configmaps", "shop", "leaf")).isEmpty();
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .contains("without an owner", "configmaps/shop/leaf (ConfigMap root)");
  }

  @Test
  void anOwnerThatIsFilteredOutIsKeptIfItIsStillTheSameAndElseNamed() {
    harness.namespace("shop");
    ObjectNode live = map("root");
    live.withObject("/metadata").remove("uid");
    harness.create("configmaps", "shop", live);
    ObjectNode secret = item("v1", "Secret", "shop", "leaf");
    ObjectNode reference =
        (ObjectNode) owned(secret, "v1", "ConfigMap", "root").at("/metadata/ownerReferences/0");
    reference.put("uid", uid("configmaps", "shop", "root"));
    ObjectNode other = owned(item("v1", "Secret", "shop", "other"), "v1", "ConfigMap", "gone");
    ObjectNode lease = item("v1", "Secret", "shop", "of-a-node");
    harness.backup("shop", List.of(secret, other, owned(lease, "v1", "Node", "n1")));
    RestoreOutcome outcome = harness.restore("shop", SHOP);

    assertThat(owners("secrets", "shop", "leaf"))
        .containsExactly(uid("configmaps", "shop", "root"));
    assertThat(owners("secrets", "shop", "other")).isEmpty();
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .startsWith("1 items are restored without an owner")
        .contains("secrets/shop/other (ConfigMap gone)");

    RestoreOutcome copy =
        harness.restore(
            "copy", "{\"backupName\": \"shop\", \"namespaceMapping\": {\"shop\": \"copy\"}}");
    assertThat(owners("secrets", "copy", "leaf")).as("its owner is in another namespace").isEmpty();
    assertThat(copy.results().warnings().all()).singleElement().asString().startsWith("2 items");
  }

  @Test
  void whatIsThereAlreadyIsNotLinkedByThePolicyNone() {
    harness.namespace("shop");
    for (String name : List.of("a", "b")) {
      ObjectNode live = map(name);
      live.withObject("/metadata").remove("uid");
      harness.create("configmaps", "shop", live);
    }
    harness.backup(
        "shop",
        List.of(owned(map("a"), "v1", "ConfigMap", "b"), owned(map("b"), "v1", "ConfigMap", "a")));
    Map<String, String> before = harness.objects();
    RestoreOutcome none = harness.restore("none", SHOP);
    assertThat(none.count(Outcome.IDENTICAL)).isEqualTo(2);
    assertThat(harness.objects()).as("nothing is written").isEqualTo(before);

    RestoreOutcome update =
        harness.restore(
            "update", "{\"backupName\":\"shop\",\"existingResourcePolicy\":\"update\"}");
    assertThat(update.count(Outcome.IDENTICAL)).isEqualTo(2);
    assertThat(owners("configmaps", "shop", "a")).containsExactly(uid("configmaps", "shop", "b"));
    assertThat(owners("configmaps", "shop", "b")).containsExactly(uid("configmaps", "shop", "a"));
  }

  /** The garbage collector orphans the child, the restore links it to the new owner. */
  @Test
  void whatARecreatedObjectOwnsIsLinkedAnewBesideItsOtherOwners() {
    harness.namespace("shop");
    for (String name : List.of("owner", "elsewhere")) {
      ObjectNode live = map(name);
      live.withObject("/metadata").remove("uid");
      live.withObject("/data").put("k", "other");
      harness.create("configmaps", "shop", live);
    }
    String old = uid("configmaps", "shop", "owner");
    ObjectNode child = map("child");
    child.withObject("/metadata").remove("uid");
    for (String name : List.of("owner", "elsewhere")) {
      JsonNode references = owned(child, "v1", "ConfigMap", name).at("/metadata/ownerReferences");
      ((ObjectNode) references.get(references.size() - 1))
          .put("uid", uid("configmaps", "shop", name));
    }
    harness.create("configmaps", "shop", child);
    harness.backup("shop", List.of(map("owner"), owned(map("child"), "v1", "ConfigMap", "owner")));
    String spec = "{\"backupName\":\"shop\",\"existingResourcePolicy\":\"recreate\"}";
    RestoreOutcome outcome = harness.restore(Harness.options("again", spec).yes(true));

    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(uid("configmaps", "shop", "owner")).isNotEqualTo(old);
    assertThat(owners("configmaps", "shop", "child"))
        .containsExactlyInAnyOrder(
            uid("configmaps", "shop", "owner"), uid("configmaps", "shop", "elsewhere"));
  }

  @Test
  void anOwnerThatOnlyASecondAttemptCouldWriteIsLinkedThen() {
    harness.backup("shop", List.of(map("owner"), owned(map("leaf"), "v1", "ConfigMap", "owner")));
    Cluster denying =
        harness.answering((method, arguments) ->
            method.equals("create")
                    && new String((byte[]) arguments[3], StandardCharsets.UTF_8)
                        .contains("\"name\":\"owner\"")
                ? new Failure.Denied("not yet", null, null)
                : null);
    Progress dying =
        new Progress() {
          @Override
          public void phase(String name) {
            if (name.equals("publish")) {
              throw new Failure.Cancelled("killed");
            }
          }
        };
    RestoreOptions options = Harness.options("shop", SHOP);
    assertThatThrownBy(
            () -> new RestoreRun(denying, harness.store, options, dying).run(Operation.start()))
        .isInstanceOf(Failure.Cancelled.class);
    assertThat(owners("configmaps", "shop", "leaf")).isEmpty();
    RestoreOutcome outcome = harness.restore(options.resume(true));

    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.secondWrites()).isEqualTo(1);
    assertThat(owners("configmaps", "shop", "leaf"))
        .containsExactly(uid("configmaps", "shop", "owner"));
  }

  @Test
  void aLongChainOfOwnersIsOrdered() {
    int length = 60_000;
    try (Spool spool = Spool.create(folder)) {
      BitSet numbers = new BitSet();
      for (int i = 0; i < length; i++) {
        ObjectNode map = map("m" + i);
        if (i + 1 < length) {
          var _ = owned(map, "v1", "ConfigMap", "m" + (i + 1));
        }
        var _ =
            spool.add(
                ItemKey.of("configmaps", "shop", "m" + i),
                "v1",
                "ConfigMap",
                map.toString().getBytes(StandardCharsets.UTF_8));
        numbers.set(i);
      }
      KnownTypes known = KnownTypes.of(spool, new Discovery("", List.of(), Map.of()), null);
      Waves.Order order = Waves.of(spool, Owners.of(spool, known, numbers), numbers, new BitSet());
      assertThat(order.waves()).hasSize(length);
      assertThat(order.waves().getFirst().nextSetBit(0)).isEqualTo(length - 1);
      assertThat(order.late()).isEmpty();
    }
  }
}
