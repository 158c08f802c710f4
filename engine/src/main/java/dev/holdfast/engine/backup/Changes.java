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
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Sees, from the moment that something was collected until the archive is written, whether it
 * changes, and warns of every item that did: what is stored of it is the state of before, beside
 * items of after. Changes of status and of bookkeeping do not count. What cannot be watched is
 * listed once more at the end.
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

  private static final String DELETED =
      "was deleted while the backup ran; it is in the backup as it was before";

  private static final List<String> BOOKKEEPING =
      List.of("resourceVersion", "generation", "managedFields");

  /** What a list gave and no watch follows. */
  private record Unwatched(ResourceType type, String namespace, Cluster.ListOptions options) {}

  private final Operation op;
  private final Cluster cluster;
  private final Spool spool;
  private final Findings findings;
  private final List<Thread> watches = new ArrayList<>();
  private final Set<ItemKey> named = ConcurrentHashMap.newKeySet();
  private final Set<Unwatched> unwatched = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private volatile @Nullable Throwable failed;

  Changes(Operation op, Cluster cluster, Spool spool, Findings findings) {
    this.op = op;
    this.cluster = cluster;
    this.spool = spool;
    this.findings = findings;
  }

  /** Watches what a list gave, from the version of that list on. */
  synchronized void follow(
      ResourceType type, String namespace, Cluster.ListOptions options, String resourceVersion) {
    if (closed || RESTLESS.contains(type.groupResource())) {
      return;
    }
    if (!type.can("watch") || watches.size() == MOST_WATCHES) {
      unwatched.add(new Unwatched(type, namespace, options));
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
        unwatched.add(new Unwatched(type, namespace, options));
        findings.info(
            Findings.About.type(type.groupResource(), namespace),
            "is no longer watched for changes: " + e.getMessage());
      }
    } catch (RuntimeException | Error e) {
      if (!closed) {
        failed = e;
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
      warn(key, DELETED);
    } else {
      compare(number.getAsInt(), key, event.item().json());
    }
  }

  private void compare(int number, ItemKey key, byte[] now) {
    if (!substance(spool.json(number), key).equals(substance(now, key))) {
      warn(key, "changed while the backup ran; it is in the backup as it was before");
    }
  }

  /**
   * Lists what was not watched to the end; called when everything is written. Throws what no server
   * was to blame for and ended a watch.
   */
  void lookAgain() {
    Operation.rethrow(failed);
    for (Unwatched each : List.copyOf(unwatched)) {
      op.check();
      try {
        compare(each);
      } catch (Failure.Cancelled e) {
        throw e;
      } catch (Failure e) {
        findings.warning(
            Findings.About.type(each.type().groupResource(), each.namespace()),
            "could not be watched: what changed while the backup ran is not named",
            e);
      }
    }
  }

  private void compare(Unwatched each) {
    BitSet seen = new BitSet();
    cluster.list(
        op,
        each.type(),
        each.namespace(),
        each.options(),
        item -> {
          ItemKey key = Items.key(item);
          OptionalInt number = spool.find(key);
          if (number.isPresent()) {
            seen.set(number.getAsInt());
            compare(number.getAsInt(), key, item.json());
          }
        });
    for (int i = 0; i < spool.size(); i++) {
      ItemKey key = spool.key(i);
      if (!seen.get(i)
          && key.type().equals(each.type().groupResource())
          && (each.namespace().isEmpty() || each.namespace().equals(key.namespace()))
          && each.options().labelSelector() == null) {
        warn(key, DELETED);
      }
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
