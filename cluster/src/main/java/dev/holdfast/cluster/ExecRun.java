package dev.holdfast.cluster;

import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URLEncoder;
import java.net.http.HttpConnectTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Opens {@code pods/exec} over a WebSocket. A command may do something: only what certainly did not
 * reach the server is tried again.
 */
final class ExecRun {

  private static final int TRIES = 5;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final Http http;
  private final ExecRequest request;
  private final String what;

  ExecRun(Http http, ExecRequest request) {
    this.http = http;
    this.request = request;
    this.what =
        "Running "
            + (request.command().isEmpty() ? "a command" : request.command().getFirst())
            + " in pod "
            + request.namespace()
            + "/"
            + request.pod();
  }

  Execution run(Operation op, Http.Call call) {
    boolean renewed = false;
    for (int attempt = 1; ; attempt++) {
      String authorization = http.authorization();
      try {
        WebSocket socket = http.upgrade(op, call, authorization);
        ExecOutput output = new ExecOutput(what, socket, SILENCE);
        output.start();
        return new Execution(op, output, new ExecInput(op, socket, output, http.timeout()));
      } catch (IOException e) {
        op.check();
        Failure failure = failure(e);
        if (Answers.unauthorized(failure) && !renewed && http.renew(authorization)) {
          renewed = true;
        } else if (attempt < TRIES && (failure instanceof Failure.Throttled || unsent(e))) {
          op.pause(PAUSE.multipliedBy(1L << (attempt - 1)));
        } else {
          throw failure;
        }
      }
    }
  }

  private static boolean unsent(IOException e) {
    return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
  }

  private Failure failure(IOException e) {
    if (!(e instanceof WebSockets.Refused refused)) {
      return Breakage.failure(what, http.describe(), http.timeout(), e);
    }
    int status = refused.status();
    return switch (status) {
      case 403 ->
          new Failure.Denied(
              what + ": the caller may not run commands in pods of this namespace",
              "it takes the verbs get and create on pods/exec",
              e);
      case 404 -> new Failure.Absent(what + ": there is no such pod", null, e);
      case 400, 500 ->
          new Failure.Rejected(
              what
                  + ": the server refused (HTTP "
                  + status
                  + "): the container does not run, or is not there",
              null,
              e);
      default -> Answers.failure(what, status, new byte[0], null, http.describe());
    };
  }

  /** The path of the request. */
  static String path(ExecRequest request) {
    StringBuilder path = new StringBuilder("/api/v1/namespaces/");
    path.append(request.namespace()).append("/pods/").append(request.pod());
    path.append("/exec?stdout=true&stderr=true&stdin=").append(request.stdin());
    if (!request.container().isEmpty()) {
      path.append("&container=").append(request.container());
    }
    for (String word : request.command()) {
      path.append("&command=")
          .append(URLEncoder.encode(word, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return path.toString();
  }
}
