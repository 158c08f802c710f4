package dev.holdfast.cluster;

import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the engine needs of a cluster. Items are the server's bytes, with apiVersion and kind
 * spliced in where a list leaves them out. Retries of transient failures, back-off and the adaptive
 * concurrency limit live behind this interface and nowhere else: a call that returns took effect
 * exactly once, a call that fails says whether it may have. Thread-safe.
 *
 * <p>Failures: {@code Denied} (401, 403), {@code Absent} (404), {@code Conflict} (409), {@code
 * Rejected} (400, 422; the message is the server's), {@code Throttled} and {@code Unreachable}
 * after all retries.
 */
public interface Cluster extends AutoCloseable {

  /**
   * @param json the whole object, UTF-8
   */
  record Item(ResourceType type, String namespace, String name, byte[] json) {}

  /**
   * @param pageSize items a page; 0 for the default (500)
   */
  record ListOptions(@Nullable String labelSelector, @Nullable String fieldSelector, int pageSize) {
    public static final ListOptions ALL = new ListOptions(null, null, 0);
  }

  /** Takes items one by one; called by one thread at a time per list. */
  @FunctionalInterface
  interface ItemSink {
    void accept(Item item);
  }

  /**
   * @param fieldManager null for the default, {@code holdfast}
   * @param fieldValidation Ignore, Warn or Strict; null for the server's default
   */
  record WriteOptions(
      boolean dryRun, @Nullable String fieldManager, @Nullable String fieldValidation) {
    public static final WriteOptions NONE = new WriteOptions(false, null, null);
    public static final WriteOptions DRY_RUN = new WriteOptions(true, null, null);
  }

  enum PatchType {
    JSON,
    MERGE,
    STRATEGIC,
    APPLY
  }

  /**
   * @param uid precondition; null for none
   * @param propagation Foreground, Background or Orphan; null for the server's default
   */
  record DeleteOptions(
      @Nullable String uid,
      @Nullable String resourceVersion,
      @Nullable String propagation,
      boolean dryRun) {
    public static final DeleteOptions NONE = new DeleteOptions(null, null, null, false);
  }

  /** One event of a watch. */
  record Event(Kind kind, Item item) {
    public enum Kind {
      ADDED,
      MODIFIED,
      DELETED
    }
  }

  /** Takes events until it returns false. */
  @FunctionalInterface
  interface EventSink {
    boolean accept(Event event);
  }

  /**
   * A command in a container.
   *
   * @param container empty for the pod's only one
   * @param stdin whether it is given input
   */
  record ExecRequest(
      String namespace, String pod, String container, List<String> command, boolean stdin) {
    public ExecRequest {
      command = List.copyOf(command);
    }
  }

  /**
   * @param container empty for the pod's only one
   * @param tailLines how many of the last lines; 0 for all
   */
  record LogOptions(String container, boolean previous, int tailLines) {}

  /** What the server serves, asked now. Partial where an aggregated API is down. */
  Discovery discover(Operation op);

  /**
   * All items, page by page, consistent within one list (a 410 in the middle starts again without
   * repeating items).
   *
   * @param namespace empty for all namespaces, or for cluster-scoped types
   * @return the list's resourceVersion
   */
  String list(
      Operation op, ResourceType type, String namespace, ListOptions options, ItemSink sink);

  Optional<Item> get(Operation op, ResourceType type, String namespace, String name);

  /**
   * @throws dev.holdfast.model.Failure.Conflict AlreadyExists, unless this very call created it in
   *     a try whose answer was lost
   */
  Item create(Operation op, ResourceType type, String namespace, byte[] json, WriteOptions options);

  /** PUT; the object's own resourceVersion is the precondition. */
  Item update(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      byte[] json,
      WriteOptions options);

  /** PUT of the status sub-resource. */
  Item updateStatus(Operation op, ResourceType type, String namespace, String name, byte[] json);

  Item patch(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      PatchType patch,
      byte[] json,
      WriteOptions options);

  /** Asks for deletion; finalizers may keep the object. An absent one is {@code Absent}. */
  void delete(
      Operation op, ResourceType type, String namespace, String name, DeleteOptions options);

  /**
   * Events from the resourceVersion on, until the sink returns false, the operation ends, or the
   * server says 410 ({@code Conflict}). Reconnects by itself.
   */
  void watch(
      Operation op,
      ResourceType type,
      String namespace,
      ListOptions options,
      String resourceVersion,
      EventSink sink);

  /**
   * Runs a command in a container, over a WebSocket. It is never started twice: what may have
   * reached the server is not repeated.
   *
   * @param op ends it
   * @throws dev.holdfast.model.Failure.Denied without the verbs get and create on pods/exec
   * @throws dev.holdfast.model.Failure.Rejected if the container does not run
   */
  Execution exec(Operation op, ExecRequest request);

  /** What a container has written; the caller closes it. */
  InputStream logs(Operation op, String namespace, String pod, LogOptions options);

  /**
   * Whether the caller may do this (SelfSubjectAccessReview). An empty namespace asks for all of
   * them.
   */
  boolean may(Operation op, String verb, GroupResource type, String namespace);

  /** The same cluster, acting as somebody else; shares connections and limits. */
  Cluster as(String user, List<String> groups);

  /** The uid of namespace kube-system where it may be read, else empty: which cluster this is. */
  String id(Operation op);

  /** For messages: the context and the server's URL. */
  String describe();

  @Override
  void close();
}
