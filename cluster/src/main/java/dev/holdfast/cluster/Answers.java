package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** From an API server's error answer (a Status, or what a proxy says) to a {@link Failure}. */
final class Answers {

  private Answers() {}

  static Failure failure(
      String what, int status, byte[] body, @Nullable String retryAfter, String cluster) {
    Reply reply = read(body, status);
    String message = what + ": " + reply.message();
    return switch (status) {
      case 401 ->
          Failure.Denied.credentials(
              what + ": " + cluster + " does not accept the credentials",
              "log in again: the token or certificate in the kubeconfig has expired or is wrong");
      case 403 -> new Failure.Denied(message, null, null);
      case 404 -> new Failure.Absent(message);
      case 409 -> new Failure.Conflict(message, null, new Reason(reply.reason(), ""));
      case 410 -> new Failure.Conflict(message, null, new Reason("Expired", reply.next()));
      case 429 -> new Failure.Throttled(message, wait(retryAfter, reply), null);
      case 503 ->
          retryAfter != null || reply.retryAfterSeconds() > 0
              ? new Failure.Throttled(message, wait(retryAfter, reply), null)
              : new Failure.Unreachable(message, null, null);
      default -> {
        if (status >= 500) {
          // A server that says how long to wait asks for a repeat; the rest of 5xx may be passing,
          // too.
          yield new Failure.Unreachable(message, null, new Reason(reply.reason(), ""));
        }
        yield new Failure.Rejected(message, null, new Reason(reply.reason(), ""));
      }
    };
  }

  /** The machine-readable reason of a Status: {@code AlreadyExists}, {@code Expired} … */
  static final class Reason extends Exception {
    private static final long serialVersionUID = 1L;

    /** With which a list whose state is gone may go on, at a newer state; empty for none. */
    final String next;

    Reason(String reason, String next) {
      super(reason, null, false, false);
      this.next = next;
    }
  }

  /** The token with which an expired list goes on; null if this is another failure. */
  static @Nullable String expired(Failure failure) {
    return failure.getCause() instanceof Reason r && "Expired".equals(r.getMessage())
        ? r.next
        : null;
  }

  static boolean unauthorized(Failure failure) {
    return failure instanceof Failure.Denied d && d.ofEverything();
  }

  private record Reply(String message, String reason, int retryAfterSeconds, String next) {}

  private static Reply read(byte[] body, int status) {
    try {
      JsonNode json = Json.MAPPER.readTree(body);
      if (json != null && json.path("kind").asText().equals("Status")) {
        return new Reply(
            json.path("message").asText("the server gave no reason"),
            json.path("reason").asText(),
            json.path("details").path("retryAfterSeconds").asInt(),
            json.path("metadata").path("continue").asText());
      }
    } catch (IOException e) {
      // not from the API server itself: shown as text below
    }
    String text = new String(body, StandardCharsets.UTF_8).strip();
    String line = text.lines().findFirst().orElse("");
    String shown = line.length() > 200 ? line.substring(0, 200) + "…" : line;
    return new Reply(
        shown.isEmpty() ? "HTTP " + status : "HTTP " + status + ": " + shown, "", 0, "");
  }

  private static @Nullable Duration wait(@Nullable String header, Reply reply) {
    if (header != null && header.matches("[0-9]{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(header));
    }
    return reply.retryAfterSeconds() > 0 ? Duration.ofSeconds(reply.retryAfterSeconds()) : null;
  }
}
