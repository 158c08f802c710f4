package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one API server: authentication, the concurrency limit, retries with back-off.
 * HTTP/1.1 on purpose: an API server allows a hundred streams on an HTTP/2 connection and the JDK's
 * client fails beyond, while connections are cheap.
 */
final class Http implements AutoCloseable {

  private static final int TRIES = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final AtomicReference<Kubeconfig> kubeconfig;
  private final AtomicReference<@Nullable String> authorization;
  private final ClusterOptions options;
  private final URI server;
  private final HttpClient client;
  private final AdaptiveLimit limit;

  /**
   * A request without the server's part of the URL.
   *
   * @param contentType null without a body
   * @param user whom to impersonate, or null
   */
  record Call(
      String method,
      String path,
      @Nullable String contentType,
      byte @Nullable [] body,
      String accept,
      @Nullable String user,
      List<String> groups) {}

  /** An answer with its body in memory. */
  record Answer(int status, byte[] body) {}

  Http(Kubeconfig kubeconfig, ClusterOptions options) {
    this.kubeconfig = new AtomicReference<>(kubeconfig);
    this.authorization = new AtomicReference<>(kubeconfig.authorization());
    this.options = options;
    this.server = kubeconfig.server();
    this.limit = new AdaptiveLimit(options.ceiling());
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    if ("https".equals(server.getScheme())) {
      builder.sslContext(kubeconfig.tls());
    }
    URI proxy = kubeconfig.proxy();
    if (proxy != null) {
      builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
    }
    this.client = builder.build();
  }

  /** Reads the body of a successful answer while it arrives. */
  @FunctionalInterface
  interface Reader<T> {
    T read(InputStream body) throws IOException;
  }

  /**
   * Before a request is repeated whose outcome is unknown: a value ends the matter, null repeats.
   */
  @FunctionalInterface
  interface Resolve<T> {
    @Nullable T outcome();
  }

  /**
   * Sends until it succeeds, fails for good, or the tries are used up.
   *
   * @param resolve asked after a try that may have taken effect; null where repeating is harmless
   */
  <T> T send(Operation op, Call call, String what, Reader<T> reader, @Nullable Resolve<T> resolve) {
    boolean refreshed = false;
    for (int attempt = 1; ; attempt++) {
      Failure failure;
      try {
        return once(op, call, what, reader);
      } catch (Failure.Denied e) {
        if (refreshed || !refresh(e)) {
          throw e;
        }
        refreshed = true;
        continue;
      } catch (Failure e) {
        if (!e.transientFailure()) {
          throw e;
        }
        failure = e;
      }
      if (attempt == TRIES) {
        throw failure;
      }
      op.pause(pause(op, attempt, failure));
      if (failure instanceof Failure.Unreachable && resolve != null) {
        T outcome = resolve.outcome();
        if (outcome != null) {
          return outcome;
        }
      }
    }
  }

  /** Doubling, with jitter of half; what the server asked for counts instead. */
  private static Duration pause(Operation op, int attempt, Failure failure) {
    if (failure instanceof Failure.Throttled throttled && throttled.retryAfter() != null) {
      Duration asked = throttled.retryAfter();
      return asked.plusMillis(op.random().nextLong(1 + asked.toMillis() / 4));
    }
    long longest =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(attempt - 1, 10));
    return Duration.ofMillis(longest / 2 + op.random().nextLong(1 + longest / 2));
  }

  /** A 401 may mean that the token has expired: reads it again, once. */
  private boolean refresh(Failure.Denied denied) {
    if (!(denied.getCause() instanceof Unauthorized)) {
      return false;
    }
    String before = authorization.get();
    Kubeconfig fresh = kubeconfig.get().refreshed();
    String after = fresh.authorization();
    kubeconfig.set(fresh);
    authorization.set(after);
    return after != null && !after.equals(before);
  }

  /** Marks a Denied that was a 401. */
  static final class Unauthorized extends Exception {
    private static final long serialVersionUID = 1L;

    Unauthorized() {
      super("401", null, false, false);
    }
  }

  private <T> T once(Operation op, Call call, String what, Reader<T> reader) {
    limit.acquire(op);
    long start = System.nanoTime();
    boolean counted = false;
    try {
      HttpResponse<InputStream> response =
          client.send(request(op, call), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        int status = response.statusCode();
        counted = true;
        if (status == 429 || status == 503) {
          limit.throttled();
        } else {
          limit.answered(Duration.ofNanos(System.nanoTime() - start));
        }
        if (status / 100 == 2) {
          return reader.read(body);
        }
        String wait = response.headers().firstValue("Retry-After").orElse(null);
        throw Answers.failure(what, status, body.readNBytes(1 << 20), wait, describe());
      }
    } catch (HttpTimeoutException e) {
      throw new Failure.Unreachable(
          what
              + ": "
              + describe()
              + " did not answer within "
              + options.timeout().toSeconds()
              + " s",
          "check that the API server is reachable and not overloaded",
          e);
    } catch (SSLException e) {
      throw new Failure.Denied(
          what + ": no trusted TLS connection to " + describe() + ": " + e.getMessage(),
          "check certificate-authority-data in the kubeconfig",
          e);
    } catch (IOException e) {
      op.check();
      throw new Failure.Unreachable(
          what + ": " + describe() + " cannot be reached: " + reason(e),
          "check the server's address in the kubeconfig and the network",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    } finally {
      if (!counted) {
        limit.failed();
      }
    }
  }

  private static String reason(IOException e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String text = last.getMessage() == null ? e.getMessage() : last.getMessage();
    if (text == null) {
      return e instanceof java.net.ConnectException ? "connection refused" : "connection lost";
    }
    return text;
  }

  /**
   * Opens a long answer, such as a watch; outside the limit and without retries.
   *
   * @throws Failure as for other requests
   */
  InputStream open(Operation op, Call call, String what) {
    try {
      HttpResponse<InputStream> response =
          client.send(request(op, call), HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() / 100 == 2) {
        return response.body();
      }
      try (InputStream body = response.body()) {
        String wait = response.headers().firstValue("Retry-After").orElse(null);
        throw Answers.failure(
            what, response.statusCode(), body.readNBytes(1 << 20), wait, describe());
      }
    } catch (IOException e) {
      throw new Failure.Unreachable(
          what + ": " + describe() + " cannot be reached: " + reason(e), null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private HttpRequest request(Operation op, Call call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server + call.path))
            .timeout(op.remaining(options.timeout()).plusMillis(1))
            .header("Accept", call.accept)
            .header("User-Agent", options.userAgent());
    String token = authorization.get();
    if (token != null) {
      request.header("Authorization", token);
    }
    String user = call.user != null ? call.user : kubeconfig.get().impersonateUser();
    List<String> groups = call.user != null ? call.groups : kubeconfig.get().impersonateGroups();
    if (user != null) {
      request.header("Impersonate-User", user);
      groups.forEach(group -> request.header("Impersonate-Group", group));
    }
    if (call.body == null) {
      return request.method(call.method, HttpRequest.BodyPublishers.noBody()).build();
    }
    if (call.contentType != null) {
      request.header("Content-Type", call.contentType);
    }
    return request.method(call.method, HttpRequest.BodyPublishers.ofByteArray(call.body)).build();
  }

  String describe() {
    return kubeconfig.get().describe();
  }

  /**
   * Ends at once: the client's selector thread would hold up the exit of the command for 300 ms.
   */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
