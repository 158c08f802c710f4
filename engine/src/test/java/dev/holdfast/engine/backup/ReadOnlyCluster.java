package dev.holdfast.engine.backup;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.List;

/** A cluster that fails the test if a backup writes to it; nothing in it changes. */
abstract class ReadOnlyCluster implements Cluster {

  @Override
  public String id(Operation op) {
    return "recorded";
  }

  @Override
  public String describe() {
    return "the recorded cluster";
  }

  @Override
  public boolean may(Operation op, String verb, GroupResource type, String namespace) {
    return true;
  }

  @Override
  public Cluster as(String user, List<String> groups) {
    return this;
  }

  @Override
  public void watch(
      Operation op,
      ResourceType type,
      String namespace,
      ListOptions options,
      String resourceVersion,
      EventSink sink) {
    // A recording does not change.
  }

  @Override
  public Item create(
      Operation op, ResourceType type, String namespace, byte[] json, WriteOptions options) {
    throw new AssertionError("a backup creates nothing");
  }

  @Override
  public Item update(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      byte[] json,
      WriteOptions options) {
    throw new AssertionError("a backup updates nothing");
  }

  @Override
  public Item updateStatus(
      Operation op, ResourceType type, String namespace, String name, byte[] json) {
    throw new AssertionError("a backup updates nothing");
  }

  @Override
  public Item patch(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      PatchType patch,
      byte[] json,
      WriteOptions options) {
    throw new AssertionError("a backup patches nothing");
  }

  @Override
  public void delete(
      Operation op, ResourceType type, String namespace, String name, DeleteOptions options) {
    throw new AssertionError("a backup deletes nothing");
  }

  @Override
  public void close() {}

  @Override
  public dev.holdfast.cluster.Execution exec(Operation op, ExecRequest request) {
    throw new dev.holdfast.model.Failure.Rejected("Nothing runs in a recording", null, null);
  }

  @Override
  public java.io.InputStream logs(Operation op, String namespace, String pod, LogOptions options) {
    throw new UnsupportedOperationException();
  }
}
