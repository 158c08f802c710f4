package dev.holdfast.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A small shop, as manifests among the resources. {@code uid: OWNER} in an owner reference stands
 * for the uid of the owner, which comes earlier in the files.
 */
public final class Shop {

  private static final List<String> FILES =
      List.of("10-cluster.yaml", "20-shop.yaml", "25-coupons.yaml", "30-data.yaml", "40-ops.yaml");
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Duration CRD_SERVED = Duration.ofSeconds(10);

  private Shop() {}

  /** All manifests, in the order in which they can be created. */
  static List<ObjectNode> manifests() {
    List<ObjectNode> manifests = new ArrayList<>();
    for (String file : FILES) {
      try (InputStream in = Objects.requireNonNull(Shop.class.getResourceAsStream(file), file);
          MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(in)) {
        documents.forEachRemaining(document -> manifests.add((ObjectNode) document));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return manifests;
  }

  /** Creates everything; returns how many items. */
  public static int moveIn(Operation op, Cluster cluster) {
    Discovery discovery = cluster.discover(op);
    Map<String, String> uids = new HashMap<>();
    List<ObjectNode> manifests = manifests();
    for (ObjectNode manifest : manifests) {
      discovery = serving(op, cluster, discovery, manifest);
      ResourceType type = type(discovery, manifest).orElseThrow();
      String namespace = manifest.path("metadata").path("namespace").asText("");
      linkOwners(manifest, uids);
      byte[] json = Json.bytes(manifest);
      Cluster.Item item = cluster.create(op, type, namespace, json, Cluster.WriteOptions.NONE);
      ObjectNode created = Json.object(item.json(), "The created item");
      uids.put(
          id(manifest.path("kind"), namespace, manifest.path("metadata").path("name")),
          created.path("metadata").path("uid").asText());
      if (type.group().equals("apps") && item.type().can("update")) {
        settle(created);
        cluster.updateStatus(op, type, namespace, item.name(), Json.bytes(created));
      }
    }
    return manifests.size();
  }

  /** What a controller would say of a workload that runs. */
  private static void settle(ObjectNode workload) {
    int replicas = workload.path("spec").path("replicas").asInt(1);
    ObjectNode status = workload.putObject("status");
    status.put("observedGeneration", workload.path("metadata").path("generation").asLong(1));
    if (workload.path("kind").asText().equals("DaemonSet")) {
      status.put("currentNumberScheduled", replicas).put("desiredNumberScheduled", replicas);
      status.put("numberMisscheduled", 0).put("numberReady", replicas);
      status.put("updatedNumberScheduled", replicas).put("numberAvailable", replicas);
      return;
    }
    status.put("replicas", replicas).put("readyReplicas", replicas);
    status.put("availableReplicas", replicas);
    if (!workload.path("kind").asText().equals("ReplicaSet")) {
      status.put("updatedReplicas", replicas);
    }
  }

  /** A custom resource may have to wait until the definition just created is served. */
  private static Discovery serving(
      Operation op, Cluster cluster, Discovery known, ObjectNode manifest) {
    Discovery discovery = known;
    Operation waiting = op.within(CRD_SERVED);
    while (type(discovery, manifest).isEmpty()) {
      waiting.pause(Duration.ofMillis(20));
      discovery = cluster.discover(op);
    }
    return discovery;
  }

  private static java.util.Optional<ResourceType> type(Discovery discovery, ObjectNode manifest) {
    return discovery.find(manifest.path("apiVersion").asText(), manifest.path("kind").asText());
  }

  private static void linkOwners(ObjectNode manifest, Map<String, String> uids) {
    String namespace = manifest.path("metadata").path("namespace").asText("");
    for (JsonNode owner : manifest.path("metadata").path("ownerReferences")) {
      String uid = uids.get(id(owner.path("kind"), namespace, owner.path("name")));
      if (uid == null) {
        throw new Failure.Invalid("The owner of a manifest must come before it: " + owner);
      }
      ((ObjectNode) owner).put("uid", uid);
    }
  }

  private static String id(JsonNode kind, String namespace, JsonNode name) {
    return kind.asText() + "/" + namespace + "/" + name.asText();
  }
}
