package dev.holdfast.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.archive.Results;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A restore that is killed at any step and started again ends like one that was not disturbed: the
 * same objects, the same records, nothing twice.
 */
@Tag("EMF-22")
class RestoreKillTest {

  @TempDir Path folder;

  private static RestoreOptions options(String name, String policy) {
    return Harness.options(
            name,
            """
            {"backupName": "source", "includedNamespaces": ["harbour"],
             "existingResourcePolicy": "%s",
             "namespaceMapping": {"harbour": "%s"}}
            """
                .formatted(policy, name))
        .yes(true)
        .parallel(3);
  }

  @Test
  void killedAnywhereAndResumedIsAsUndisturbed() throws IOException {
    try (Harness harness = Harness.recorded(folder)) {
      var _ = harness.restore(options("calm", "none"));
      State calm = State.of(harness, "calm");
      int kills = 0;
      for (int calls = 1; ; calls++) {
        String name = "killed-" + calls;
        KillSwitch kill = new KillSwitch(calls);
        if (!runAndDie(harness, options(name, "none"), kill)) {
          break;
        }
        kills++;
        RestoreOutcome outcome = resume(harness, options(name, "none"));
        if (outcome != null) {
          assertThat(outcome.results().errors().count()).as("errors after " + calls).isZero();
        }
        compare(State.of(harness, name), calm, calls);
      }
      assertThat(kills).isGreaterThan(40);
    }
  }

  /** Objects that exist and differ: what was changed is changed once, and said so. */
  @ParameterizedTest
  @ValueSource(strings = {"update", "recreate"})
  void changesOfExistingObjectsSurviveAKillToo(String policy) throws IOException {
    try (Harness harness = Harness.recorded(folder)) {
      prepare(harness, "calm");
      var _ = harness.restore(options("calm", policy));
      State calm = State.of(harness, "calm");
      assertThat(calm.records()).contains("updated");
      for (int calls = 8; ; calls += 2) {
        String name = "killed-" + calls;
        prepare(harness, name);
        KillSwitch kill = new KillSwitch(calls);
        if (!runAndDie(harness, options(name, policy), kill)) {
          break;
        }
        var _ = resume(harness, options(name, policy));
        compare(State.of(harness, name), calm, calls);
      }
    }
  }

  /** Owners first, a circle, an account whose owner comes later, an owner that is made anew. */
  @ParameterizedTest
  @ValueSource(strings = {"none", "recreate"})
  void ownersAreLinkedWhereverItWasKilled(String policy) throws IOException {
    try (Harness harness = Harness.empty(folder)) {
      harness.backup(
          "source",
          List.of(
              owned("ConfigMap", "child", "ConfigMap", "owner"),
              owned("ConfigMap", "one", "ConfigMap", "two"),
              owned("ConfigMap", "two", "ConfigMap", "one"),
              owned("ServiceAccount", "account", "ConfigMap", "owner"),
              owned("ConfigMap", "owner", "", "")));
      town(harness, "calm");
      RestoreOutcome undisturbed = harness.restore(options("calm", policy));
      assertThat(undisturbed.results().errors().all()).isEmpty();
      State calm = State.of(harness, "calm");
      assertThat(calm.objects().toString()).doesNotContain("dangling");
      assertThat(calm.records()).contains(policy.equals("none") ? "skipped" : "updated");
      int kills = 0;
      for (int calls = 6; ; calls++) {
        String name = "killed-" + calls;
        town(harness, name);
        KillSwitch kill = new KillSwitch(calls);
        if (!runAndDie(harness, options(name, policy), kill)) {
          break;
        }
        kills++;
        var _ = resume(harness, options(name, policy));
        compare(State.of(harness, name), calm, calls);
      }
      assertThat(kills).isGreaterThan(15);
    }
  }

  private static ObjectNode owned(String kind, String name, String ownerKind, String owner) {
    ObjectNode item = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", kind);
    ObjectNode metadata = item.putObject("metadata").put("name", name);
    metadata.put("namespace", "harbour").put("uid", "uid-" + name);
    if (!owner.isEmpty()) {
      metadata
          .putArray("ownerReferences")
          .addObject()
          .put("apiVersion", "v1")
          .put("kind", ownerKind)
          .put("name", owner)
          .put("uid", "uid-" + owner);
    }
    if (kind.equals("ConfigMap")) {
      item.putObject("data").put("k", "v");
    }
    return item;
  }

  /** An owner that differs, and its child. */
  private static void town(Harness harness, String namespace) {
    harness.namespace(namespace);
    ObjectNode owner = owned("ConfigMap", "owner", "", "");
    owner.withObject("/metadata").put("namespace", namespace).remove("uid");
    owner.withObject("/data").put("k", "other");
    harness.create("configmaps", namespace, owner);
    ObjectNode child = owned("ConfigMap", "child", "ConfigMap", "owner");
    child.withObject("/metadata").put("namespace", namespace).remove("uid");
    ((ObjectNode) child.at("/metadata/ownerReferences/0"))
        .put("uid", Target.uid(harness.get("configmaps", namespace, "owner")));
    harness.create("configmaps", namespace, child);
  }

