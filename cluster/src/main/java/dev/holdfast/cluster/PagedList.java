package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

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
  private @Nullable CompletableFuture<InputStream> next;
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
    try {
      return pages(op);
    } finally {
      forgetNext();
    }
  }

  private String pages(Operation op) {
    String token = "";
    String version = "";
    while (true) {
      op.check();
      triesOfPage = 0;
      try {
        ListScanner page = page(op, token);
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

  /** Hands on the page's items: of the answer that was asked for already, if it holds. */
  private ListScanner page(Operation op, String token) {
    CompletableFuture<InputStream> asked = next;
    next = null;
    if (asked != null) {
      try {
        return read(op, asked.get());
      } catch (IOException e) {
        op.check(); // it broke off, and is fetched again
      } catch (ExecutionException e) {
        Operation.rethrow(e.getCause());
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Failure.Cancelled("Interrupted");
      }
    }
    return cluster.page(op, type, namespace, options, token, body -> read(op, body));
  }

  private ListScanner read(Operation op, InputStream body) throws IOException {
    try (body) {
      triesOfPage++;
      ListScanner scanner = new ListScanner(body, type, token -> ask(op, token));
      scanner.read(this::give);
      return scanner;
    }
  }

  /** The server makes the next page while this one is read. */
  private void ask(Operation op, String token) {
    forgetNext(); // of a try that broke off
    next = op.fork(() -> cluster.openPage(op, type, namespace, options, token));
  }

  private void forgetNext() {
    CompletableFuture<InputStream> asked = next;
    next = null;
    if (asked != null) {
      var _ = asked.thenAccept(PagedList::close);
    }
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // nobody reads it
    }
  }

  private void give(Cluster.Item item) {
    boolean first = given.add(item.namespace(), item.name());
    if (first || triesOfPage == 1 && restarts == 0) {
      sink.accept(item);
    }
  }
}
