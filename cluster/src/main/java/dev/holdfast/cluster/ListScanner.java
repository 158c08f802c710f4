package dev.holdfast.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.ResourceType;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts the items out of a list while it arrives: no tree, no copy but the item itself, memory
 * bounded by the largest item. apiVersion and kind, which lists of built-in types leave out of
 * their items, are spliced in.
 */
final class ListScanner {

  private static final int START = 64 << 10;

  private final InputStream in;
  private final ResourceType type;
  private final Consumer<String> ahead;
  private final byte[] head;
  private byte[] buffer = new byte[START];
  private int at;
  private int end;

  /** What must stay in the buffer: the start of the current item, or -1. */
  private int mark = -1;

  private String resourceVersion = "";
  private String next = "";

  /**
   * @param ahead is given the token of the next page as soon as it is known, mostly before the
   *     items
   */
  ListScanner(InputStream in, ResourceType type, Consumer<String> ahead) {
    this.in = in;
    this.ahead = ahead;
    this.type = type;
    String text = "{\"apiVersion\":\"" + type.apiVersion() + "\",\"kind\":\"" + type.kind() + "\",";
    this.head = text.getBytes(StandardCharsets.UTF_8);
  }

  /** The list's resourceVersion, once read. */
  String resourceVersion() {
    return resourceVersion;
  }

  /** The token of the next page, empty after the last. */
  String next() {
    return next;
  }

  /**
   * Reads the whole list.
   *
   * @throws Failure.Corrupt if it is no list
   * @throws IOException if it breaks off
   */
  void read(Cluster.ItemSink sink) throws IOException {
    expect('{');
    if (peek() == '}') {
      return;
    }
    do {
      String key = key();
      if (key.equals("items") && peek() == '[') {
        items(sink);
      } else if (key.equals("metadata")) {
        metadata();
      } else {
        skipValue();
      }
    } while (more('}'));
    finish();
  }

  /** To the end of the answer: a connection with something left in it is not used again. */
  private void finish() throws IOException {
    do {
      for (; at < end; at++) {
        if (buffer[at] > ' ') {
          throw malformed("something follows it");
        }
      }
      at = 0;
      end = in.read(buffer, 0, buffer.length);
    } while (end >= 0);
  }

  private void items(Cluster.ItemSink sink) throws IOException {
    expect('[');
    if (peek() == ']') {
      at++;
      return;
    }
    do {
      if (peek() != '{') {
        throw malformed("an item is no object");
      }
      sink.accept(item());
    } while (more(']'));
  }

  private Cluster.Item item() throws IOException {
    mark = at;
    at++;
    boolean versioned = false;
    boolean kinded = false;
    int metadataFrom = -1;
    int metadataTo = -1;
    if (peek() != '}') {
      do {
        String key = key();
        peek();
        int from = at - mark;
        skipValue();
        versioned |= key.equals("apiVersion");
        kinded |= key.equals("kind");
        if (key.equals("metadata")) {
          metadataFrom = from;
          metadataTo = at - mark;
        }
      } while (more('}'));
    } else {
      at++;
    }
    int start = mark;
    mark = -1;
    if (metadataFrom < 0) {
      throw malformed("an item has no metadata");
    }
    String[] names = names(start + metadataFrom, metadataTo - metadataFrom);
    byte[] json;
    if (versioned && kinded) {
      json = Arrays.copyOfRange(buffer, start, at);
    } else {
      json = Arrays.copyOf(head, head.length + at - start - 1);
      System.arraycopy(buffer, start + 1, json, head.length, at - start - 1);
    }
    return new Cluster.Item(type, names[0], names[1], json);
  }

  private void metadata() throws IOException {
    peek();
    mark = at;
    skipValue();
    int start = mark;
    mark = -1;
    try (JsonParser json = Json.MAPPER.createParser(buffer, start, at - start)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        json.nextToken();
        if (key.equals("resourceVersion")) {
          resourceVersion = json.getText();
        } else if (key.equals("continue")) {
          next = json.getText();
        }
        json.skipChildren();
      }
    }
    if (!next.isEmpty()) {
      ahead.accept(next);
    }
  }

  /** Namespace (empty if there is none) and name. */
  private String[] names(int from, int length) throws IOException {
    String[] names = {"", ""};
    int missing = type.namespaced() ? 2 : 1;
    try (JsonParser json = Json.MAPPER.createParser(buffer, from, length)) {
      json.nextToken();
      while (missing > 0 && json.nextToken() == JsonToken.FIELD_NAME) {
        String key = json.currentName();
        json.nextToken();
        if (key.equals("name")) {
          names[1] = json.getText();
          missing--;
        } else if (key.equals("namespace")) {
          names[0] = json.getText();
          missing--;
        }
        json.skipChildren();
      }
    }
    return names;
  }

  /** Skips white space and returns the next byte without taking it. */
  private byte peek() throws IOException {
    while (true) {
      if (at == end) {
        fill();
      }
      byte b = buffer[at];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return b;
      }
      at++;
    }
  }

  private void expect(char wanted) throws IOException {
    if (peek() != wanted) {
      throw malformed("'" + wanted + "' is missing");
    }
    at++;
  }

  /** Takes a comma (true) or the closing character (false). */
  private boolean more(char close) throws IOException {
    byte b = peek();
    at++;
    if (b == ',') {
      return true;
    }
    if (b == close) {
      return false;
    }
    throw malformed("',' or '" + close + "' is missing");
  }

  private String key() throws IOException {
    if (peek() != '"') {
      throw malformed("a key is missing");
    }
    boolean outer = mark < 0;
    if (outer) {
      mark = at;
    }
    int from = at - mark + 1;
    skipString();
    String key = new String(buffer, mark + from, at - mark - from - 1, StandardCharsets.UTF_8);
    if (outer) {
      mark = -1;
    }
    expect(':');
    return key;
  }

  private void skipValue() throws IOException {
    byte b = peek();
    if (b == '"') {
      skipString();
    } else if (b == '{' || b == '[') {
      skipNested();
    } else {
      while (true) {
        if (at == end) {
          fill();
        }
        b = buffer[at];
        if (b == ',' || b == '}' || b == ']' || b <= ' ') {
          return;
        }
        at++;
      }
    }
  }

  private void skipNested() throws IOException {
    int depth = 0;
    do {
      if (at == end) {
        fill();
      }
      switch (buffer[at]) {
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        case '"' -> skipString();
        default -> at++;
      }
    } while (depth > 0);
  }

  private void skipString() throws IOException {
    at++;
    while (true) {
      int limit = end;
      int position = at;
      byte[] bytes = buffer;
      while (position < limit && bytes[position] != '"' && bytes[position] != '\\') {
        position++;
      }
      at = position;
      if (at == end) {
        fill();
      } else if (buffer[at] == '"') {
        at++;
        return;
      } else {
        at++; // the backslash; then whatever it escapes
        if (at == end) {
          fill();
        }
        at++;
      }
    }
  }

  /** Makes at least one more byte available at {@code at}; what is marked moves to the front. */
  private void fill() throws IOException {
    int keep = mark < 0 ? at : mark;
    if (keep > 0) {
      System.arraycopy(buffer, keep, buffer, 0, end - keep);
      at -= keep;
      end -= keep;
      mark = mark < 0 ? -1 : 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.multiplyExact(buffer.length, 2));
    }
    int got = in.read(buffer, end, buffer.length - end);
    if (got <= 0) {
      throw new EOFException("the list broke off");
    }
    end += got;
  }

  private Failure malformed(String why) {
    return new Failure.Corrupt("The list of " + type.groupResource() + " is malformed: " + why);
  }
}
