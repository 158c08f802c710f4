package dev.holdfast.archive;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * {@code holdfast-index.zst}: zstd over lines of JSON, so that anybody can read it. A head with the
 * format version, a line per item, an end with counts and gzip members; without the end it is cut
 * off. See docs/format.md.
 */
final class IndexFile {

  private static final String WHAT = "The index";
  private static final long LIMIT = 4L << 30;
  private static final int MOST_TEXT = 60_000;

  private IndexFile() {}

  static void write(Index index, OutputStream out) {
    try (ZstdOutputStream zstd = new ZstdOutputStream(new Unclosed(out), 3)) {
      zstd.setChecksum(true);
      JsonGenerator json = Json.MAPPER.getFactory().createGenerator(zstd);
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setRootValueSeparator(new com.fasterxml.jackson.core.io.SerializedString("\n"));
      json.writeStartObject();
      json.writeNumberField("holdfastIndex", FormatVersion.CURRENT);
      json.writeStringField("leastReader", FormatVersion.LEAST_READER);
      json.writeEndObject();
      for (IndexEntry entry : index) {
        write(json, entry);
      }
      writeEnd(json, index);
      json.writeRaw('\n');
      json.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(JsonGenerator json, IndexEntry entry) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", entry.key().type().toString());
    if (entry.key().namespaced()) {
      json.writeStringField("namespace", entry.key().namespace());
    }
    json.writeStringField("name", entry.key().name());
    json.writeStringField("apiVersion", entry.apiVersion());
    json.writeStringField("kind", entry.kind());
    optional(json, "uid", entry.uid());
    optional(json, "resourceVersion", entry.resourceVersion());
    optional(json, "sha256", entry.sha256());
    if (entry.encrypted()) {
      json.writeBooleanField("encrypted", true);
    } else {
      json.writeNumberField("member", entry.member());
      json.writeNumberField("offset", entry.offset());
    }
    json.writeNumberField("length", entry.length());
    json.writeEndObject();
  }

  private static void writeEnd(JsonGenerator json, Index index) throws IOException {
    json.writeStartObject();
    json.writeNumberField("items", index.size());
    json.writeNumberField("archiveSize", index.archiveSize());
    json.writeArrayFieldStart("members");
    for (long start : index.memberStarts()) {
      json.writeNumber(start);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  static Index read(InputStream in) {
    ObjectReader lines = Json.MAPPER.readerFor(JsonNode.class);
    try (InputStream zstd = new BoundedInput(new ZstdInputStream(new Unread(in)), LIMIT, WHAT);
        MappingIterator<JsonNode> iterator = lines.readValues(zstd)) {
      if (!iterator.hasNextValue()) {
        throw new Failure.Corrupt(WHAT + " is empty");
      }
      JsonNode head = iterator.nextValue();
      FormatVersion.check(
          head.path("holdfastIndex").asInt(), head.path("leastReader").asText(), WHAT);
      IndexTable table = new IndexTable();
      while (iterator.hasNextValue()) {
        JsonNode line = iterator.nextValue();
        if (line.has("items")) {
          return end(line, table, iterator);
        }
        IndexEntry entry = entry(line);
        if (!table.add(entry)) {
          throw new Failure.Corrupt(WHAT + " names " + entry.key() + " twice");
        }
      }
      throw new Failure.Corrupt(WHAT + " is cut off after " + table.size() + " items");
    } catch (IOException | RuntimeException e) {
      if (e instanceof Failure failure) {
        throw failure;
      }
      throw new Failure.Corrupt(WHAT + " is damaged: it cannot be unpacked and parsed", null, e);
    }
  }

  private static Index end(JsonNode end, IndexTable table, MappingIterator<JsonNode> rest)
      throws IOException {
    if (rest.hasNextValue() || end.path("items").asInt(-1) != table.size()) {
      throw new Failure.Corrupt(
          WHAT + " says " + end.path("items").asText() + " items and has " + table.size());
    }
    long size = end.path("archiveSize").asLong(-1);
    JsonNode starts = end.path("members");
    long[] members = new long[starts.size()];
    for (int i = 0; i < members.length; i++) {
      members[i] = starts.get(i).asLong(-1);
      if (members[i] < 0 || members[i] >= size || (i > 0 && members[i] <= members[i - 1])) {
        throw new Failure.Corrupt(WHAT + " has gzip members outside of the archive");
      }
    }
    for (int i = 0; i < table.size(); i++) {
      IndexEntry entry = table.entry(i);
      if (!entry.encrypted() && Arrays.binarySearch(members, entry.member()) < 0) {
        throw new Failure.Corrupt(WHAT + " puts " + entry.key() + " where no gzip member starts");
      }
    }
    return new Index(table, members, size);
  }

  private static IndexEntry entry(JsonNode line) {
    boolean encrypted = line.path("encrypted").asBoolean();
    String sha256 = line.path("sha256").asText();
    long member = encrypted ? -1 : line.path("member").asLong(-1);
    int offset = encrypted ? 0 : line.path("offset").asInt(-1);
    int length = line.path("length").asInt(-1);
    String type = line.path("type").asText();
    String name = line.path("name").asText();
    boolean sound =
        !type.isEmpty()
            && !name.isEmpty()
            && (encrypted || (member >= 0 && offset >= 0 && sha256.matches("[0-9a-f]{64}")))
            && length >= 0
            && length <= Limits.DEFAULT.item()
            && line.toString().length() < MOST_TEXT;
    if (!sound) {
      throw new Failure.Corrupt(WHAT + " has a line that names no item or no place");
    }
    return new IndexEntry(
        ItemKey.of(type, line.path("namespace").asText(), name),
        line.path("apiVersion").asText(),
        line.path("kind").asText(),
        line.path("uid").asText(),
        line.path("resourceVersion").asText(),
        sha256,
        member,
        offset,
        length);
  }

  private static void optional(JsonGenerator json, String name, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(name, value);
    }
  }

  /** The caller's stream, which stays open. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      out.write(b, off, len);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  private static final class Unread extends FilterInputStream {
    Unread(InputStream in) {
      super(in);
    }

    @Override
    public void close() {}
  }
}
