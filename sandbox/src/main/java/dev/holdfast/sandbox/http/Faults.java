package dev.holdfast.sandbox.http;

import dev.holdfast.sandbox.api.Request;
import dev.holdfast.sandbox.api.Response;
import dev.holdfast.sandbox.status.ApiError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong, on request; changeable while the server runs. Each fault has a filter and hits
 * either the next so many requests that pass it, or each with a probability, until {@link #clear}.
 */
public final class Faults {

  /** What can happen to a request. */
  public enum Kind {
    /** 429 with Retry-After: 1; nothing was done. */
    TOO_MANY_REQUESTS,
    /** 500; nothing was done. */
    INTERNAL_ERROR,
    /** 503; nothing was done. */
    UNAVAILABLE,
    /** The connection is closed; nothing was done. */
    DROP_BEFORE,
    /** The request takes effect, then the connection is closed without an answer. */
    DROP_AFTER,
    /**
     * The request takes effect, half of the answer's body is sent, then the connection closes; a
     * conversation ends after 64 KiB.
     */
    HALF_ANSWER,
    /**
     * The request takes effect, but no answer comes, and the connection stays open until {@link
     * #clear}: as if the server's half of it were gone without a word.
     */
    SILENCE,
    /** The answer's body comes a kilobyte at a time, with 20 ms between. */
    SLOW_BODY
  }

  private volatile Duration latency = Duration.ZERO;
  private volatile boolean watchesStalled;
  private volatile long listsBehind;
  private volatile CountDownLatch silence = new CountDownLatch(1);
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final AtomicInteger hits = new AtomicInteger();

  private record Fault(
      Kind kind, Predicate<Request> filter, double probability, AtomicInteger left) {
    boolean strikes(Request request) {
      if (!filter.test(request)) {
        return false;
      }
      if (probability > 0) {
        return ThreadLocalRandom.current().nextDouble() < probability;
      }
      return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }
  }

  /** Added to each request before it is looked at. */
  public Faults latency(Duration each) {
    latency = each;
    return this;
  }

  /** The next {@code times} requests that pass the filter are hit. */
  public Faults next(Kind kind, int times, Predicate<Request> filter) {
    faults.add(new Fault(kind, filter, 0, new AtomicInteger(times)));
    return this;
  }

  /** Each request that passes the filter is hit with this probability. */
  public Faults often(Kind kind, double probability, Predicate<Request> filter) {
    faults.add(new Fault(kind, filter, probability, new AtomicInteger()));
    return this;
  }

  /** While true, watches send nothing; what happened meanwhile follows afterwards. */
  public Faults stallWatches(boolean stalled) {
    watchesStalled = stalled;
    return this;
  }

  public boolean watchesStalled() {
    return watchesStalled;
  }

  /**
   * Lists that say that a cache will do ({@code resourceVersion=0}) show the state before so many
   * changes, as far as it is remembered.
   */
  public Faults staleLists(long changes) {
    listsBehind = changes;
    return this;
  }

  public long listsBehind() {
    return listsBehind;
  }

  /** How many requests have been hit so far. */
  public int hits() {
    return hits.get();
  }

  /** Nothing goes wrong any more; latency is zero. */
  public Faults clear() {
    faults.clear();
    latency = Duration.ZERO;
    watchesStalled = false;
    listsBehind = 0;
    silence.countDown();
    silence = new CountDownLatch(1);
    return this;
  }

  /** Until {@link #clear} or the end of the server. */
  void keepSilent() {
    try {
      silence.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What happens to one request. */
  record Verdict(@Nullable Kind kind) {
    boolean dropBefore() {
      return kind == Kind.DROP_BEFORE;
    }

    boolean silent() {
      return kind == Kind.SILENCE;
    }

    boolean dropAfter() {
      return kind == Kind.DROP_AFTER;
    }

    @Nullable Response instead() {
      return switch (kind) {
        case TOO_MANY_REQUESTS ->
            error(ApiError.tooManyRequests(1)).with("Retry-After", List.of("1"));
        case INTERNAL_ERROR -> error(ApiError.internal("a fault that was asked for"));
        case UNAVAILABLE ->
            error(
                ApiError.of(
                    503,
                    "ServiceUnavailable",
                    "the server is currently unable to handle the request",
                    null));
        case null, default -> null;
      };
    }

    Response disturb(Response response) {
      if (response.code() == 101) {
        return kind == Kind.HALF_ANSWER ? cut(response) : response;
      }
      return switch (kind) {
        case HALF_ANSWER ->
            new Response(
                response.code(),
                response.contentType(),
                response.headers(),
                response.length(),
                out -> response.body().write(new HalfWay(out, response.length() / 2)));
        case SLOW_BODY ->
            new Response(
                response.code(),
                response.contentType(),
                response.headers(),
                response.length(),
                out -> response.body().write(new Slow(out)));
        case null, default -> response;
      };
    }

    private static Response cut(Response conversation) {
      return Response.upgrade(
          conversation.headers(),
          new Response.Conversation() {
            @Override
            public void converse(InputStream in, OutputStream out) throws IOException {
              conversation.body().converse(in, new HalfWay(out, 1 << 16));
            }
          });
    }

    private static Response error(ApiError error) {
      return Response.json(error.code(), error.body());
    }
  }

  /** Waits the latency, then decides. */
  Verdict judge(Request request) {
    Duration wait = latency;
    if (wait.isPositive()) {
      LockSupport.parkNanos(wait.toNanos());
    }
    for (Fault fault : faults) {
      if (fault.strikes(request)) {
        hits.incrementAndGet();
        return new Verdict(fault.kind());
      }
    }
    return new Verdict(null);
  }

  /** Ends in the middle. */
  private static final class HalfWay extends OutputStream {
    private final OutputStream out;
    private long left;

    HalfWay(OutputStream out, long left) {
      this.out = out;
      this.left = left;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      int now = (int) Math.min(left, length);
      out.write(bytes, from, now);
      left -= now;
      if (now < length) {
        out.flush();
        throw new IOException("Half of the answer was asked for");
      }
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }

  /** A kilobyte at a time. */
  private static final class Slow extends OutputStream {
    private final OutputStream out;

    Slow(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      for (int at = 0; at < length; at += 1024) {
        out.write(bytes, from + at, Math.min(1024, length - at));
        out.flush();
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}
