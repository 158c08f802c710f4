package dev.holdfast.engine.backup;

import com.fasterxml.jackson.core.type.TypeReference;
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

  /** What is written down: the fields of a {@link RunNote}, and the hooks. */
  record Note(
      String cluster, String backup, String host, long pid, String processStart, List<Owed> hooks) {

    RunNote run() {
      return new RunNote(cluster, backup, host, pid, processStart);
    }
  }

  /** A block that is open; closing it says that its post hooks have run. */
  interface Entry extends AutoCloseable {
    @Override
    void close();
  }

  OpenHooks(Operation op, ObjectStore store, Cluster cluster, BackupRequest request) {
    this.store = store;
    this.cluster = cluster;
    this.request = request;
    this.clusterId = RunNote.cluster(op, cluster);
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
    RunNote here = RunNote.here(clusterId, request.name());
    Note note =
        new Note(clusterId, here.backup(), here.host(), here.pid(), here.processStart(), owed);
    store.put(op, key, Json.bytes(note), ObjectStore.PutOptions.NONE);
    Operation later = Operation.start(op.clock(), op.random());
    return () -> store.delete(later, key);
  }

  /** Runs what killed runs owe to pods of this cluster. */
  void makeUp(Operation op, Discovery discovery, Findings findings) {
    List<String> keys = new ArrayList<>();
    store.listAll(op, LocationKeys.OPEN_HOOKS, meta -> keys.add(meta.key()));
    for (String key : keys) {
      try {
        Note note = read(op, key);
        if (note.cluster().equals(clusterId) && note.run().dead(op, store)) {
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
