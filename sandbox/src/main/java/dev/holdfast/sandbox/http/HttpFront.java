package dev.holdfast.sandbox.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.holdfast.model.Failure;
import dev.holdfast.sandbox.api.Request;
import dev.holdfast.sandbox.api.Response;
import dev.holdfast.sandbox.status.ApiError;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import robaho.net.httpserver.DefaultHttpServerProvider;

/** The HTTPS server on the loopback address: a virtual thread per request. */
public final class HttpFront implements AutoCloseable {

  /** As a real server's. */
  private static final int LARGEST_BODY = 3 << 20;

  /** Kept, as loggers that nobody holds lose their level. It tells of each start otherwise. */
  private static final Logger QUIET = Logger.getLogger("robaho.net.httpserver");

  static {
    QUIET.setLevel(Level.WARNING);
    // Without it each answer waits for the client's delayed acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
    System.setProperty("robaho.net.httpserver.nodelay", "true");
    // Both servers are on the class path; which one serves is chosen here, not by what is found.
    System.setProperty(
        "com.sun.net.httpserver.HttpServerProvider",
        "sun.net.httpserver.DefaultHttpServerProvider");
  }

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Takes the port, but does not answer before {@link #serve}.
   *
   * @param port 0 for any
   * @param upgrades whether connections may become WebSockets, which the JDK's server cannot
   * @throws Failure.Invalid if the port is taken
   */
  public HttpFront(int port, boolean upgrades, Certificates certificates) {
    try {
      var address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
      server =
          upgrades
              ? new DefaultHttpServerProvider().createHttpsServer(address, 1024)
              : HttpsServer.create(address, 1024);
    } catch (BindException e) {
      throw new Failure.Invalid(
          "Port " + port + " of 127.0.0.1 is taken: " + e.getMessage(),
          "choose another one, or 0 for any",
          e);
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot listen on 127.0.0.1:" + port, null, e);
    }
    server.setHttpsConfigurator(new HttpsConfigurator(certificates.server()));
    server.setExecutor(threads);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public void serve(Function<Request, Response> api, Faults faults) {
    server.createContext("/", exchange -> handle(exchange, api, faults));
    server.start();
  }

  private static void handle(HttpExchange exchange, Function<Request, Response> api, Faults faults)
      throws IOException {
    try (exchange) {
      byte[] body =
          wantsWebSocket(exchange)
              ? new byte[0] // what follows is the conversation
              : exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
      Response response;
      if (body.length > LARGEST_BODY) {
        ApiError error = ApiError.tooLarge(LARGEST_BODY);
        response = Response.json(error.code(), error.body());
      } else {
        Request request = request(exchange, body);
        Faults.Verdict verdict = faults.judge(request);
        if (verdict.dropBefore()) {
          return;
        }
        response = verdict.instead() != null ? verdict.instead() : safely(api, request);
        response = verdict.disturb(response);
        if (verdict.silent()) {
          faults.keepSilent();
        }
        if (verdict.silent() || verdict.dropAfter()) {
          return;
        }
      }
      send(exchange, response);
    }
  }

  private static Response safely(Function<Request, Response> api, Request request) {
    try {
      return api.apply(request);
    } catch (RuntimeException e) {
      System.getLogger("dev.holdfast.sandbox")
          .log(System.Logger.Level.ERROR, request.method() + " " + request.path(), e);
      ApiError error = ApiError.internal(String.valueOf(e));
      return Response.json(error.code(), error.body());
    }
  }

  private static void send(HttpExchange exchange, Response response) throws IOException {
    Headers headers = exchange.getResponseHeaders();
    if (response.code() == 101) {
      response.headers().forEach(headers::put);
      exchange.sendResponseHeaders(101, 0);
      response.body().converse(exchange.getRequestBody(), exchange.getResponseBody());
      return;
    }
    headers.set("Content-Type", response.contentType());
    headers.set("Cache-Control", "no-cache, private");
    response.headers().forEach(headers::put);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    long length = response.length();
    exchange.sendResponseHeaders(
        response.code(), head || length == 0 ? -1 : length < 0 ? 0 : length);
    if (head || length == 0) {
      return;
    }
    OutputStream out = exchange.getResponseBody();
    if (wantsWebSocket(exchange)) {
      // Refused. The connection is not used again: where the request ends is not known for sure.
      response.body().write(out);
      out.flush();
      return;
    }
    int buffer = length < 0 ? 1 << 14 : (int) Math.min(length, 1 << 16);
    try (OutputStream buffered = new BufferedOutputStream(out, buffer)) {
      response.body().write(buffered);
    }
  }

  private static boolean wantsWebSocket(HttpExchange exchange) {
    return exchange.getRequestHeaders().containsKey("Upgrade")
        && request(exchange, new byte[0]).wantsWebSocket();
  }

  private static Request request(HttpExchange exchange, byte[] body) {
    Map<String, List<String>> headers = new HashMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
    return new Request(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getPath(),
        query(exchange.getRequestURI().getRawQuery()),
        headers,
        body);
  }

  private static Map<String, List<String>> query(String raw) {
    Map<String, List<String>> result = new LinkedHashMap<>();
    if (raw != null) {
      for (String part : raw.split("&", -1)) {
        int equals = part.indexOf('=');
        String name = equals < 0 ? part : part.substring(0, equals);
        String value = equals < 0 ? "" : part.substring(equals + 1);
        result.computeIfAbsent(decode(name), n -> new ArrayList<>()).add(decode(value));
      }
    }
    return result;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
