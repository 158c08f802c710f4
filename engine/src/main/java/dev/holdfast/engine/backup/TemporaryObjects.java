package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.engine.volume.SnapshotGroups;
import dev.holdfast.engine.volume.SnapshotTaker;
import dev.holdfast.engine.volume.SnapshotTypes;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a backup makes in the cluster for its CSI snapshots: all of it carries the run, and before
 * the first of it is made a note in the location says where. What a run that was killed left, the
 * next one on the same cluster and location removes.
 */
final class TemporaryObjects {

  /** On everything that is made: the backup's uid. */
  private static final String RUN = "holdfast.dev/run";

  private final ObjectStore store;
  private final Cluster cluster;
  private final Discovery discovery;
  private final BackupRequest request;
  private final String clusterId;
  private Set<String> namespaces = Set.of();

  /** What is written down: the fields of a {@link RunNote}, and where objects are. */
  record Note(
      String cluster,
      String backup,
      String host,
      long pid,
      String processStart,
      String uid,
      Set<String> namespaces) {

    RunNote run() {
      return new RunNote(cluster, backup, host, pid, processStart);
    }
  }

  TemporaryObjects(
      Operation op,
      ObjectStore store,
      Cluster cluster,
      Discovery discovery,
      BackupRequest request) {
    this.store = store;
    this.cluster = cluster;
    this.discovery = discovery;
    this.request = request;
    this.clusterId = RunNote.cluster(op, cluster);
  }

  /** The labels of everything that this run makes. */
  Map<String, String> labels() {
    return Map.of(
        "app.kubernetes.io/managed-by",
        "holdfast",
        RUN,
        request.uid(),
        "velero.io/backup-name",
        Names.toLabelValue(request.name()));
  }

  /** Takes what only marks an object as temporary off one that is to be stored. */
  void unmark(ObjectNode object) {
    if (object.at("/metadata/labels") instanceof ObjectNode labels) {
      labels.remove(List.of(RUN, "app.kubernetes.io/managed-by"));
    }
  }

  /** Writes down where objects will be. */
  void begin(Operation op, Set<String> where) {
    RunNote here = RunNote.here(clusterId, request.name());
    Note note =
        new Note(
            clusterId,
            here.backup(),
            here.host(),
            here.pid(),
            here.processStart(),
            request.uid(),
            new TreeSet<>(where));
    store.put(op, key(request.uid()), Json.bytes(note), ObjectStore.PutOptions.NONE);
    namespaces = Set.copyOf(where);
  }

  /**
   * Removes what is left, and says so. Where that fails, the next run finds the note.
   *
   * @param published whether the backup exists: what its snapshots store must then stay
   */
  void end(Operation op, boolean published) {
    if (!namespaces.isEmpty()) {
      try {
        var _ = sweep(op, namespaces, request.uid(), published);
      } catch (Failure.Denied e) {
        // who may not list them has removed them by their names
      }
      store.delete(op, key(request.uid()));
    }
  }

  private static String key(String uid) {
    return LocationKeys.TEMPORARY + uid + ".json";
  }

  /** Removes what dead runs left in this cluster. */
  void makeUp(Operation op, Findings findings) {
    List<String> keys = new ArrayList<>();
    store.listAll(op, LocationKeys.TEMPORARY, meta -> keys.add(meta.key()));
    for (String key : keys) {
      try {
        Note note = read(op, key);
        if (note.cluster().equals(clusterId) && note.run().dead(op, store)) {
          int removed = sweep(op, note.namespaces(), note.uid(), published(op, note));
          store.delete(op, key);
          findings.info(
              Findings.About.RUN,
              "removed " + removed + " objects that backup " + note.backup() + " had left");
        }
      } catch (Failure.Absent e) {
        // its run has just ended
      } catch (Failure.Corrupt | Failure.Denied e) {
        findings.warning(
            Findings.About.RUN, "what a run that was killed left cannot be removed: " + key, e);
      }
    }
  }

  private Note read(Operation op, String key) {
    try (InputStream in = store.get(op, key)) {
      return Json.read(in.readAllBytes(), Note.class, key);
    } catch (IOException e) {
      throw new Failure.Corrupt(key + " is damaged", null, e);
    }
  }

  /** Pods before claims, claims before the snapshots that they are made of. */
  private int sweep(Operation op, Set<String> where, String uid, boolean keep) {
    SnapshotTaker taker = new SnapshotTaker(cluster, discovery);
    int removed = 0;
    for (String namespace : where) {
      for (GroupResource type : List.of(Relate.PODS, Relate.CLAIMS)) {
        for (ObjectNode each : labelled(op, type, namespace, uid)) {
          delete(op, type, namespace, each.at("/metadata/name").asText());
          removed++;
        }
      }
      for (ObjectNode each : labelled(op, SnapshotTypes.GROUPS, namespace, uid)) {
        var ref = new SnapshotTaker.Ref(namespace, each.at("/metadata/name").asText());
        new SnapshotGroups(cluster, discovery).remove(op, ref, keep);
        removed++;
      }
      for (ObjectNode each : labelled(op, SnapshotTypes.SNAPSHOTS, namespace, uid)) {
        var ref = new SnapshotTaker.Ref(namespace, each.at("/metadata/name").asText());
        String content = each.at("/status/boundVolumeSnapshotContentName").asText();
        if (keep && !content.isEmpty()) {
          taker.forget(op, ref, content);
        } else {
          var _ = taker.remove(op, ref);
        }
        removed++;
      }
    }
    for (ObjectNode each : contents(op, uid)) {
      String name = each.at("/metadata/name").asText();
      if (!keep) {
        var _ = taker.policy(op, name, "Delete", Map.of());
      }
      delete(op, SnapshotTypes.CONTENTS, "", name);
      removed++;
    }
    return removed;
  }

  /** Whether the backup came to exist: what its snapshots store must then stay. */
  private boolean published(Operation op, Note note) {
    BackupKeys keys = new BackupKeys(note.backup());
    try (InputStream in = store.get(op, keys.backupJson())) {
      var document = Documents.readBackup(in.readAllBytes(), note.backup(), keys.backupJson());
      return note.uid().equals(document.metadata().uid());
    } catch (Failure.Absent e) {
      return false;
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + keys.backupJson(), null, e);
    }
  }

  private List<ObjectNode> contents(Operation op, String uid) {
    try {
      return labelled(op, SnapshotTypes.CONTENTS, "", uid);
    } catch (Failure.Denied e) {
      return List.of(); // who may not list them has kept none
    }
  }

  private List<ObjectNode> labelled(
      Operation op, GroupResource type, String namespace, String uid) {
    List<ObjectNode> all = new ArrayList<>();
    discovery
        .find(type)
        .ifPresent(served -> {
          try {
            cluster.list(
                op,
                served,
                namespace,
                new ListOptions(RUN + "=" + uid, null, 0),
                item -> all.add(Json.object(item.json(), item.name())));
          } catch (Failure.Absent e) {
            // the namespace is gone, and all with it
          }
        });
    return all;
  }

  private void delete(Operation op, GroupResource type, String namespace, String name) {
    discovery
        .find(type)
        .ifPresent(served -> {
          try {
            cluster.delete(op, served, namespace, name, DeleteOptions.NONE);
          } catch (Failure.Absent e) {
            // which is what was wanted
          }
        });
  }
}
