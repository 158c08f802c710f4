package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Quantity;
import dev.holdfast.model.ResourceType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupProgress;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Saves what a VolumeSnapshot holds: a temporary claim is made of it, and a pod mounts that
 * read-only. It is a mover pod where there is an image for one, else a pod with the image of the
 * application's container, which is read by exec. Pod and claim are gone afterwards.
 */
public final class SnapshotMover {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource CLAIMS = new GroupResource("", "persistentvolumeclaims");
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final Duration CLEANUP = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final Discovery discovery;
  private final MoverOptions options;
  private final ExecMover exec;

  public SnapshotMover(Cluster cluster, Discovery discovery, MoverOptions options) {
    this.cluster = cluster;
    this.discovery = discovery;
    this.options = options;
    this.exec = new ExecMover(cluster);
  }

  /**
   * What is to be saved.
   *
   * @param snapshot ready to use
   * @param claim that it was taken of
   * @param affinity node affinity of that one's volume; missing if every node reaches it
   * @param user the pod that uses the claim
   * @param container of that pod, which mounts it
   * @param path where it does
   * @param labels of what is made for it
   * @param patience how long the claim's volume may take to be made and mounted
   */
  public record Source(
      ObjectNode snapshot,
      ObjectNode claim,
      JsonNode affinity,
      String user,
      String container,
      String path,
      Map<String, String> labels,
      Duration patience) {

    String namespace() {
      return snapshot.at("/metadata/namespace").asText();
    }

    String name() {
      return snapshot.at("/metadata/name").asText();
    }

    /** The name of the file that a block device is saved as; empty for a file system. */
    String device() {
      return VolumeFacts.device(claim) ? claim.at("/metadata/name").asText() : "";
    }
  }

  /**
   * What was saved.
   *
   * @param why no mover pod did it; empty if one did, or there are none
   */
  public record Moved(ExecMover.Saved saved, String way, String why) {}

  /**
   * Saves it.
   *
   * @param parent the last snapshot of the same claim in the repository; null if there is none
   * @throws Failure if it could not be saved; there is no snapshot in the repository
   */
  public Moved save(
      Operation op,
      Source source,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      @Nullable Id parent,
      BackupProgress progress) {
    ObjectNode claim = temporary(source);
    String name = claim.at("/metadata/name").asText();
    try {
      var _ =
          cluster.create(
              op,
              type(discovery, CLAIMS),
              source.namespace(),
              Json.bytes(claim),
              WriteOptions.NONE);
      String why = "";
      PodMover pods = new PodMover(cluster, type(discovery, PODS), options);
      if (pods.able()) {
        var from =
            new PodMover.Source(
                    source.namespace(),
                    source.user(),
                    source.container(),
                    name,
                    source.path(),
                    source.device())
                .scheduled(nearby(source), source.labels(), source.patience());
        try {
          var target = new PodMover.Target(repository, identity, tags, program, parent, progress);
          var saved = pods.save(op, from, target);
          return new Moved(saved, "CSI snapshot and mover pod", "");
        } catch (PodMover.NotUsable e) {
          why = String.valueOf(e.getMessage());
        }
      }
      var saved = byExec(op, source, name, repository, identity, tags, program, progress);
      return new Moved(saved, "CSI snapshot and exec", why);
    } finally {
      Operation cleanup = Operation.start(op.clock(), op.random()).within(CLEANUP);
      delete(cleanup, CLAIMS, source.namespace(), name);
    }
  }

  private static ResourceType type(Discovery discovery, GroupResource type) {
    return discovery
        .find(type)
        .orElseThrow(() -> new Failure.Absent("the cluster does not serve " + type));
  }

  /** A claim that is made of the snapshot, and at least as large as that says. */
  private static ObjectNode temporary(Source source) {
    JsonNode from = source.claim().path("spec");
    ObjectNode claim = Json.MAPPER.createObjectNode();
    claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    ObjectNode metadata = claim.putObject("metadata").put("name", source.name());
    source.labels().forEach(metadata.putObject("labels")::put);
    ObjectNode spec = claim.putObject("spec");
    if (from.has("storageClassName")) {
      spec.set("storageClassName", from.path("storageClassName"));
    }
    spec.set("accessModes", from.path("accessModes").deepCopy());
    if (from.has("volumeMode")) {
      spec.set("volumeMode", from.path("volumeMode"));
    }
    spec.putObject("resources")
        .putObject("requests")
        .put(
            "storage",
            larger(
                from.at("/resources/requests/storage").asText("1Gi"),
                source.snapshot().at("/status/restoreSize").asText("0")));
    spec.putObject("dataSource")
        .put("apiGroup", SnapshotTypes.GROUP)
        .put("kind", "VolumeSnapshot")
        .put("name", source.name());
    return claim;
  }

