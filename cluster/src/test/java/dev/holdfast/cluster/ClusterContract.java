package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.Item;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Cluster} does; each test has a namespace of its own. */
@org.jspecify.annotations.NullUnmarked
abstract class ClusterContract {

  protected final Operation op = Operation.start().within(Duration.ofMinutes(2));
  protected Cluster cluster;
  private Discovery discovery;
  private String namespace;

  abstract Cluster connect();

  @BeforeEach
  void prepare() {
    cluster = connect();
    discovery = cluster.discover(op);
    namespace = "contract-" + Long.toString(System.nanoTime(), 36);
    var _ =
        cluster.create(
            op,
            type("namespaces"),
            "",
            object("v1", "Namespace", "", namespace),
            WriteOptions.NONE);
  }

  @AfterEach
  void cleanUp() {
    try {
      cluster.delete(op, type("namespaces"), "", namespace, DeleteOptions.NONE);
    } catch (Failure.Absent | Failure.Conflict e) {
      // the test has ended it
    }
    cluster.close();
  }

  private ResourceType type(String name) {
    return discovery.find(GroupResource.parse(name)).orElseThrow();
  }

  private static byte[] object(String apiVersion, String kind, String namespace, String name) {
    ObjectNode object =
        Json.MAPPER.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    return Json.bytes(object);
  }

  private byte[] configMap(String name, String value) {
    ObjectNode object = Json.object(object("v1", "ConfigMap", namespace, name), "it");
    object.putObject("data").put("key", value);
    object.withObject("metadata").putObject("labels").put("app", name);
    return Json.bytes(object);
  }

  private Item create(String name, String value) {
    return cluster.create(
        op, type("configmaps"), namespace, configMap(name, value), WriteOptions.NONE);
  }

  private static String value(Item item) {
    return Json.object(item.json(), "item").path("data").path("key").asText();
  }

  private static String metadata(Item item, String field) {
    return Json.object(item.json(), "item").path("metadata").path(field).asText();
  }

  @Test
  void discoversTypesWithVersionsVerbsAndScope() {
    ResourceType deployments = type("deployments.apps");
    assertThat(deployments.apiVersion()).isEqualTo("apps/v1");
    assertThat(deployments.kind()).isEqualTo("Deployment");
    assertThat(deployments.namespaced()).isTrue();
    assertThat(deployments.can("list")).isTrue();
    assertThat(deployments.shortNames()).contains("deploy");
    assertThat(type("namespaces").namespaced()).isFalse();
    assertThat(discovery.types()).noneMatch(t -> t.resource().contains("/"));
    assertThat(discovery.serverVersion()).startsWith("v1.");
  }

  @Test
  void createsAndGetsWithTheServersBytes() {
    Item created = create("one", "é<&>");
    assertThat(created.name()).isEqualTo("one");
    assertThat(created.namespace()).isEqualTo(namespace);
    Item got = cluster.get(op, type("configmaps"), namespace, "one").orElseThrow();
    assertThat(value(got)).isEqualTo("é<&>");
    assertThat(metadata(got, "uid")).isEqualTo(metadata(created, "uid")).isNotEmpty();
    assertThat(cluster.get(op, type("configmaps"), namespace, "none")).isEmpty();
  }

  @Test
  void aSecondCreateIsAConflict() {
    create("one", "a");
    assertThatThrownBy(() -> create("one", "b"))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("already exists");
  }

  @Test
  void whatTheServerRefusesIsRejectedInItsWords() {
    assertThatThrownBy(() ->
            cluster.create(
                op,
                type("configmaps"),
                namespace,
                object("v1", "ConfigMap", namespace, "No Name"),
                WriteOptions.NONE))
        .isInstanceOf(Failure.Rejected.class)
        .hasMessageContaining("No Name");
    assertThatThrownBy(() ->
            cluster.create(
                op,
                type("configmaps"),
                "nowhere",
                object("v1", "ConfigMap", "nowhere", "a"),
                WriteOptions.NONE))
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void listsAreCompleteWhateverThePage() {
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 23; i++) {
      create("item-" + i, "v");
      expected.add("item-" + i);
    }
    for (int page : new int[] {1, 7, 23, 0}) {
      List<String> names = new ArrayList<>();
      String version =
          cluster.list(
              op,
              type("configmaps"),
              namespace,
              new ListOptions(null, null, page),
              item -> {
                assertThat(new String(item.json(), StandardCharsets.UTF_8))
                    .contains("\"kind\":\"ConfigMap\"", "\"apiVersion\":\"v1\"");
                if (item.name().startsWith("item-")) {
                  names.add(item.name());
                }
              });
      assertThat(names).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(version).isNotEmpty();
    }
    List<String> one = new ArrayList<>();
    var _ =
        cluster.list(
            op,
            type("configmaps"),
            "",
            new ListOptions("app=item-3", "metadata.namespace=" + namespace, 0),
            item -> one.add(item.name()));
    assertThat(one).containsExactly("item-3");
  }

