package dev.holdfast.engine.backup;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Which run on which cluster has left something open that the next one must close if it dies.
 *
 * @param cluster the cluster's id, or its address where that may not be read
 * @param host with {@code pid} and {@code processStart} the process that runs
 */
record RunNote(String cluster, String backup, String host, long pid, String processStart) {

  /** Of this process. */
  static RunNote here(String cluster, String backup) {
    ProcessHandle self = ProcessHandle.current();
    return new RunNote(cluster, backup, localHost(), self.pid(), start(self));
  }

  /** What stands for the cluster in notes. */
  static String cluster(Operation op, Cluster cluster) {
    String id = cluster.id(op);
    return id.isEmpty() ? cluster.describe() : id;
  }

  private static String start(ProcessHandle process) {
    return process.info().startInstant().map(Object::toString).orElse("");
  }

  private static String localHost() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }

  /** Its process is gone from this host, or its backup is done, or its claim is not refreshed. */
  boolean dead(Operation op, ObjectStore store) {
    if (host.equals(localHost())) {
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      return process.isEmpty() || !start(process.get()).equals(processStart);
    }
    BackupKeys keys = new BackupKeys(backup);
    return store.head(op, keys.backupJson()).isPresent()
        || !Remains.of(op, store, keys).live(op.now());
  }
}
