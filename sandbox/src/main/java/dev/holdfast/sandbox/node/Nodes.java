package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.PodAccess;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The simulated nodes of a sandbox, named {@code node-1} and so on: their controllers, and the door
 * to their pods. All of them are this machine. Everything that they keep is in one temporary
 * directory, which goes with them.
 */
public final class Nodes implements AutoCloseable {

  private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

  /** The taint of a node that no longer reports. */
  private static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private final Objects objects;
  private final List<String> names;
  private final Path home;
  private final Kubelet kubelet;
  private final List<Controller> controllers;
  private final TypeTable types;

  /**
   * @param number of nodes, at least 1
   */
  public Nodes(int number, ObjectStore store, TypeTable types, Writer writer, Deletions deletions) {
    objects = new Objects(store, types, writer, deletions);
    names = IntStream.rangeClosed(1, number).mapToObj(i -> "node-" + i).toList();
    try {
      home = Files.createTempDirectory("holdfast-sandbox");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.types = types;
    SnapshotDisk disk = new SnapshotDisk(home.resolve("snapshots"));
    kubelet = new Kubelet(objects, home, names.stream().collect(Collectors.toSet()));
    controllers =
        List.of(
            new Deployments(objects),
            new ReplicaSets(objects),
            new StatefulSets(objects),
            new DaemonSets(objects),
            new Jobs(objects),
            new EphemeralClaims(objects),
            new Scheduler(objects),
            new Provisioner(objects, home.resolve("volumes")),
            new CsiProvisioner(objects, home.resolve("volumes"), disk),
            new Snapshots(objects),
            new SnapshotContents(objects, disk),
            new GroupSnapshots(objects, disk),
            kubelet);
  }

  /** What reacts to changes. */
  public List<Controller> controllers() {
    return controllers;
  }

  /** What answers for the pods. */
  public PodAccess pods() {
    return new PodDoor(objects, kubelet);
  }

  /**
   * Registers the nodes, the types of snapshots, and three storage classes: {@code standard}, the
   * default, which waits for the first consumer, {@code immediate}, and {@code csi}, whose volumes
   * are those of a driver that takes snapshots, by the snapshot class {@code csi}.
   */
  public void register() {
    names.forEach(this::node);
    storageClass("standard", Provisioner.NAME, "WaitForFirstConsumer", true);
    storageClass("immediate", Provisioner.NAME, "Immediate", false);
    storageClass("csi", CsiDriver.SANDBOX, "WaitForFirstConsumer", false);
    SnapshotTypes.install(objects, types);
    snapshotClass(SnapshotTypes.CLASSES);
    snapshotClass(SnapshotTypes.GROUP_CLASSES);
  }

  private void snapshotClass(GroupResource resource) {
    ObjectNode type = Json.MAPPER.createObjectNode();
    type.putObject("metadata").put("name", "csi");
    type.put("driver", CsiDriver.SANDBOX).put("deletionPolicy", "Delete");
    objects.create(resource, "", type, "sandbox");
  }

  /**
   * Takes a node away as a power failure does: its processes end, connections to them break, and
   * what the cluster knows of it is that it no longer reports.
   *
   * @param name of one of the nodes
   */
  public void lose(String name) throws InterruptedException {
    kubelet.lose(name);
    ObjectNode node = objects.get(Types.NODES, "", name);
    if (node == null) {
      return;
    }
    objects.edit(
        Types.NODES,
        node,
        "status",
        "kube-controller-manager",
        present -> {
          ObjectNode status = present.withObject("/status");
          Conditions.set(
              status, "Ready", false, "NodeStatusUnknown", "Kubelet stopped posting node status.");
          status
              .withArray("conditions")
              .valueStream()
              .filter(each -> each.path("type").asText().equals("Ready"))
              .forEach(each -> ((ObjectNode) each).put("status", "Unknown"));
        });
    objects.edit(
        Types.NODES,
        node,
        "",
        "kube-controller-manager",
        present -> {
          ObjectNode taint = present.withObject("/spec").withArray("taints").addObject();
          taint.put("key", UNREACHABLE).put("effect", "NoSchedule");
        });
  }

  /** Whether a node no longer reports. */
  static boolean unreachable(JsonNode node) {
    return node.at("/spec/taints")
        .valueStream()
        .anyMatch(taint -> taint.path("key").asText().equals(UNREACHABLE));
  }

  private void node(String name) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    ObjectNode metadata = node.putObject("metadata").put("name", name);
    ObjectNode labels = metadata.putObject("labels");
    labels
        .put("kubernetes.io/hostname", name)
        .put("kubernetes.io/os", "linux")
        .put("kubernetes.io/arch", System.getProperty("os.arch"));
    CsiDriver.labels(name).forEach(labels::put);
    ObjectNode status = node.putObject("status");
    ObjectNode capacity = status.putObject("capacity");
    capacity.put("cpu", String.valueOf(Runtime.getRuntime().availableProcessors()));
    capacity.put("memory", "16Gi").put("pods", "110");
    status.set("allocatable", capacity.deepCopy());
    status.putArray("addresses").addObject().put("type", "InternalIP").put("address", "127.0.0.1");
    status
        .putObject("nodeInfo")
        .put("kubeletVersion", "v1.36.2")
        .put("kubeProxyVersion", "v1.36.2")
        .put("containerRuntimeVersion", "sandbox://1")
        .put("osImage", "this machine")
        .put("operatingSystem", "linux")
        .put("architecture", System.getProperty("os.arch"))
        .put("kernelVersion", System.getProperty("os.version"))
        .put("bootID", "")
        .put("machineID", "")
        .put("systemUUID", "");
    Map<String, Boolean> conditions = new LinkedHashMap<>();
    conditions.put("Ready", true);
    Conditions.set(status, conditions, "", "");
    objects.create(Types.NODES, "", node, "kubelet");
  }

  private void storageClass(String name, String provisioner, String binding, boolean isDefault) {
    ObjectNode type = Json.MAPPER.createObjectNode();
    ObjectNode metadata = type.putObject("metadata").put("name", name);
    if (isDefault) {
      metadata.putObject("annotations").put(DEFAULT_CLASS, "true");
    }
    type.put("provisioner", provisioner).put("reclaimPolicy", "Delete");
    type.put("volumeBindingMode", binding).put("allowVolumeExpansion", true);
    objects.create(Types.STORAGE_CLASSES, "", type, "sandbox");
  }

  @Override
  public void close() {
    kubelet.close();
    try {
      Kubelet.discard(home);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
