package dev.holdfast.cluster;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * The connections to one server, opened when they are needed and kept for the next request. Their
 * number is bounded by {@link AdaptiveLimit}. Thread-safe.
 */
final class Connections implements AutoCloseable {

  /** After so long without a use, something on the way may have forgotten a connection. */
  private static final long FORGOTTEN = Duration.ofSeconds(30).toNanos();

  /** After so long it is looked at before it is used. */
  private static final long DOUBTFUL = Duration.ofSeconds(2).toNanos();

  private final Dialer dialer;

  /** The one used last comes first, so that those at the end grow old. */
  private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  Connections(Dialer dialer) {
    this.dialer = dialer;
  }

  /**
   * A connection for one exchange; then it is kept, or closed.
   *
   * @throws ConnectException or {@link HttpConnectTimeoutException} if there is none
   */
  Connection take(Operation op) throws IOException {
    long now = System.nanoTime();
    Connection oldest = idle.peekLast();
    if (oldest != null && now - oldest.usedLast() > FORGOTTEN && idle.remove(oldest)) {
      end(oldest);
    }
    for (Connection next = idle.pollFirst(); next != null; next = idle.pollFirst()) {
      long unused = now - next.usedLast();
      if (unused < DOUBTFUL || unused < FORGOTTEN && !next.stale()) {
        return next;
      }
      end(next);
    }
    return connect(op);
  }

  /** For the next one: its answer was read to the end. */
  void keep(Connection connection) {
    connection.used();
    idle.addFirst(connection);
  }

  /** Closes one that is of no more use. */
  void end(Connection connection) {
    open.remove(connection);
    connection.close();
  }

  private Connection connect(Operation op) throws IOException {
    Connection connection = new Connection(dialer.dial(op, false));
    open.add(connection);
    return connection;
  }

  /** Also those in use: what waits for them ends. */
  @Override
  public void close() {
    idle.clear();
    open.forEach(Connection::close);
    open.clear();
  }
}
