package dev.holdfast.cli;

import static org.awaitility.Awaitility.await;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** A sandbox with a small application in namespace {@code shop}, its kubeconfig, and a client. */
public final class Shore implements AutoCloseable {

  private final Operation op = Operation.start();
  private final Sandbox sandbox;
  private final Cluster cluster;
  private final Path kubeconfig;

  public Shore(Path folder) {
    this(folder, 0);
  }

  /** With simulated nodes, on which pods run. */
  public Shore(Path folder, int nodes) {
    kubeconfig = folder.resolve("kubeconfig");
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig).nodes(nodes));
    cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null));
    create("namespaces", "", "{\"metadata\":{\"name\":\"shop\"}}");
    configMap("web", "1");
    configMap("prices", "12.50");
    create(
        "secrets",
        "shop",
        "{\"metadata\":{\"name\":\"key\"},\"data\":{\"token\":\"aHVzaC1odXNo\"}}");
    create(
        "services",
        "shop",
        "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"ports\":[{\"port\":80}]}}");
    if (nodes == 0) {
      await().until(sandbox::settled);
    }
    await().until(() -> has("serviceaccounts/shop/default"));
    await().until(() -> has("configmaps/shop/kube-root-ca.crt"));
  }

  public Path kubeconfig() {
    return kubeconfig;
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  public void configMap(String name, String value) {
    create(
        "configmaps",
        "shop",
        "{\"metadata\":{\"name\":\"%s\"},\"data\":{\"value\":\"%s\"}}".formatted(name, value));
  }

  public void create(String type, String namespace, String json) {
    ResourceType found = type(type);
    var item = Json.object(json.getBytes(StandardCharsets.UTF_8), "test item");
    item.put("apiVersion", found.apiVersion()).put("kind", found.kind());
    var _ = cluster.create(op, found, namespace, Json.bytes(item), Cluster.WriteOptions.NONE);
  }

  public boolean has(String item) {
    ItemKey key = ItemKey.parse(item);
    return cluster.get(op, type(key.type().toString()), key.namespace(), key.name()).isPresent();
  }

  /** Waits until a pod of namespace {@code shop} is ready. */
  public void ready(String pod) {
    Operation patience = op.within(Duration.ofMinutes(2));
    ResourceType pods = type("pods");
    String wanted = "\"type\":\"Ready\",\"status\":\"True\"";
    String found = "";
    while (!found.contains(wanted)) {
      try {
        patience.pause(Duration.ofMillis(50));
      } catch (Failure.Cancelled e) {
        throw new AssertionError("Pod " + pod + " is not ready: " + found, e);
      }
      found =
          cluster
              .get(op, pods, "shop", pod)
              .map(item -> new String(item.json(), StandardCharsets.UTF_8))
              .orElse("");
    }
  }

  /** Deletes an item and waits until it is gone. */
  public void delete(String item) {
    ItemKey key = ItemKey.parse(item);
    ResourceType type = type(key.type().toString());
    cluster.delete(op, type, key.namespace(), key.name(), Cluster.DeleteOptions.NONE);
    Operation patience = op.within(Duration.ofMinutes(2));
    while (has(item)) {
      patience.pause(Duration.ofMillis(20));
    }
  }

  private ResourceType type(String type) {
    return cluster.discover(op).find(GroupResource.parse(type)).orElseThrow();
  }

  @Override
  public void close() {
    cluster.close();
    sandbox.close();
  }
}