  private static void compare(State state, State calm, int calls) {
    String when = "killed after " + calls + " calls";
    assertThat(state.records()).as(when).isEqualTo(calm.records());
    assertThat(state.results()).as(when).isEqualTo(calm.results());
    assertThat(state.objects().keySet()).as(when).isEqualTo(calm.objects().keySet());
    calm.objects()
        .forEach((key, item) ->
            assertThat(state.objects().get(key)).as(when + ": " + key).isEqualTo(item));
  }

  private static void prepare(Harness harness, String namespace) {
    ObjectNode space = Json.MAPPER.createObjectNode().put("apiVersion", "v1");
    space.put("kind", "Namespace").putObject("metadata").put("name", namespace);
    harness.create("namespaces", "", space);
    ObjectNode map = Json.MAPPER.createObjectNode().put("apiVersion", "v1");
    map.put("kind", "ConfigMap").putObject("metadata").put("name", "tides");
    map.putObject("data").put("period", "other");
    harness.create("configmaps", namespace, map);
    ObjectNode secret = Json.MAPPER.createObjectNode().put("apiVersion", "v1");
    secret.put("kind", "Secret").putObject("metadata").put("name", "crane-key");
    secret.put("type", "Opaque");
    harness.create("secrets", namespace, secret);
  }

  private static boolean runAndDie(Harness harness, RestoreOptions options, KillSwitch kill) {
    try {
      var _ =
          new RestoreRun(kill.on(harness.cluster), kill.on(harness.store), options, Progress.SILENT)
              .run(Operation.start());
      return false;
    } catch (Failure.Unreachable | Failure.Cancelled e) {
      assertThat(kill.struck()).as(e.getMessage()).isTrue();
      return true;
    }
  }

  /** Null if it was killed at its very end, after it had said that it ended. */
  private static @org.jspecify.annotations.Nullable RestoreOutcome resume(
      Harness harness, RestoreOptions options) {
    try {
      return harness.restore(options.resume(true));
    } catch (Failure.Conflict e) {
      assertThat(e).hasMessageContaining("has ended already");
      return null;
    }
  }

  /** Everything that a user can see of a restore. */
  record State(Map<String, String> objects, String records, String results) {
    static State of(Harness harness, String name) throws IOException {
      harness.settle();
      Map<String, String> objects = new TreeMap<>();
      Set<String> uids =
          harness.sandbox.snapshot().stream().map(o -> o.uid()).collect(Collectors.toSet());
      harness.sandbox.snapshot().stream()
          // a controller makes these when it comes to it, with names of its own
          .filter(o -> !o.type().resource().matches("endpoints|endpointslices"))
          .filter(o -> o.namespace().equals(name))
          .filter(o -> !o.name().equals("kube-root-ca.crt") && !o.name().equals("default"))
          .forEach(o -> {
            ObjectNode item = harness.get(o.type().toString(), o.namespace(), o.name());
            ObjectNode metadata = item.withObject("/metadata");
            for (String field :
                new String[] {
                  "uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"
                }) {
              metadata.remove(field);
            }
            // The server allocates addresses and chooses volumes, its controllers write the status.
            item.remove("status");
            item.withObject("/spec").remove(List.of("clusterIP", "clusterIPs", "volumeName"));
            metadata
                .path("ownerReferences")
                .forEach(r ->
                    ((ObjectNode) r)
                        .put("uid", uids.contains(r.path("uid").asText()) ? "*" : "dangling"));
            if (!metadata.path("annotations").has(RunMark.ANNOTATION)) {
              objects.put(o.type() + "/" + o.name(), neutral(item.toString(), name));
              return;
            }
            String mark = metadata.path("annotations").path(RunMark.ANNOTATION).asText();
            metadata
                .withObject("/annotations")
                .put(RunMark.ANNOTATION, mark.substring(mark.indexOf(' ') + 1));
            objects.put(o.type() + "/" + o.name(), neutral(item.toString(), name));
          });
      RestoreKeys keys = new RestoreKeys(name);
      Map<String, ?> list = ResourceList.read(read(harness, keys.resourceList()), "").byType();
      Results results = Results.read(read(harness, keys.results()), "");
      return new State(
          objects,
          neutral(list.toString(), name).replace("default(created)", "default(skipped)"),
          neutral(results.toString(), name));
    }

    private static String neutral(String text, String name) {
      return text.replace(name, "{name}").replaceAll("\\b3\\d{4}\\b", "{port}");
    }

    private static byte[] read(Harness harness, String key) throws IOException {
      try (InputStream in = harness.store.get(Operation.start(), key)) {
        return in.readAllBytes();
      }
    }
  }
}
