package dev.holdfast.sandbox.node;

import dev.holdfast.sandbox.api.Request;
import dev.holdfast.sandbox.api.Response;
import dev.holdfast.sandbox.status.ApiError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** {@code pods/log}: tailLines, sinceSeconds, limitBytes, timestamps, previous, follow. */
final class LogStream {

  private final Request request;
  private final ContainerLog log;
  private long left;

  private LogStream(Request request, ContainerLog log) {
    this.request = request;
    this.log = log;
    String limit = request.parameter("limitBytes");
    left = limit.isEmpty() ? Long.MAX_VALUE : number(limit);
  }

  static Response answer(
      Request request, @Nullable ContainerRun container, String pod, String name) {
    boolean previous = request.flag("previous");
    ContainerLog log = container == null ? null : container.log(previous);
    if (container == null || container.starts() == 0) {
      throw ApiError.badRequest(
          "container \"" + name + "\" in pod \"" + pod + "\" is waiting to start: PodInitializing");
    }
    if (log == null) {
      throw ApiError.badRequest(
          "previous terminated container \"" + name + "\" in pod \"" + pod + "\" not found");
    }
    LogStream stream = new LogStream(request, log);
    return Response.stream("text/plain", stream::write);
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.badRequest("'" + text + "' is no number");
    }
  }

  private void write(OutputStream out) throws IOException {
    String tail = request.parameter("tailLines");
    String since = request.parameter("sinceSeconds");
    Instant oldest = since.isEmpty() ? Instant.EPOCH : Instant.now().minusSeconds(number(since));
    long next = tail.isEmpty() ? 0 : Math.max(0, log.size() - number(tail));
    try {
      do {
        for (ContainerLog.Line line : log.from(next)) {
          next++;
          if (!line.time().isBefore(oldest) && !write(out, line)) {
            return;
          }
        }
        out.flush();
      } while (request.flag("follow") && log.await(next));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** False once the limit is reached. */
  private boolean write(OutputStream out, ContainerLog.Line line) throws IOException {
    String text = (request.flag("timestamps") ? line.time() + " " : "") + line.text() + "\n";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.min(bytes.length, left);
    out.write(bytes, 0, length);
    left -= length;
    return left > 0;
  }
}
