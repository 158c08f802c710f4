package dev.holdfast.repository.index;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.pack.PackedBlob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON of an index file (restic design, "Indexing"): packs, each with all of its blobs. */
public final class IndexFile {

  private IndexFile() {}

  /** Takes the entries of an index file one by one. */
  @FunctionalInterface
  public interface Sink {
    void blob(Id pack, PackedBlob blob);
  }

  /** Writes the packs and their blobs. */
  public static byte[] write(Map<Id, List<PackedBlob>> packs) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeArrayFieldStart("packs");
      for (var pack : packs.entrySet()) {
        json.writeStartObject();
        json.writeStringField("id", pack.getKey().toString());
        json.writeArrayFieldStart("blobs");
        for (PackedBlob blob : pack.getValue()) {
          json.writeStartObject();
          json.writeStringField("id", blob.id().toString());
          json.writeStringField("type", blob.type().text());
          json.writeNumberField("offset", blob.offset());
          json.writeNumberField("length", blob.length());
          if (blob.compressed()) {
            json.writeNumberField("uncompressed_length", blob.uncompressed());
          }
          json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads an index file as a stream of entries; unknown members are ignored.
   *
   * @throws Failure.Corrupt if it is malformed
   */
  public static void read(byte[] bytes, String what, Sink sink) {
    if (!IndexScan.read(bytes, sink)) {
      parse(bytes, what, sink);
    }
  }

  /** The same for an index that somebody else writes in another way, and for what is wrong. */
  static void parse(byte[] bytes, String what, Sink sink) {
    try (JsonParser json = Json.MAPPER.createParser(bytes)) {
      expect(json.nextToken() == JsonToken.START_OBJECT, what);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean packs = json.currentName().equals("packs");
        JsonToken value = json.nextToken();
        if (packs && value == JsonToken.START_ARRAY) {
          while (json.nextToken() == JsonToken.START_OBJECT) {
            readPack(json, what, sink);
          }
        } else {
          json.skipChildren();
        }
      }
      expect(json.currentToken() == JsonToken.END_OBJECT, what);
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not valid JSON", null, e);
    }
  }

  private static void readPack(JsonParser json, String what, Sink sink) throws IOException {
    @Nullable Id pack = null;
    List<PackedBlob> waiting = new java.util.ArrayList<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      if (name.equals("id")) {
        pack = Id.parse(String.valueOf(json.getValueAsString()));
      } else if (name.equals("blobs") && value == JsonToken.START_ARRAY) {
        while (json.nextToken() == JsonToken.START_OBJECT) {
          waiting.add(readBlob(json, what));
        }
      } else {
        json.skipChildren();
      }
    }
    if (pack == null) {
      throw new Failure.Corrupt(what + " has a pack without an id");
    }
    for (PackedBlob blob : waiting) {
      sink.blob(pack, blob);
    }
  }

  private static PackedBlob readBlob(JsonParser json, String what) throws IOException {
    @Nullable Id id = null;
    @Nullable BlobType type = null;
    long offset = -1;
    long length = -1;
    long uncompressed = 0;
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "id" -> id = Id.parse(String.valueOf(json.getValueAsString()));
        case "type" -> type = type(json.getValueAsString());
        case "offset" -> offset = json.getValueAsLong(-1);
        case "length" -> length = json.getValueAsLong(-1);
        case "uncompressed_length" -> uncompressed = json.getValueAsLong(-1);
        default -> json.skipChildren();
      }
    }
    boolean fits =
        offset >= 0
            && length > 0
            && uncompressed >= 0
            && offset + length <= Integer.MAX_VALUE
            && uncompressed <= Integer.MAX_VALUE;
    if (id == null || type == null || !fits) {
      throw new Failure.Corrupt(what + " has a malformed blob");
    }
    return new PackedBlob(type, id, (int) offset, (int) length, (int) uncompressed);
  }

  private static @Nullable BlobType type(@Nullable String text) {
    for (BlobType type : BlobType.values()) {
      if (type.text().equals(text)) {
        return type;
      }
    }
    return null;
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw new Failure.Corrupt(what + " is not an index");
    }
  }
}
