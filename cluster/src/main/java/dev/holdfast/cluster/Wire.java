package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Single exchanges with one server; each ends with its operation, and when the server hangs. The
 * messages are read and written by HttpCore on blocking sockets, which suit virtual threads; {@code
 * docs/performance.md} says why, and why many connections of HTTP/1.1.
 */
final class Wire implements AutoCloseable {

  private final Connections connections;
  private final Duration timeout;
  private final String host;

  /** What stands before the path of a call. */
  private final String prefix;

  /**
   * @param timeout for an answer to begin, and for silence within it
   */
  Wire(Dialer dialer, URI server, Duration timeout) {
    this.timeout = timeout;
    this.connections = new Connections(dialer);
    this.host = dialer.host();
    this.prefix = dialer.forwarded() ? "http://" + host + server.getRawPath() : server.getRawPath();
  }

  /** What the server said; the body is to be closed. */
  record Answer(int status, @Nullable String retryAfter, InputStream body) {}

  /**
   * Sends and waits.
   *
   * @param headers is given what takes a header
   * @param body null for none
   * @param streamed whether to return as soon as the answer begins
   * @throws HttpTimeoutException if the server is silent for too long
   * @throws Failure.Cancelled if the operation ended
   */
  Answer exchange(
      Operation op,
      String method,
      String path,
      Consumer<BiConsumer<String, String>> headers,
      byte @Nullable [] body,
      boolean streamed)
      throws IOException {
    op.check();
    var request = new BasicClassicHttpRequest(method, prefix + path);
    request.addHeader("Host", host);
    headers.accept(request::addHeader);
    if (body != null) {
      request.addHeader("Content-Length", Integer.toString(body.length));
      request.setEntity(new ByteArrayEntity(body, null));
    }
    Connection connection = connections.take(op);
    boolean begun = false;
    try {
      ClassicHttpResponse answer = begin(op, connection, request);
      boolean goesOn = connection.goesOn(request, answer);
      begun = true;
      return read(op, connection, answer, goesOn, streamed);
    } catch (SocketTimeoutException e) {
      op.check();
      throw new HttpTimeoutException("no answer");
    } catch (IOException e) {
      op.check();
      throw e;
    } finally {
      if (!begun) {
        connections.end(connection);
      }
    }
  }

  private ClassicHttpResponse begin(
      Operation op, Connection connection, BasicClassicHttpRequest request) throws IOException {
    try (var _ = op.onCancel(connection::close)) {
      connection.patience(op.remaining(timeout));
      return connection.execute(request);
    }
  }

  private Answer read(
      Operation op,
      Connection connection,
      ClassicHttpResponse answer,
      boolean goesOn,
      boolean streamed)
      throws IOException {
    Header wait = answer.getFirstHeader("Retry-After");
    String retryAfter = wait == null ? null : wait.getValue();
    InputStream content =
        answer.getEntity() == null
            ? InputStream.nullInputStream()
            : answer.getEntity().getContent();
    var body = new AnswerBody(op, timeout, content, connection, connections, goesOn);
    if (streamed && answer.getCode() / 100 == 2) {
      return new Answer(answer.getCode(), retryAfter, body);
    }
    try (body) {
      byte[] whole = body.readAllBytes();
      return new Answer(answer.getCode(), retryAfter, new ByteArrayInputStream(whole));
    }
  }

  @Override
  public void close() {
    connections.close();
  }
}