  @Test
  void dryRunStoresNothing() {
    var _ =
        cluster.create(
            op, type("configmaps"), namespace, configMap("dry", "v"), WriteOptions.DRY_RUN);
    assertThat(cluster.get(op, type("configmaps"), namespace, "dry")).isEmpty();
    create("there", "v");
    cluster.delete(
        op, type("configmaps"), namespace, "there", new DeleteOptions(null, null, null, true));
    assertThat(cluster.get(op, type("configmaps"), namespace, "there")).isPresent();
  }

  @Test
  void anUpdateOfAnOldVersionIsAConflict() {
    Item old = create("one", "a");
    ObjectNode changed = Json.object(old.json(), "item");
    changed.putObject("data").put("key", "b");
    Item updated =
        cluster.update(
            op, type("configmaps"), namespace, "one", Json.bytes(changed), WriteOptions.NONE);
    assertThat(value(updated)).isEqualTo("b");
    changed.putObject("data").put("key", "c");
    assertThatThrownBy(() ->
            cluster.update(
                op, type("configmaps"), namespace, "one", Json.bytes(changed), WriteOptions.NONE))
        .isInstanceOf(Failure.Conflict.class);
  }

  @Test
  void patchesOfEveryKind() {
    create("one", "a");
    ResourceType maps = type("configmaps");
    String merge = "{\"data\":{\"other\":\"x\"}}";
    String json = "[{\"op\":\"replace\",\"path\":\"/data/key\",\"value\":\"b\"}]";
    String strategic = "{\"metadata\":{\"labels\":{\"s\":\"1\"}}}";
    String apply =
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"one\",\"namespace\":\""
            + namespace
            + "\"},\"data\":{\"applied\":\"yes\"}}";
    patch(maps, PatchType.MERGE, merge);
    patch(maps, PatchType.JSON, json);
    patch(maps, PatchType.STRATEGIC, strategic);
    Item result = patch(maps, PatchType.APPLY, apply);
    var tree = Json.object(result.json(), "item");
    assertThat(tree.path("data").path("other").asText()).isEqualTo("x");
    assertThat(tree.path("data").path("key").asText()).isEqualTo("b");
    assertThat(tree.path("data").path("applied").asText()).isEqualTo("yes");
    assertThat(tree.path("metadata").path("labels").path("s").asText()).isEqualTo("1");
  }

  private Item patch(ResourceType type, PatchType patch, String text) {
    return patch(type, "one", patch, text);
  }

  private Item patch(ResourceType type, String name, PatchType patch, String text) {
    return cluster.patch(
        op, type, namespace, name, patch, text.getBytes(StandardCharsets.UTF_8), WriteOptions.NONE);
  }

  @Test
  void deletesOnlyTheObjectThatWasMeant() {
    Item item = create("one", "a");
    ResourceType maps = type("configmaps");
    assertThatThrownBy(() ->
            cluster.delete(
                op,
                maps,
                namespace,
                "one",
                new DeleteOptions("00000000-0000-0000-0000-000000000000", null, null, false)))
        .isInstanceOf(Failure.Conflict.class);
    cluster.delete(
        op, maps, namespace, "one", new DeleteOptions(metadata(item, "uid"), null, null, false));
    assertThat(cluster.get(op, maps, namespace, "one")).isEmpty();
    assertThatThrownBy(() -> cluster.delete(op, maps, namespace, "one", DeleteOptions.NONE))
        .isInstanceOf(Failure.Absent.class);
  }

  @Test
  void watchesFromAVersionOn() {
    ResourceType maps = type("configmaps");
    String version = cluster.list(op, maps, namespace, ListOptions.ALL, item -> {});
    create("one", "a");
    cluster.delete(op, maps, namespace, "one", DeleteOptions.NONE);
    List<String> events = new ArrayList<>();
    cluster.watch(
        op,
        maps,
        namespace,
        new ListOptions(null, null, 0),
        version,
        event -> {
          if (event.item().name().equals("one")) {
            events.add(event.kind() + " " + event.item().name());
          }
          return event.kind() != Cluster.Event.Kind.DELETED;
        });
    assertThat(events).containsExactly("ADDED one", "DELETED one");
  }

