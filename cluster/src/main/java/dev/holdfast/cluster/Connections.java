package dev.holdfast.cluster;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one server, opened when they are needed and kept for the next request; through
 * a proxy where there is one. Their number is bounded by {@link AdaptiveLimit}. Thread-safe.
 */
final class Connections implements AutoCloseable {

  private static final Duration LONGEST = Duration.ofSeconds(10);

  /** After so long without a use, something on the way may have forgotten a connection. */
  private static final long FORGOTTEN = Duration.ofSeconds(30).toNanos();

  /** After so long it is looked at before it is used. */
  private static final long DOUBTFUL = Duration.ofSeconds(2).toNanos();

  private final URI server;
  private final @Nullable URI proxy;
  private final @Nullable SSLSocketFactory tls;
  private final String certified;
  private final Duration patience;

  /** The one used last comes first, so that those at the end grow old. */
  private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

  private final Set<Connection> open = ConcurrentHashMap.newKeySet();

  /**
   * @param timeout for an answer; a connection must come about in this time, too
   */
  Connections(Kubeconfig kubeconfig, Duration timeout) {
    this.server = kubeconfig.server();
    this.proxy = kubeconfig.proxy();
    this.tls = "https".equals(server.getScheme()) ? kubeconfig.tls().getSocketFactory() : null;
    this.certified = kubeconfig.certified();
    this.patience = LONGEST.compareTo(timeout) < 0 ? LONGEST : timeout;
  }

  /** Whether requests go to the proxy itself, which is told the whole address. */
  boolean forwarded() {
    return proxy != null && tls == null;
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
    Socket socket = new Socket();
    try (var _ = op.onCancel(() -> close(socket))) {
      Connection connection = connect(op, socket);
      open.add(connection);
      return connection;
    } catch (SocketTimeoutException e) {
      close(socket);
      var failure = new HttpConnectTimeoutException("no connection");
      failure.initCause(e);
      throw failure;
    } catch (IOException | RuntimeException e) {
      close(socket);
      throw e;
    }
  }

  private Connection connect(Operation op, Socket socket) throws IOException {
    URI first = proxy == null ? server : proxy;
    var address = new InetSocketAddress(host(first), port(first));
    if (address.isUnresolved()) {
      throw new UnknownHostException(first.getHost());
    }
    int millis = (int) Math.max(1, op.remaining(patience).toMillis());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(millis);
    socket.connect(address, millis);
    if (tls == null) {
      return new Connection(socket, null);
    }
    if (proxy != null) {
      tunnel(socket);
    }
    SSLSocket secure = (SSLSocket) tls.createSocket(socket, certified, port(server), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate is for this host
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return new Connection(socket, secure);
  }

  /** Has the proxy connect to the server. */
  private void tunnel(Socket socket) throws IOException {
    String target = server.getHost() + ":" + port(server);
    var request = new BasicClassicHttpRequest("CONNECT", target);
    request.addHeader("Host", target);
    ClassicHttpResponse answer = new Connection(socket, null).execute(request);
    if (answer.getCode() / 100 != 2) {
      throw new ConnectException(
          "the proxy " + proxy + " answered HTTP " + answer.getCode() + " to CONNECT");
    }
  }

  /** Without the brackets of an IPv6 address. */
  private static String host(URI address) {
    return address.getHost().replaceAll("[\\[\\]]", "");
  }

  private static int port(URI address) {
    if (address.getPort() >= 0) {
      return address.getPort();
    }
    return "https".equals(address.getScheme()) ? 443 : 80;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more either way
    }
  }

  /** Also those in use: what waits for them ends. */
  @Override
  public void close() {
    idle.clear();
    open.forEach(Connection::close);
    open.clear();
  }
}
