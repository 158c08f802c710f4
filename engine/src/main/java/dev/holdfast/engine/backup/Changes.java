package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches, from the moment that something was collected until the archive is written, whether it
 * changes, and warns of every item that did: what is stored of it is the state of before, beside
 * items of after. Changes of status and of bookkeeping do not count.
 */
final class Changes implements AutoCloseable {

  /** A watch is a connection or a stream of one; servers do not take any number. */
  private static final int MOST_WATCHES = 100;

  /** What changes all the time and is never restored as it was. */
  private static final Set<GroupResource> RESTLESS =
      Set.of(
          new GroupResource("", "events"),
          GroupResource.parse("events.events.k8s.io"),
          GroupResource.parse("leases.coordination.k8s.io"));

  private static final List<String> BOOKKEEPING =
      List.of("resourceVersion", "generation", "managedFields");

  private final Operation op;
  private final Cluster cluster;
  private final Spool spool;
  private final Findings findings;
  private final List<Thread> watches = new ArrayList<>();
  private final Set<ItemKey> named = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Changes(Operation op, Cluster cluster, Spool spool, Findings findings) {
    this.op = op;
    this.cluster = cluster;
    this.spool = spool;
    this.findings = findings;
  }

  /** Watches what a list gave, from the version of that list on. */
  synchronized void follow(
      ResourceType type, String namespace, Cluster.ListOptions options, String resourceVersion) {
    if (closed || RESTLESS.contains(type.groupResource()) || !type.can("watch")) {
      return;
    }
    if (watches.size() == MOST_WATCHES) {
      findings.info(
          Findings.About.type(type.groupResource(), namespace),
          "is not watched for changes during this backup: " + MOST_WATCHES + " others are");
      return;
    }
    watches.add(
        Thread.ofVirtual()
            .name("watch " + type.groupResource())
            .start(() -> watch(type, namespace, options, resourceVersion)));
  }

  private void watch(
      ResourceType type, String namespace, Cluster.ListOptions options, String resourceVersion) {
    try {
      cluster.watch(
          op,
          type,
          namespace,
          options,
          resourceVersion,
          event -> {
            compare(event);
            return !closed;
          });
    } catch (Failure e) {
      if (!closed) {
        findings.info(
            Findings.About.type(type.groupResource(), namespace),
            "is no longer watched for changes: " + e.getMessage());
      }
    }
  }

  private void compare(Cluster.Event event) {
    ItemKey key = Items.key(event.item());
    OptionalInt number = spool.find(key);
    if (closed || number.isEmpty() || named.contains(key)) {
      return;
    }
    if (event.kind() == Cluster.Event.Kind.DELETED) {
      warn(key, "was deleted while the backup ran; it is in the backup as it was before");
    } else if (!substance(spool.json(number.getAsInt()), key)
        .equals(substance(event.item().json(), key))) {
      warn(key, "changed while the backup ran; it is in the backup as it was before");
    }
  }

  private void warn(ItemKey key, String what) {
    if (named.add(key)) {
      findings.warning(Findings.About.item(key), what);
    }
  }

  private static ObjectNode substance(byte[] json, ItemKey key) {
    ObjectNode object = Json.object(json, key.toString());
    object.remove("status");
    if (object.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove(BOOKKEEPING);
      if (metadata.path("annotations") instanceof ObjectNode annotations) {
        annotations.remove("control-plane.alpha.kubernetes.io/leader");
      }
    }
    return object;
  }

  /** Ends all watches; nothing is found any more after this returns. */
  @Override
  public void close() {
    List<Thread> running;
    synchronized (this) {
      closed = true;
      running = List.copyOf(watches);
    }
    running.forEach(Thread::interrupt);
    for (Thread watch : running) {
      try {
        watch.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