  @Test
  void saysWhatTheCallerMayDo() {
    assertThat(cluster.may(op, "list", GroupResource.parse("secrets"), namespace)).isTrue();
    Cluster nobody = cluster.as("nobody-in-particular", List.of());
    assertThat(nobody.may(op, "list", GroupResource.parse("secrets"), namespace)).isFalse();
    assertThatThrownBy(
            () -> nobody.list(op, type("secrets"), namespace, ListOptions.ALL, item -> {}))
        .isInstanceOf(Failure.Denied.class)
        .hasMessageContaining("nobody-in-particular");
  }

  @Test
  void knowsWhichClusterItIs() {
    assertThat(cluster.id(op)).isNotEmpty().isEqualTo(cluster.id(op));
  }

  @Test
  void manyCallersAtOnceAllSucceed() {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      numbers.add(i);
    }
    op.forEach(numbers.iterator(), 64, i -> create("many-" + i, "v"));
    List<String> names = new ArrayList<>();
    var _ =
        cluster.list(
            op, type("configmaps"), namespace, ListOptions.ALL, item -> names.add(item.name()));
    assertThat(names.stream().filter(n -> n.startsWith("many-"))).hasSize(300);
  }

  @Test
  void whatAClientMayNotChangeIsRejected() {
    ObjectNode secret = Json.object(object("v1", "Secret", namespace, "s"), "it");
    secret.put("immutable", true).put("type", "Opaque").putObject("data").put("k", "dg==");
    Item made =
        cluster.create(op, type("secrets"), namespace, Json.bytes(secret), WriteOptions.NONE);
    ObjectNode changed = Json.object(made.json(), "it");
    changed.withObject("data").put("k", "eA==");
    assertThatThrownBy(() ->
            cluster.update(
                op, type("secrets"), namespace, "s", Json.bytes(changed), WriteOptions.NONE))
        .isInstanceOf(Failure.Rejected.class)
        .hasMessageContaining("field is immutable when `immutable` is set");
  }

  @Test
  void aFinalizerKeepsWhatWasDeleted() {
    ObjectNode map = Json.object(configMap("held", "v"), "it");
    map.withObject("metadata").putArray("finalizers").add("example.org/hold");
    Item made =
        cluster.create(op, type("configmaps"), namespace, Json.bytes(map), WriteOptions.NONE);
    assertThat(metadata(made, "deletionTimestamp")).isEmpty();
    cluster.delete(op, type("configmaps"), namespace, "held", DeleteOptions.NONE);
    Item ending = cluster.get(op, type("configmaps"), namespace, "held").orElseThrow();
    assertThat(metadata(ending, "deletionTimestamp")).isNotEmpty();
    assertThatThrownBy(() -> create("held", "again")).isInstanceOf(Failure.Conflict.class);
    ObjectNode freed = Json.object(ending.json(), "it");
    freed.withObject("metadata").remove("finalizers");
    cluster.update(op, type("configmaps"), namespace, "held", Json.bytes(freed), WriteOptions.NONE);
    assertThat(cluster.get(op, type("configmaps"), namespace, "held")).isEmpty();
  }

  @Test
  void someTypesAreCreatedByAnUpdateAndOthersAreNot() {
    byte[] lease = object("coordination.k8s.io/v1", "Lease", namespace, "lead");
    Item made =
        cluster.update(
            op, type("leases.coordination.k8s.io"), namespace, "lead", lease, WriteOptions.NONE);
    assertThat(metadata(made, "uid")).isNotEmpty();
    assertThatThrownBy(() ->
            cluster.update(
                op,
                type("leases.coordination.k8s.io"),
                namespace,
                "lead",
                lease,
                WriteOptions.NONE))
        .isInstanceOf(Failure.Rejected.class)
        .hasMessageContaining("must be specified for an update");
    assertThatThrownBy(() ->
            cluster.update(
                op,
                type("configmaps"),
                namespace,
                "none",
                configMap("none", "v"),
                WriteOptions.NONE))
        .isInstanceOf(Failure.Absent.class);
  }

  @Test
  void nothingNewEntersANamespaceThatEnds() {
    ObjectNode map = Json.object(configMap("held", "v"), "it");
    map.withObject("metadata").putArray("finalizers").add("example.org/hold");
    var _ = cluster.create(op, type("configmaps"), namespace, Json.bytes(map), WriteOptions.NONE);
    cluster.delete(op, type("namespaces"), "", namespace, DeleteOptions.NONE);
    assertThatThrownBy(() -> create("late", "v"))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("being terminated");
    patch(type("configmaps"), "held", PatchType.MERGE, "{\"metadata\":{\"finalizers\":null}}");
  }
}
