package dev.holdfast.cluster;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/** Opens connections to one server, through a proxy where there is one. Thread-safe. */
final class Dialer {

  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final URI server;
  private final @Nullable URI proxy;
  private final @Nullable SSLSocketFactory tls;
  private final String certified;
  private final Duration patience;

  /**
   * @param timeout for an answer; a connection must come about in this time, too
   */
  Dialer(Kubeconfig kubeconfig, Duration timeout) {
    this.server = kubeconfig.server();
    this.proxy = kubeconfig.proxy();
    this.tls = "https".equals(server.getScheme()) ? kubeconfig.tls().getSocketFactory() : null;
    this.certified = kubeconfig.certified();
    this.patience = LONGEST.compareTo(timeout) < 0 ? LONGEST : timeout;
  }

  /**
   * A connection that was just opened.
   *
   * @param socket to the server, or to the proxy
   * @param tls over that socket, or null for none
   */
  record Line(Socket socket, @Nullable SSLSocket tls) {

    InputStream in() throws IOException {
      return (tls == null ? socket : tls).getInputStream();
    }

    OutputStream out() throws IOException {
      return (tls == null ? socket : tls).getOutputStream();
    }

    /** How long a read may wait from now on; zero for ever. */
    void patience(Duration most) throws IOException {
      socket.setSoTimeout((int) most.toMillis());
    }

    /** At once, without a farewell that could wait for the server. */
    void close() {
      Dialer.close(socket);
    }
  }

  /** Whether requests go to the proxy itself, which is told the whole address. */
  boolean forwarded() {
    return proxy != null && tls == null;
  }

  /** The server's name and port, as the header Host has it. */
  String host() {
    return server.getPort() < 0 ? server.getHost() : server.getHost() + ":" + server.getPort();
  }

  /**
   * Opens one.
   *
   * @param tunnel whether a proxy must connect to the server in any case
   * @throws ConnectException or {@link HttpConnectTimeoutException} if there is none
   */
  Line dial(Operation op, boolean tunnel) throws IOException {
    Socket socket = new Socket();
    try (var _ = op.onCancel(() -> close(socket))) {
      return dial(op, socket, tunnel);
    } catch (SocketTimeoutException e) {
      close(socket);
      var failure = new HttpConnectTimeoutException("no connection");
      failure.initCause(e);
      throw failure;
    } catch (IOException | RuntimeException | Error e) {
      close(socket);
      throw e;
    }
  }

  private Line dial(Operation op, Socket socket, boolean tunnel) throws IOException {
    URI first = proxy == null ? server : proxy;
    var address = new InetSocketAddress(host(first), port(first));
    if (address.isUnresolved()) {
      throw new UnknownHostException(first.getHost());
    }
    int millis = (int) Math.max(1, op.remaining(patience).toMillis());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(millis);
    socket.connect(address, millis);
    if (proxy != null && (tls != null || tunnel)) {
      tunnel(socket);
    }
    if (tls == null) {
      return new Line(socket, null);
    }
    SSLSocket secure = (SSLSocket) tls.createSocket(socket, certified, port(server), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate is for this host
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return new Line(socket, secure);
  }

  /** Has the proxy connect to the server. */
  private void tunnel(Socket socket) throws IOException {
    String target = server.getHost() + ":" + port(server);
    var request = new BasicClassicHttpRequest("CONNECT", target);
    request.addHeader("Host", target);
    ClassicHttpResponse answer = new Connection(new Line(socket, null)).execute(request);
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
}
