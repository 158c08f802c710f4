package dev.holdfast.cli.demo;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/** What an unlucky evening does to the shop. Each blow is told as the kubectl command it equals. */
final class Disaster {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Cluster cluster;
  private final Discovery discovery;

  Disaster(Cluster cluster, Discovery discovery) {
    this.cluster = cluster;
    this.discovery = discovery;
  }

  void strike(Operation op, Consumer<String> tell) {
    tell.accept("kubectl delete namespace shop");
    delete(op, "namespaces", "", "shop");
    tell.accept("kubectl delete customresourcedefinition coupons.shop.example.com");
    delete(op, "customresourcedefinitions.apiextensions.k8s.io", "", "coupons.shop.example.com");
    tell.accept("kubectl delete secret orders-password -n shop-data");
    delete(op, "secrets", "shop-data", "orders-password");
    tell.accept("kubectl scale statefulset orders --replicas=0 -n shop-data");
    merge(op, "statefulsets.apps", "orders", "{\"spec\":{\"replicas\":0}}");
    tell.accept("kubectl edit configmap orders -n shop-data");
    merge(op, "configmaps", "orders", "{\"data\":{\"postgresql.conf\":\"fsync = off\\n\"}}");
  }

  private void delete(Operation op, String type, String namespace, String name) {
    ResourceType found = find(type);
    cluster.delete(op, found, namespace, name, Cluster.DeleteOptions.NONE);
    Operation waiting = op.within(PATIENCE);
    while (cluster.get(waiting, found, namespace, name).isPresent()) {
      waiting.pause(Duration.ofMillis(20));
    }
  }

  private void merge(Operation op, String type, String name, String patch) {
    cluster.patch(
        op,
        find(type),
        "shop-data",
        name,
        Cluster.PatchType.MERGE,
        patch.getBytes(StandardCharsets.UTF_8),
        Cluster.WriteOptions.NONE);
  }

  private ResourceType find(String type) {
    return discovery.find(GroupResource.parse(type)).orElseThrow();
  }
}
