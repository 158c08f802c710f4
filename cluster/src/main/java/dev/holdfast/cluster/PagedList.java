package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;

/**
 * One list, page by page. Pages are of one state of the cluster for as long as the server keeps it;
 * when it no longer does (410), the server gives a token with which the rest follows from a newer
 * state, or else the list starts again. No item is given twice, also where a page broke off and was
 * fetched again.
 */
final class PagedList {

  private static final int RESTARTS = 3;

  private final KubeCluster cluster;
  private final ResourceType type;
  private final String namespace;
  private final Cluster.ListOptions options;
  private final Cluster.ItemSink sink;
  private final HashedNames given;
  private int triesOfPage;
  private int restarts;

  PagedList(
      Operation op,
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
    this.given = new HashedNames(op.random().nextLong());
  }

  /** Returns the version from which a watch misses nothing. */
  String run(Operation op) {
    String token = "";
    String version = "";
    while (true) {
      op.check();
      triesOfPage = 0;
      try {
        ListScanner page = cluster.page(op, type, namespace, options, token, this::begin);
        if (token.isEmpty()) {
          version = page.resourceVersion();
        }
        token = page.next();
        if (token.isEmpty()) {
          return version;
        }
      } catch (Failure.Conflict e) {
        String rest = Answers.expired(e);
        if (rest == null || token.isEmpty() || ++restarts > RESTARTS) {
          throw e;
        }
        token = rest;
      }
    }
  }

  private Cluster.ItemSink begin() {
    triesOfPage++;
    return this::give;
  }

  private void give(Cluster.Item item) {
    boolean first = given.add(item.namespace(), item.name());
    if (first || triesOfPage == 1 && restarts == 0) {
      sink.accept(item);
    }
  }
}
