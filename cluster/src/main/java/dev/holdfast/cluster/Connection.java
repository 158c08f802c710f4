package dev.holdfast.cluster;

import java.io.IOException;
import java.net.ProtocolException;
import java.time.Duration;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.Timeout;

/** One connection, for one exchange at a time; any thread may close it, which ends what waits. */
final class Connection implements AutoCloseable {

  /** A request or an answer of usual size goes into one TLS record. */
  private static final Http1Config BUFFERS = Http1Config.custom().setBufferSize(16 << 10).build();

  private static final HttpRequestExecutor EXECUTOR = new HttpRequestExecutor();

  private final Dialer.Line line;
  private final DefaultBHttpClientConnection http = new DefaultBHttpClientConnection(BUFFERS);
  private long usedLast;

  Connection(Dialer.Line line) throws IOException {
    this.line = line;
    if (line.tls() == null) {
      http.bind(line.socket());
    } else {
      http.bind(line.tls(), line.socket());
    }
  }

  /** How long a read may wait from now on. */
  void patience(Duration most) {
    http.setSocketTimeout(Timeout.ofMilliseconds(Math.max(1, most.toMillis())));
  }

  /** Sends the request, and returns when the answer's header is there. */
  ClassicHttpResponse execute(ClassicHttpRequest request) throws IOException {
    try {
      return EXECUTOR.execute(request, http, HttpCoreContext.create());
    } catch (HttpException e) {
      throw protocol(e);
    }
  }

  /** Whether another request may follow once the answer was read. */
  boolean goesOn(ClassicHttpRequest request, ClassicHttpResponse answer) throws IOException {
    return EXECUTOR.keepAlive(request, answer, http, HttpCoreContext.create());
  }

  private static IOException protocol(HttpException e) {
    var failure = new ProtocolException("the answer is not HTTP: " + e.getMessage());
    failure.initCause(e);
    return failure;
  }

  /** Whether the server has closed it meanwhile; takes a millisecond. */
  boolean stale() {
    try {
      return http.isStale();
    } catch (IOException e) {
      return true;
    }
  }

  /** {@link System#nanoTime} of the last use. */
  long usedLast() {
    return usedLast;
  }

  void used() {
    usedLast = System.nanoTime();
  }

  /** At once. */
  @Override
  public void close() {
    line.close();
  }
}
