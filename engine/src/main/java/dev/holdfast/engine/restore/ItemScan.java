package dev.holdfast.engine.restore;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What selection and order ask of an item, read without building a tree.
 *
 * @param uid empty if there is none
 */
record ItemScan(
    String apiVersion, String kind, String uid, Map<String, String> labels, List<Owner> owners) {

  /** An entry of {@code metadata.ownerReferences}. */
  record Owner(String apiVersion, String kind, String name, String uid) {
    String group() {
      int slash = apiVersion.indexOf('/');
      return slash < 0 ? "" : apiVersion.substring(0, slash);
    }
  }

  /** What is found while reading. */
  private static final class Found {
    String apiVersion = "";
    String kind = "";
    String uid = "";
    Map<String, String> labels = Map.of();
    List<Owner> owners = List.of();
    boolean metadata;

    boolean whole() {
      return metadata && !apiVersion.isEmpty() && !kind.isEmpty();
    }
  }

  /** Reads until it has everything; what follows is not looked at. */
  static ItemScan read(byte[] json) {
    Found found = new Found();
    try (JsonParser parser = Json.MAPPER.getFactory().createParser(json)) {
      parser.nextToken();
      while (!found.whole() && parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("apiVersion") && value == JsonToken.VALUE_STRING) {
          found.apiVersion = parser.getText();
        } else if (field.equals("kind") && value == JsonToken.VALUE_STRING) {
          found.kind = parser.getText();
        } else if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
          metadata(parser, found);
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new Failure.Corrupt("An item of the archive is not valid JSON", null, e);
    }
    return new ItemScan(found.apiVersion, found.kind, found.uid, found.labels, found.owners);
  }

  private static void metadata(JsonParser parser, Found found) throws IOException {
    found.metadata = true;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("uid") && value == JsonToken.VALUE_STRING) {
        found.uid = parser.getText();
      } else if (field.equals("labels") && value == JsonToken.START_OBJECT) {
        found.labels = strings(parser);
      } else if (field.equals("ownerReferences") && value == JsonToken.START_ARRAY) {
        found.owners = owners(parser);
      } else {
        parser.skipChildren();
      }
    }
  }

  private static List<Owner> owners(JsonParser parser) throws IOException {
    List<Owner> owners = new ArrayList<>();
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      Map<String, String> fields = strings(parser);
      owners.add(
          new Owner(
              fields.getOrDefault("apiVersion", ""),
              fields.getOrDefault("kind", ""),
              fields.getOrDefault("name", ""),
              fields.getOrDefault("uid", "")));
    }
    return owners;
  }

  /** The fields of an object that are strings. */
  private static Map<String, String> strings(JsonParser parser) throws IOException {
    Map<String, String> strings = new HashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        strings.put(field, parser.getText());
      } else {
        parser.skipChildren();
      }
    }
    return strings;
  }
}
