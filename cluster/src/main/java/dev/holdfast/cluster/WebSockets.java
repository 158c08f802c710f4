package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** WebSockets to one server, over the JDK's client, which is made for the first one. */
final class WebSockets implements AutoCloseable {

  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** One for all clusters of the process. */
  private static final ExecutorService THREADS = Executors.newVirtualThreadPerTaskExecutor();

  private final Kubeconfig kubeconfig;
  private final Duration timeout;
  private @Nullable HttpClient client;

  WebSockets(Kubeconfig kubeconfig, Duration timeout) {
    this.kubeconfig = kubeconfig;
    this.timeout = timeout;
  }

  private synchronized HttpClient client() {
    if (client == null) {
      HttpClient.Builder builder =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(CONNECT.compareTo(timeout) < 0 ? CONNECT : timeout)
              .executor(THREADS);
      if ("https".equals(kubeconfig.server().getScheme())) {
        builder.sslContext(kubeconfig.tls());
      }
      URI proxy = kubeconfig.proxy();
      if (proxy != null) {
        builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
      }
      client = builder.build();
    }
    return client;
  }

  /**
   * Opens one for {@code pods/exec}, in the newest protocol that the server knows.
   *
   * @param headers is given what takes a header
   * @throws HttpTimeoutException if the server is silent for too long
   * @throws Failure.Cancelled if the operation ended
   */
  WebSocket open(
      Operation op,
      URI address,
      Consumer<BiConsumer<String, String>> headers,
      WebSocket.Listener listener)
      throws IOException {
    op.check();
    WebSocket.Builder builder =
        client()
            .newWebSocketBuilder()
            .subprotocols("v5.channel.k8s.io", "v4.channel.k8s.io")
            .connectTimeout(timeout);
    headers.accept(builder::header);
    return await(op, builder.buildAsync(address, listener));
  }

  private <T> T await(Operation op, CompletableFuture<T> answer) throws IOException {
    try (var _ = op.onCancel(() -> answer.cancel(true))) {
      return answer.get(op.remaining(timeout).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      op.check();
      throw new HttpTimeoutException("no answer");
    } catch (CancellationException e) {
      op.check();
      throw new IOException("the request was cancelled", e);
    } catch (ExecutionException e) {
      op.check();
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  /**
   * Ends at once: the client's selector thread would hold up the exit of the command for 300 ms.
   */
  @Override
  public synchronized void close() {
    if (client != null) {
      client.shutdownNow();
    }
  }
}
