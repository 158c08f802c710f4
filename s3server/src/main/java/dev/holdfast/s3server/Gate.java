package dev.holdfast.s3server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stands before an S3 server and lets requests through, refuses them, cuts them off or lets them
 * hang, as a rule says, which may change at any time. What it lets through stays as it was signed.
 */
public final class Gate implements AutoCloseable {

  /** What becomes of a request. */
  public sealed interface Verdict {

    /** It goes through. */
    Verdict PASS = new Pass();

    /** The connection is closed without an answer; nothing was done. */
    Verdict CUT = new Cut();

    /** It goes through, but after half of the answer's bytes the connection is closed. */
    Verdict HALF = new Partly(0.5);

    /** It goes through, but nobody hears of it: the connection is closed without an answer. */
    Verdict LOST = new Partly(0);

    /** There is never an answer. */
    Verdict HANG = new Hang();

    /** It is refused with an S3 error. */
    static Verdict error(int status, String code) {
      return new Refuse(status, code, "");
    }
  }

  private record Pass() implements Verdict {}

  private record Cut() implements Verdict {}

  private record Partly(double share) implements Verdict {}

  private record Hang() implements Verdict {}

  /**
   * @param header another header line of the answer; may be empty
   */
  public record Refuse(int status, String code, String header) implements Verdict {}

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final String BODY_LENGTH = "\r\ncontent-length:";

  private final ServerSocket listener;
  private final int behind;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final List<String> requests = new ArrayList<>();
  private final List<String> heads = new ArrayList<>();
  private volatile Function<String, Verdict> rule = _ -> Verdict.PASS;

  private Gate(ServerSocket listener, int behind) {
    this.listener = listener;
    this.behind = behind;
  }

  /** Listens when this returns; lets everything through. */
  public static Gate before(S3Server server) {
    return before(server.port());
  }

  /** The same before any HTTP server on 127.0.0.1. */
  public static Gate before(int port) {
    try {
      Gate gate = new Gate(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
      Thread.ofVirtual().start(gate::accept);
      return gate;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From now on this decides; it is given {@code PUT /bucket/key?query}. */
  public Gate rule(Function<String, Verdict> decides) {
    rule = decides;
    return this;
  }

  /** What was asked so far: {@code PUT /bucket/key?query}. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /** The heads of the requests so far: request line and header lines. */
  public synchronized List<String> heads() {
    return List.copyOf(heads);
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** One request a connection. */
  private void serve(Socket client) {
    boolean keep = false;
    try {
      String head = head(client.getInputStream());
      if (head != null) {
        String[] words = head.split(" ", 3);
        keep = decide(client, head, words[0] + " " + words[1]);
      }
    } catch (IOException e) {
      // one of the two is gone: the other one notices
    } finally {
      if (!keep) {
        close(client);
      }
    }
  }

  /** Returns whether the connection stays open, without an answer. */
  private boolean decide(Socket client, String head, String request) throws IOException {
    synchronized (this) {
      requests.add(request);
      heads.add(head);
    }
    switch (rule.apply(request)) {
      case Pass _ -> forward(client, head, 1);
      case Partly(double share) -> forward(client, head, share);
      case Refuse refuse -> refuse(client, head, request, refuse);
      case Cut _ -> {}
      case Hang _ -> {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = 0;
    while (end < 4) {
      int read = in.read();
      if (read < 0) {
        return null;
      }
      head.write(read);
      end = read == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : read == '\r' ? 1 : 0;
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static long bodyLength(String head) {
    int at = head.toLowerCase(Locale.ROOT).indexOf(BODY_LENGTH);
    if (at < 0) {
      return 0;
    }
    int from = at + BODY_LENGTH.length();
    return Long.parseLong(head.substring(from, head.indexOf("\r\n", from)).strip());
  }

  private void forward(Socket client, String head, double share) throws IOException {
    try (Socket server = new Socket(InetAddress.getLoopbackAddress(), behind)) {
      open.add(server);
      OutputStream out = server.getOutputStream();
      int firstLine = head.indexOf("\r\n") + 2;
      String once = head.replaceAll("(?i)\r\n(connection|expect):[^\r]*", "");
      out.write(
          (once.substring(0, firstLine) + "Connection: close\r\n" + once.substring(firstLine))
              .getBytes(StandardCharsets.ISO_8859_1));
      if (head.toLowerCase(Locale.ROOT).contains("\r\nexpect:")) {
        client.getOutputStream().write(CONTINUE);
      }
      copy(client.getInputStream(), out, bodyLength(head));
      byte[] answer = server.getInputStream().readAllBytes();
      client.getOutputStream().write(answer, 0, (int) (answer.length * share));
      client.getOutputStream().flush();
    }
  }

  private static void copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long left = length; left > 0; ) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        return;
      }
      out.write(buffer, 0, read);
      left -= read;
    }
    out.flush();
  }

  private static void refuse(Socket client, String head, String request, Refuse refuse)
      throws IOException {
    if (head.toLowerCase(Locale.ROOT).contains("\r\nexpect:")) {
      client.getOutputStream().write(CONTINUE);
    }
    copy(client.getInputStream(), OutputStream.nullOutputStream(), bodyLength(head));
    String body =
        request.startsWith("HEAD ")
            ? ""
            : "<?xml version=\"1.0\"?><Error><Code>"
                + refuse.code()
                + "</Code><Message>no</Message></Error>";
    String answer =
        "HTTP/1.1 "
            + refuse.status()
            + " No\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n"
            + (refuse.header().isEmpty() ? "" : refuse.header() + "\r\n")
            + "\r\n"
            + body;
    client.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
    client.getOutputStream().flush();
  }

  private void close(Socket socket) {
    open.remove(Objects.requireNonNull(socket));
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    open.forEach(this::close);
  }
}
