package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestWriter;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.impl.io.SessionOutputBufferImpl;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/**
 * Opens WebSockets to one server: the handshake of RFC 6455. Each has a connection of its own. The
 * JDK's client would hand each TLS record through several threads, which takes more than the record
 * itself; see {@code docs/performance.md}.
 */
final class WebSockets {

  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int BUFFER = 16 << 10;

  /** Of the answer's header. */
  private static final int HEADER = 8 << 10;

  /** Of exec, the newest first. */
  private static final List<String> PROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");

  private final SecureRandom random = new SecureRandom();
  private final Dialer dialer;
  private final String prefix;
  private final Duration timeout;

  /**
   * @param server its path stands before all others
   */
  WebSockets(Dialer dialer, URI server, Duration timeout) {
    this.dialer = dialer;
    this.prefix = server.getRawPath();
    this.timeout = timeout;
  }

  /** The server answered, and not with a WebSocket. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    Refused(int status) {
      super("HTTP " + status + " instead of a WebSocket");
      this.status = status;
    }

    /** Of HTTP. */
    int status() {
      return status;
    }
  }

  /**
   * Opens one for {@code pods/exec}, in the newest protocol that the server knows.
   *
   * @param headers is given what takes a header
   * @throws HttpTimeoutException if the server is silent for too long
   * @throws Refused if it has another answer
   * @throws Failure.Cancelled if the operation ended
   */
  WebSocket open(Operation op, String path, Consumer<BiConsumer<String, String>> headers)
      throws IOException {
    op.check();
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    var request = new BasicClassicHttpRequest("GET", prefix + path);
    request.addHeader("Host", dialer.host());
    request.addHeader("Upgrade", "websocket");
    request.addHeader("Connection", "Upgrade");
    request.addHeader("Sec-WebSocket-Version", "13");
    request.addHeader("Sec-WebSocket-Key", key);
    request.addHeader("Sec-WebSocket-Protocol", String.join(", ", PROTOCOLS));
    headers.accept(request::addHeader);
    Dialer.Line line = dialer.dial(op, true);
    try (var _ = op.onCancel(line::close)) {
      line.patience(op.remaining(timeout));
      WebSocket socket = shake(line, request, accept(key));
      line.patience(Duration.ZERO);
      return socket;
    } catch (SocketTimeoutException e) {
      line.close();
      op.check();
      throw new HttpTimeoutException("no answer");
    } catch (HttpException e) {
      line.close();
      throw new ProtocolException("the answer is not HTTP: " + e.getMessage());
    } catch (IOException | RuntimeException | Error e) {
      line.close();
      op.check();
      throw e;
    }
  }

  private WebSocket shake(Dialer.Line line, ClassicHttpRequest request, String accept)
      throws IOException, HttpException {
    var output = new SessionOutputBufferImpl(HEADER);
    new DefaultHttpRequestWriter().write(request, output, line.out());
    output.flush(line.out());
    var input = new SessionInputBufferImpl(BUFFER, HEADER);
    ClassicHttpResponse answer = new DefaultHttpResponseParser().parse(input, line.in());
    if (answer.getCode() != 101) {
      throw new Refused(answer.getCode());
    }
    if (!accept.equals(value(answer, "Sec-WebSocket-Accept"))) {
      throw new ProtocolException("the answer belongs to another WebSocket");
    }
    String protocol = value(answer, "Sec-WebSocket-Protocol");
    if (!PROTOCOLS.contains(protocol)) {
      throw new ProtocolException("the server speaks '" + protocol + "' on the WebSocket");
    }
    return new WebSocket(line, input, protocol, random);
  }

  private static String value(ClassicHttpResponse answer, String name) {
    Header header = answer.getFirstHeader(name);
    return header == null ? "" : header.getValue();
  }

  private static String accept(String key) {
    try {
      byte[] text = (key + MAGIC).getBytes(StandardCharsets.US_ASCII);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
