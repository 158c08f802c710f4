package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What {@code kubectl get jobs} shows. */
final class JobCells {

  private JobCells() {}

  static String status(JsonNode job) {
    if (is(job, "Complete")) {
      return "Complete";
    }
    if (is(job, "Failed")) {
      return "Failed";
    }
    if (job.path("metadata").has("deletionTimestamp")) {
      return "Terminating";
    }
    for (String condition : List.of("Suspended", "FailureTarget", "SuccessCriteriaMet")) {
      if (is(job, condition)) {
        return condition;
      }
    }
    return "Running";
  }

  private static boolean is(JsonNode job, String type) {
    for (JsonNode condition : job.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)
          && condition.path("status").asText().equals("True")) {
        return true;
      }
    }
    return false;
  }

  static String completions(JsonNode job) {
    long succeeded = job.at("/status/succeeded").asLong();
    JsonNode completions = job.at("/spec/completions");
    if (completions.isNumber()) {
      return succeeded + "/" + completions.asLong();
    }
    long parallelism = job.at("/spec/parallelism").asLong();
    return succeeded + "/1" + (parallelism > 1 ? " of " + parallelism : "");
  }

  static String duration(JsonNode job) {
    String start = job.at("/status/startTime").asText();
    String end = job.at("/status/completionTime").asText();
    if (start.isEmpty() || end.isEmpty()) {
      return start.isEmpty() ? "" : Ages.since(start, "");
    }
    return Ages.text(Duration.between(Instant.parse(start), Instant.parse(end)));
  }
}
