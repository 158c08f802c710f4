package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.HashSet;
import java.util.Set;

/**
 * One list, page by page. Pages are of one state of the cluster as long as the server keeps it;
 * when it does not (410), the rest is listed anew. A page that breaks off is fetched again; no item
 * is given twice.
 */
final class PagedList {

  private static final int RESTARTS = 3;

  private final KubeCluster cluster;
  private final ResourceType type;
  private final String namespace;
  private final Cluster.ListOptions options;
  private final Cluster.ItemSink sink;

  /** Hashes of what the current page gave, or after a restart of all that was given. */
  private final Set<String> given = new HashSet<>();

  private boolean restarted;

  PagedList(
      KubeCluster cluster,
      ResourceType type,
      String namespace,
      Cluster.ListOptions options,
      Cluster.ItemSink sink) {
    this.cluster = cluster;
    this.type = type;
    this.namespace = namespace;
    this.options = options;
    this.sink = sink;
  }

  String run(Operation op) {
    String token = "";
    String version = "";
    Set<String> all = new HashSet<>();
    for (int restarts = 0; ; ) {
      op.check();
      try {
        ListScanner page = cluster.page(op, type, namespace, options, token, this::give);
        if (version.isEmpty()) {
          version = page.resourceVersion();
        }
        token = page.next();
        if (token.isEmpty()) {
          return version;
        }
        all.addAll(given);
        if (!restarted) {
          given.clear();
        }
      } catch (Failure.Conflict e) {
        if (token.isEmpty() || ++restarts > RESTARTS) {
          throw e;
        }
        all.addAll(given);
        given.addAll(all);
        restarted = true;
        token = "";
        version = "";
      }
    }
  }

  private void give(Cluster.Item item) {
    if (given.add(item.namespace() + "/" + item.name())) {
      sink.accept(item);
    }
  }
}
