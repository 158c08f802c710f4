package dev.holdfast.archive;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What identifies an object, read from its JSON without building a tree. The whole text is checked
 * to be one JSON object. What the object does not have is empty.
 */
public record ItemHead(
    String apiVersion,
    String kind,
    String namespace,
    String name,
    String uid,
    String resourceVersion) {

  /**
   * @throws Failure.Corrupt if the bytes are not one JSON object with apiVersion and kind
   */
  public static ItemHead read(byte[] json, String what) {
    String[] found = {"", "", "", "", "", ""};
    try (JsonParser parser = Json.MAPPER.getFactory().createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new Failure.Corrupt(what + " is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (field) {
          case "apiVersion" -> found[0] = text(parser, value);
          case "kind" -> found[1] = text(parser, value);
          case "metadata" -> metadata(parser, value, found);
          default -> skip(parser);
        }
      }
      if (parser.nextToken() != null) {
        throw new Failure.Corrupt(what + " has something behind its JSON object");
      }
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not valid JSON", null, e);
    }
    if (found[0].isEmpty() || found[1].isEmpty()) {
      throw new Failure.Corrupt(what + " has no apiVersion or no kind");
    }
    return new ItemHead(found[0], found[1], found[2], found[3], found[4], found[5]);
  }

  private static void metadata(JsonParser parser, @Nullable JsonToken start, String[] found)
      throws IOException {
    if (start != JsonToken.START_OBJECT) {
      skip(parser);
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (field) {
        case "namespace" -> found[2] = text(parser, value);
        case "name" -> found[3] = text(parser, value);
        case "uid" -> found[4] = text(parser, value);
        case "resourceVersion" -> found[5] = text(parser, value);
        default -> skip(parser);
      }
    }
  }

  private static String text(JsonParser parser, @Nullable JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      return parser.getText();
    }
    skip(parser);
    return "";
  }

  private static void skip(JsonParser parser) throws IOException {
    parser.skipChildren();
  }
}
