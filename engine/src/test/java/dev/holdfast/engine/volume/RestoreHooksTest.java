package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.Gzip;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.engine.restore.RestoreOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hooks of restores, in pods that really run: init containers and commands. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class RestoreHooksTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: db
        namespace: shop
        labels: {app: db}
        annotations: {backup.velero.io/backup-volumes-excludes: data, ANNOTATIONS}
      spec:
        terminationGracePeriodSeconds: 0
        initContainers:
        - name: own
          image: localhost/host
          command: [sh, -c, "echo own >> /data/order"]
          volumeMounts: [{name: data, mountPath: /data}]
        containers:
        - name: db
          image: localhost/host
          command: [sh, -c, "echo started >> /data/order; exec sleep infinity"]
          volumeMounts: [{name: data, mountPath: /data}]
        - name: side
          image: localhost/host
          command: [sh, -c, "sleep 1; touch /data/ready; exec sleep infinity"]
          readinessProbe: {exec: {command: [test, -e, /data/ready]}}
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, emptyDir: {}}]
      """;

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
  }

  @AfterEach
  void close() {
    town.close();
  }

  /** Backs the pod up as objects, deletes it and restores it. */
  private RestoreOutcome restore(String annotations, String hooks) {
    town.apply(APPLICATION.replace("ANNOTATIONS", annotations));
    town.ready("shop", "db");
    var _ = town.backup(Town.op(), "first", "shop", "");
    town.delete("namespaces", "", "shop");
    String more = hooks.isEmpty() ? "" : ",'hooks':{'resources':[" + hooks + "]}";
    RestoreOutcome outcome =
        town.restore(Town.op(), "back", "first", more + ",'namespaceMapping':{'shop':'copy'}");
    town.ready("copy", "db");
    return outcome;
  }

  private String log() throws IOException {
    try (var in = town.store().get(Town.op(), new RestoreKeys("back").logs())) {
      return new String(Gzip.decompress(in.readAllBytes(), "log"), StandardCharsets.UTF_8);
    }
  }

  private String order() {
    return town.exec("copy", "db", "db", "cat /data/order");
  }

  private static String exec(String script, String more) {
    return "{'exec':{'command':['sh','-c','" + script + "']" + more + "}}";
  }

  private static String entry(String name, String selector, String... hooks) {
    return "{'name':'" + name + "'," + selector + "'postHooks':[" + String.join(",", hooks) + "]}";
  }

  @Test
  @Tag("EBS-14")
  void annotationsGiveAnInitContainerAndACommandAndReplaceTheSpec() throws Exception {
    RestoreOutcome outcome =
        restore(
            "init.hook.restore.velero.io/container-image: localhost/host,"
                + " init.hook.restore.velero.io/container-name: prepare,"
                + " init.hook.restore.velero.io/command: '[\"echo\",\"prepared\"]',"
                + " post.hook.restore.velero.io/command: '[\"sh\",\"-c\",\"echo hooked >>"
                + " /data/order; echo done\"]'",
            entry("spec", "", exec("echo never >> /data/order", "")));
    assertThat(outcome.results().errors().all()).isEmpty();
    ObjectNode pod = town.get("pods", "copy", "db").orElseThrow();
    assertThat(pod.at("/spec/initContainers/0/name").asText()).isEqualTo("prepare");
    assertThat(pod.at("/spec/initContainers/1/name").asText()).isEqualTo("own");
    assertThat(pod.at("/status/initContainerStatuses/0/state/terminated/exitCode").asInt(-1))
        .isZero();
    assertThat(order()).isEqualTo("own\nstarted\nhooked\n");
    assertThat(log()).contains("wrote: done");
    assertThat(outcome.document().status().hookStatus().toString())
        .isEqualTo("{\"hooksAttempted\":1}");
  }

  @Test
  @Tag("EBS-14")
  void theSpecsHooksRunInOrderInThePodsThatItNames() {
    String init =
        "{'init':{'initContainers':[{'name':'first','image':'localhost/host',"
            + "'command':['sh','-c','echo first >> /data/order'],"
            + "'volumeMounts':[{'name':'data','mountPath':'/data'}]}]}}";
    RestoreOutcome outcome =
        restore(
            "",
            entry(
                    "matching",
                    "'includedNamespaces':['copy'],'labelSelector':{'matchLabels':{'app':'db'}},",
                    init,
                    exec("echo one >> /data/order", ""),
                    exec(
                        "test -e /data/ready && echo two >> /data/order",
                        ",'container':'side','waitForReady':true"))
                + ","
                + entry(
                    "other", "'includedNamespaces':['shop'],", exec("echo bad >> /data/order", ""))
                + ","
                + entry("more", "", exec("echo three >> /data/order", "")));
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(order())
        .startsWith("first\nown\nstarted\n")
        .contains("one\n", "two\n")
        .doesNotContain("bad");
    assertThat(order().indexOf("one")).isLessThan(order().indexOf("three"));
  }

  @Test
  void anErrorStopsThePodsOtherHooksOnlyIfItSaysSo() {
    RestoreOutcome outcome =
        restore(
            "",
            entry(
                "steps",
                "",
                exec("exit 137", ",'onError':'Continue'"),
                exec("echo one >> /data/order; exit 3", ",'onError':'Fail'"),
                exec("echo two >> /data/order", "")));
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .anyMatch(
            e -> e.contains("hook 'steps' of pod copy/db failed: it ended with exit status 137"))
        .anyMatch(e -> e.contains("exit status 3"));
    assertThat(outcome.complete()).isFalse();
    assertThat(order()).endsWith("one\n");
    assertThat(outcome.document().status().hookStatus().toString())
        .isEqualTo("{\"hooksAttempted\":2,\"hooksFailed\":2}");
  }

  @Test
  void aHookThatWaitsOrHangsTooLongIsAnError() {
    RestoreOutcome outcome =
        restore(
            "",
            entry(
                "slow",
                "",
                exec("sleep 60", ",'execTimeout':'2s'"),
                exec("true", ",'container':'nobody','waitTimeout':'3s'")));
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .anyMatch(e -> e.contains("did not end within 2 s"))
        .anyMatch(e -> e.contains("container nobody was not running within 3 s"));
  }
}
