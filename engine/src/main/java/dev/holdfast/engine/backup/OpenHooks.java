package dev.holdfast.engine.backup;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.hook.Hook;
import dev.holdfast.engine.hook.HookRunner;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which pods are frozen: for each block with hooks an object in the location, written before its
 * first pre hook and deleted after its last post hook. A run that is killed leaves it, and the next
 * one on the same cluster and location runs the post hooks.
 */
final class OpenHooks {

  private final ObjectStore store;
  private final Cluster cluster;
  private final String clusterId;
  private final BackupRequest request;
  private final AtomicInteger numbers = new AtomicInteger();

  /** One hook that is owed to a pod. */
  record Owed(
      String namespace,
      String pod,
      String podUid,
      String name,
      String container,
      List<String> command,
      long timeoutSeconds) {}

  /**
   * What is written down.
   *
   * @param cluster the cluster's id, or its address where that may not be read
   * @param host with {@code pid} and {@code processStart} the process that froze them
   */
  record Note(
      String cluster,
      String backup,
      String host,
      long pid,
      String processStart,
      List<Owed> hooks) {}

  /** A block that is open; closing it says that its post hooks have run. */
  interface Entry extends AutoCloseable {
    @Override
    void close();
  }

  OpenHooks(Operation op, ObjectStore store, Cluster cluster, BackupRequest request) {
    this.store = store;
    this.cluster = cluster;
    this.request = request;
    String id = cluster.id(op);
    this.clusterId = id.isEmpty() ? cluster.describe() : id;
  }

  /** Writes down what will be owed to the block's pods. */
  Entry begin(Operation op, Block block) {
    List<Owed> owed = new ArrayList<>();
    for (Block.Pod pod : block.pods()) {
      for (Hook hook : pod.post()) {
        owed.add(
            new Owed(
                pod.key().namespace(),
                pod.key().name(),
                pod.uid(),
                hook.name(),
                hook.container().isEmpty() ? pod.container() : hook.container(),
                hook.command(),
                hook.timeout().toSeconds()));
      }
    }
    if (owed.isEmpty()) {
      return () -> {};
    }
    String key =
        LocationKeys.OPEN_HOOKS + request.uid() + "-" + numbers.incrementAndGet() + ".json";
    ProcessHandle self = ProcessHandle.current();
    Note note = new Note(clusterId, request.name(), host(), self.pid(), start(self), owed);
    store.put(op, key, Json.bytes(note), ObjectStore.PutOptions.NONE);
    Operation later = Operation.start(op.clock(), op.random());
    return () -> store.delete(later, key);
  }

  private static String start(ProcessHandle process) {
    return process.info().startInstant().map(Object::toString).orElse("");
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }

  /** Runs what killed runs owe to pods of this cluster. */
  void makeUp(Operation op, Discovery discovery, Findings findings) {
    List<String> keys = new ArrayList<>();
    store.listAll(op, LocationKeys.OPEN_HOOKS, meta -> keys.add(meta.key()));
    for (String key : keys) {
      try {
        Note note = read(op, key);
        if (note.cluster().equals(clusterId) && dead(op, note)) {
          note.hooks().forEach(owed -> makeUp(op, discovery, findings, note, owed));
          store.delete(op, key);
        }
      } catch (Failure.Absent e) {
        // its run has just closed it
      } catch (Failure.Corrupt e) {
        findings.warning(Findings.About.RUN, "a note of open hooks cannot be read", e);
      }
    }
  }

  private Note read(Operation op, String key) {
    try (InputStream in = store.get(op, key)) {
      return Json.MAPPER.readValue(in.readAllBytes(), new TypeReference<>() {});
    } catch (IOException e) {
      throw new Failure.Corrupt(key + " is damaged", null, e);
    }
  }

  /** Its process is gone from this host, or its backup is done, or its claim is not refreshed. */
  private boolean dead(Operation op, Note note) {
    if (note.host().equals(host())) {
      Optional<ProcessHandle> process = ProcessHandle.of(note.pid());
      return process.isEmpty() || !start(process.get()).equals(note.processStart());
    }
    BackupKeys keys = new BackupKeys(note.backup());
    return store.head(op, keys.backupJson()).isPresent()
        || !Remains.of(op, store, keys).live(op.now());
  }

  private void makeUp(Operation op, Discovery discovery, Findings findings, Note note, Owed owed) {
    Optional<ResourceType> pods = discovery.find(Relate.PODS);
    var about = new Findings.About("pods", owed.namespace(), owed.pod());
    boolean there =
        pods.flatMap(type -> cluster.get(op, type, owed.namespace(), owed.pod()))
            .map(item -> Json.object(item.json(), owed.pod()).at("/metadata/uid").asText())
            .filter(owed.podUid()::equals)
            .isPresent();
    if (!there) {
      findings.info(about, owed.name() + ", which backup " + note.backup() + " owes, has no pod");
      return;
    }
    Hook hook =
        new Hook(
            owed.name(),
            owed.container(),
            owed.command(),
            "",
            java.time.Duration.ofSeconds(owed.timeoutSeconds()));
    HookRunner.Outcome outcome =
        new HookRunner(cluster).run(op, owed.namespace(), owed.pod(), owed.container(), hook);
    String what = owed.name() + ", which backup " + note.backup() + " owed when it was killed, ";
    if (outcome.succeeded()) {
      findings.warning(about, what + "has run now");
    } else {
      findings.error(about, what + "failed: " + outcome.problem());
    }
  }
}
