package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one API server: authentication, the concurrency limit, retries with back-off, and
 * what to do when an answer is lost.
 *
 * <p>A request that is answered with 429 was not executed and is repeated for as long as {@link
 * #PATIENCE}. One whose answer is lost (the connection broke, a time-out, 5xx) may have been
 * executed: its {@link Doubt} decides. An address that never answered is given up soon: it is
 * probably wrong; so is a server that was silent, to everyone, until a request gave up.
 */
final class Http implements AutoCloseable {

  private static final int TRIES = 8;
  private static final int FIRST_CONTACT_TRIES = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** Of an error answer, which is a Status or a proxy's page. */
  private static final int LONGEST_ERROR = 1 << 20;

  private final ClusterOptions options;
  private final URI server;
  private final String name;
  private final Credentials credentials;
  private final Wire wire;
  private final WebSockets sockets;
  private final AdaptiveLimit limit;
  private volatile boolean contacted;

  /** {@link System#nanoTime} of the last answer to anyone. */
  private volatile long answeredAt;

  /**
   * A request without the server's part of the URL.
   *
   * @param contentType null without a body
   * @param user whom to impersonate, or null
   * @param kind what its duration says about the server
   */
  record Call(
      String method,
      String path,
      @Nullable String contentType,
      byte @Nullable [] body,
      String accept,
      @Nullable String user,
      List<String> groups,
      AdaptiveLimit.Kind kind) {

    /** Long answers are read while they arrive, others once they are complete. */
    boolean streamed() {
      return kind == AdaptiveLimit.Kind.UNTIMED;
    }
  }

  Http(Kubeconfig kubeconfig, ClusterOptions options) {
    this.options = options;
    this.server = kubeconfig.server();
    this.name = kubeconfig.describe();
    this.credentials = kubeconfig.credentials();
    this.limit = new AdaptiveLimit(options.ceiling(), System::nanoTime);
    Dialer dialer = new Dialer(kubeconfig, options.timeout());
    this.wire = new Wire(dialer, server, options.timeout());
    this.sockets = new WebSockets(dialer, server, options.timeout());
  }

  /** Reads the body of a successful answer, perhaps while it arrives. */
  @FunctionalInterface
  interface Reader<T> {
    T read(InputStream body) throws IOException;
  }

  /** What became of a request whose answer was lost. */
  @FunctionalInterface
  interface Doubt<T> {
    /**
     * Asked before the request is repeated, and when the repetition is refused with 404 or 409.
     *
     * @param lost why the answer was lost; thrown where the request must not be repeated
     * @return the result if the request took effect, null if it did not
     */
    @Nullable T settle(Failure lost);
  }

  /** For requests that may be repeated freely. */
  static <T> Doubt<T> harmless() {
    return lost -> null;
  }

  /** Sends until it succeeds, fails for good, or patience ends. */
  <T> T send(Operation op, Call call, String what, Reader<T> reader, Doubt<T> doubt) {
    return new Attempts<>(op, call, what, reader, doubt).run();
  }

  /** Opens a long answer, such as a watch; the caller closes it. */
  InputStream open(Operation op, Call call, String what) {
    return send(op, call, what, body -> body, harmless());
  }

  /** The tries of one request. */
  private final class Attempts<T> {
    private final Operation op;
    private final Call call;
    private final String what;
    private final Reader<T> reader;
    private final Doubt<T> doubt;
    private final java.time.Instant start;
    private final long startedAt = System.nanoTime();
    private int lost;
    private int throttled;
    private boolean renewed;
    private @Nullable Failure doubtful;

    Attempts(Operation op, Call call, String what, Reader<T> reader, Doubt<T> doubt) {
      this.op = op;
      this.call = call;
      this.what = what;
      this.reader = reader;
      this.doubt = doubt;
      this.start = op.now();
    }

    T run() {
      while (true) {
        String authorization = credentials.authorization();
        Failure failure;
        try {
          return read(answer(authorization));
        } catch (Lost e) {
          failure = e.failure;
        }
        T settled = judge(failure, authorization);
        if (settled != null) {
          return settled;
        }
      }
    }

    private InputStream answer(@Nullable String authorization) throws Lost {
      try {
        return once(op, call, authorization, what);
      } catch (Failure e) {
        throw new Lost(e);
      }
    }

    /** Only what breaks on the way is repeated, not what the reader itself fails with. */
    private T read(InputStream body) throws Lost {
      try {
        return reader.read(body);
      } catch (IOException e) {
        op.check();
        throw new Lost(Breakage.failure(what, name, options.timeout(), e));
      }
    }

    /**
     * Pauses if the request is to be repeated.
     *
     * @return the result if an earlier try brought it about
     * @throws Failure if all is over
     */
    private @Nullable T judge(Failure failure, @Nullable String authorization) {
      if (doubtful != null
          && (failure instanceof Failure.Conflict || failure instanceof Failure.Absent)) {
        T settled = doubt.settle(doubtful);
        if (settled != null) {
          return settled;
        }
      }
      if (Answers.unauthorized(failure) && !renewed) {
        renewed = true;
        if (credentials.renew(authorization)) {
          return null;
        }
      }
      if (!failure.transientFailure()) {
        throw failure;
      }
      count(failure);
      op.pause(pause(failure));
      if (failure instanceof Failure.Unreachable && Breakage.mayHaveArrived(failure)) {
        doubtful = failure;
        return doubt.settle(failure);
      }
      return null;
    }

    private void count(Failure failure) {
      if (failure instanceof Failure.Throttled) {
        throttled++;
      } else {
        lost++;
      }
      Duration spent = Duration.between(start, op.now());
      boolean hopeless = !contacted && (lost >= FIRST_CONTACT_TRIES || Breakage.timedOut(failure));
      if (hopeless || lost >= TRIES || spent.compareTo(PATIENCE) > 0) {
        if (answeredAt - startedAt < 0) {
          contacted = false; // nobody was answered meanwhile: the next one need not wait as long
        }
        throw failure;
      }
    }

    /** Doubling, with jitter of half; what the server asked for counts instead. */
    private Duration pause(Failure failure) {
      if (failure instanceof Failure.Throttled t && t.retryAfter() != null) {
        Duration asked = t.retryAfter();
        return asked.plusMillis(op.random().nextLong(1 + asked.toMillis() / 4));
      }
      int doublings = Math.min(lost + throttled - 1, 10);
      long longest = Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << doublings);
      return Duration.ofMillis(longest / 2 + op.random().nextLong(1 + longest / 2));
    }
  }

  /** A try that failed, as opposed to a reader that did. */
  private static final class Lost extends Exception {
    private static final long serialVersionUID = 1L;
    final Failure failure;

    Lost(Failure failure) {
      super(null, failure, false, false);
      this.failure = failure;
    }
  }

  /**
   * One try.
   *
   * @return the body of a successful answer
   */
  private InputStream once(Operation op, Call call, @Nullable String authorization, String what) {
    AdaptiveLimit.Slot slot = limit.acquire(op);
    try {
      Wire.Answer answer =
          wire.exchange(
              op,
              call.method,
              call.path,
              headers -> headers(call, authorization, headers),
              call.body,
              call.streamed());
      contacted = true;
      answeredAt = System.nanoTime();
      int status = answer.status();
      if (status == 429) {
        slot.throttled();
      } else {
        slot.answered(call.kind);
      }
      if (status / 100 == 2) {
        return answer.body();
      }
      try (InputStream body = answer.body()) {
        byte[] said = body.readNBytes(LONGEST_ERROR);
        throw Answers.failure(what, status, said, answer.retryAfter(), name);
      }
    } catch (IOException e) {
      op.check();
      throw Breakage.failure(what, name, options.timeout(), e);
    } finally {
      slot.failed();
    }
  }

  /** The value of the Authorization header, or null for none. */
  @Nullable String authorization() {
    return credentials.authorization();
  }

  /** Gets credentials anew after the server refused some; false if there are no others. */
  boolean renew(@Nullable String refused) {
    return credentials.renew(refused);
  }

  Duration timeout() {
    return options.timeout();
  }

  /**
   * Opens a WebSocket, once.
   *
   * @throws IOException if there is no connection, or no WebSocket; then a {@link
   *     WebSockets.Refused}
   */
  WebSocket upgrade(Operation op, Call call, @Nullable String authorization) throws IOException {
    return sockets.open(op, call.path, headers -> identify(call, authorization, headers));
  }

  private void identify(
      Call call, @Nullable String authorization, BiConsumer<String, String> headers) {
    headers.accept("User-Agent", options.userAgent());
    if (authorization != null) {
      headers.accept("Authorization", authorization);
    }
    String user = call.user != null ? call.user : credentials.impersonatedUser();
    List<String> groups = call.user != null ? call.groups : credentials.impersonatedGroups();
    if (user != null) {
      headers.accept("Impersonate-User", user);
      groups.forEach(group -> headers.accept("Impersonate-Group", group));
    }
  }

  private void headers(
      Call call, @Nullable String authorization, BiConsumer<String, String> headers) {
    headers.accept("Accept", call.accept);
    identify(call, authorization, headers);
    if (call.body != null && call.contentType != null) {
      headers.accept("Content-Type", call.contentType);
    }
  }

  String describe() {
    return name;
  }

  @Override
  public void close() {
    wire.close();
  }
}