  /** The larger of two quantities, as it was written. */
  public static String larger(String one, String other) {
    BigDecimal first = Quantity.value(one).orElse(BigDecimal.ZERO);
    BigDecimal second = Quantity.value(other).orElse(BigDecimal.ZERO);
    return second.compareTo(first) > 0 ? other : one;
  }

  /** Where the volume can be. The scheduler chooses, as the claim may wait for its first pod. */
  private static ObjectNode nearby(Source source) {
    ObjectNode affinity = Json.MAPPER.createObjectNode();
    ObjectNode nodes = affinity.putObject("nodeAffinity");
    JsonNode required = source.affinity().path("required");
    if (required.isObject()) {
      nodes.set("requiredDuringSchedulingIgnoredDuringExecution", required.deepCopy());
    }
    return affinity;
  }

  private ExecMover.Saved byExec(
      Operation op,
      Source source,
      String claim,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      BackupProgress progress) {
    ObjectNode user =
        live(op, source.namespace(), source.user())
            .orElseThrow(() ->
                new Failure.Absent(
                    "pod " + source.user() + ", whose image was to read it, is gone",
                    "give an image for mover pods with --mover-image",
                    null));
    ObjectNode pod = reader(source, claim, user);
    try {
      var _ =
          cluster.create(
              op, type(discovery, PODS), source.namespace(), Json.bytes(pod), WriteOptions.NONE);
      running(op, source, claim);
      var place = new ExecMover.Place(source.namespace(), claim, MoverPod.CONTAINER, MoverPod.DATA);
      return source.device().isEmpty()
          ? exec.save(op, place, repository, identity, tags, program, progress)
          : exec.saveDevice(
              op, place, source.device(), repository, identity, tags, program, progress);
    } finally {
      Operation cleanup = Operation.start(op.clock(), op.random()).within(CLEANUP);
      delete(cleanup, PODS, source.namespace(), claim);
    }
  }

  /** The mover's pod, with the image of the application's container, which only waits. */
  private ObjectNode reader(Source source, String name, ObjectNode user) {
    JsonNode container = user.at("/spec/containers/0");
    for (JsonNode each : user.at("/spec/containers")) {
      if (each.path("name").asText().equals(source.container())) {
        container = each;
      }
    }
    MoverOptions same =
        MoverOptions.image(container.path("image").asText())
            .pullPolicy(container.path("imagePullPolicy").asText("IfNotPresent"))
            .extra(options.extra());
    var from =
        new PodMover.Source(
            source.namespace(),
            source.user(),
            source.container(),
            name,
            source.path(),
            source.device());
    ObjectNode pod = MoverPod.of(name, user, List.of(from), same);
    MoverPod.schedule(pod, nearby(source), source.labels());
    ArrayNode command = pod.withObject("/spec/containers/0").putArray("command");
    command.add("sh").add("-c").add("trap 'exit 0' TERM; sleep 86400 & wait");
    return pod;
  }

  private void running(Operation op, Source source, String name) {
    Instant end = op.now().plus(source.patience());
    while (true) {
      ObjectNode pod =
          live(op, source.namespace(), name)
              .orElseThrow(() -> new Failure.Absent("Somebody deleted the pod " + name));
      String phase = pod.at("/status/phase").asText("Pending");
      if (phase.equals("Running")) {
        return;
      }
      if (!phase.equals("Pending") || op.now().isAfter(end)) {
        throw new Failure.Unreachable(
            "the pod that was to read the snapshot did not run (%s): %s"
                .formatted(phase, PodTrouble.of(op, cluster, type(discovery, PODS), pod)),
            null,
            null);
      }
      op.pause(LOOK);
    }
  }

  private java.util.Optional<ObjectNode> live(Operation op, String namespace, String name) {
    return cluster
        .get(op, type(discovery, PODS), namespace, name)
        .map(item -> Json.object(item.json(), name));
  }

  private void delete(Operation op, GroupResource type, String namespace, String name) {
    try {
      cluster.delete(op, type(discovery, type), namespace, name, DeleteOptions.NONE);
    } catch (Failure.Absent | Failure.Denied e) {
      // it was not there, or it is collected later
    }
  }
}
