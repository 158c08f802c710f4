package dev.holdfast.engine.hook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A command in a container of a pod (velero.md 4.7).
 *
 * @param name for messages
 * @param container empty for the pod's first one
 * @param onError as written: {@code Fail}, {@code Continue}, or empty, which counts as Continue
 * @param timeout for the command; 30 seconds if none, or none that makes sense, was given; at most
 *     four hours
 */
public record Hook(
    String name, String container, List<String> command, String onError, Duration timeout) {

  private static final Duration USUAL = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofHours(4);

  public Hook {
    command = List.copyOf(command);
  }

  /** Whether an error keeps the hooks after it from running. Only the literal {@code Fail} does. */
  public boolean stopsOnError() {
    return onError.equals("Fail");
  }

  /**
   * A timeout as Velero takes it.
   *
   * @param text a Go duration, or empty
   * @throws Failure.Invalid if it is no duration
   */
  static Duration timeout(String text) {
    Duration given = text.isEmpty() ? Duration.ZERO : GoDuration.parse(text).value();
    if (!given.isPositive()) {
      return USUAL;
    }
    return given.compareTo(LONGEST) > 0 ? LONGEST : given;
  }

  /**
   * A command in an annotation: a JSON array, else one word.
   *
   * @throws Failure.Invalid if it begins like an array and is none
   */
  static List<String> command(String annotation) {
    if (!annotation.startsWith("[")) {
      return List.of(annotation);
    }
    try {
      return words(Json.MAPPER.readTree(annotation));
    } catch (JsonProcessingException e) {
      throw new Failure.Invalid("the hook's command " + annotation + " is no JSON array");
    }
  }

  static List<String> words(JsonNode array) {
    List<String> words = new ArrayList<>();
    array.forEach(word -> words.add(word.asText()));
    return words;
  }
}
