package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * The one JSON dialect: numbers keep the digits they came with (never through double), absent and
 * empty optional fields are left out, unknown fields of documents are ignored, duplicate keys are
 * refused.
 */
public final class Json {

  /** For documents and items alike. Do not reconfigure. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(1000)
                          .maxStringLength(64 << 20)
                          .maxNameLength(1 << 20)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_EMPTY, JsonInclude.Include.ALWAYS))
          .build();

  private Json() {}

  /** Reads one object; the failure names {@code what}. */
  public static ObjectNode object(byte[] bytes, String what) {
    try {
      JsonNode node = MAPPER.readTree(bytes);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw new Failure.Corrupt(what + " is not a JSON object");
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not valid JSON: " + brief(e), null, e);
    }
  }

  /** Reads a document into a record; the failure names {@code what}. */
  public static <T> T read(byte[] bytes, Class<T> type, String what) {
    try {
      T value = MAPPER.readValue(bytes, type);
      if (value == null) {
        throw new Failure.Corrupt(what + " is empty");
      }
      return value;
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " cannot be read: " + brief(e), null, e);
    }
  }

  /** Compact JSON. */
  public static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + value.getClass().getSimpleName(), e);
    }
  }

  /** Compact JSON. */
  public static String string(Object value) {
    return new String(bytes(value), StandardCharsets.UTF_8);
  }

  /** A copy as a tree, to change and write again. */
  public static ObjectNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** Whether two trees say the same: order of fields and spelling of numbers do not matter. */
  public static boolean equal(JsonNode a, JsonNode b) {
    return a.equals(BY_VALUE, b);
  }

  /** Zero for equal leaves; {@code 1}, {@code 1.0} and {@code 1e0} are one number. */
  private static final Comparator<JsonNode> BY_VALUE =
      (a, b) ->
          a.equals(b)
                  || a.isNumber()
                      && b.isNumber()
                      && a.decimalValue().compareTo(b.decimalValue()) == 0
              ? 0
              : 1;

  /** The first line of Jackson's message: without the source, which may hold a secret. */
  private static String brief(IOException e) {
    return e instanceof JsonProcessingException json
        ? json.getOriginalMessage() + (json.getLocation() == null ? "" : " at " + at(json))
        : String.valueOf(e.getMessage());
  }

  private static String at(JsonProcessingException e) {
    return "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }
}
