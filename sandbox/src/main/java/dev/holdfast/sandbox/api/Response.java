package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * One answer.
 *
 * @param length bytes of the body; -1 if it is not known before it is written
 */
public record Response(
    int code, String contentType, Map<String, List<String>> headers, long length, Body body) {

  /** Writes the body. */
  @FunctionalInterface
  public interface Body {
    void write(OutputStream out) throws IOException;

    /** After 101: holds the connection until it returns. */
    default void converse(InputStream in, OutputStream out) throws IOException {
      write(out);
    }
  }

  /** What follows on a connection after 101. */
  public abstract static class Conversation implements Body {
    @Override
    public final void write(OutputStream out) throws IOException {
      throw new IOException("This answer is a conversation");
    }

    @Override
    public abstract void converse(InputStream in, OutputStream out) throws IOException;
  }

  public static Response json(int code, byte[] body) {
    return new Response(code, "application/json", Map.of(), body.length, out -> out.write(body));
  }

  public static Response json(int code, JsonNode body) {
    return json(code, Json.bytes(body));
  }

  public static Response text(int code, String type, byte[] body) {
    return new Response(code, type, Map.of(), body.length, out -> out.write(body));
  }

  /** A body that grows while it is sent. */
  public static Response stream(String contentType, Body body) {
    return new Response(200, contentType, Map.of(), -1, body);
  }

  /** 101: the connection changes its protocol. */
  public static Response upgrade(Map<String, List<String>> headers, Conversation conversation) {
    return new Response(101, "", headers, -1, conversation);
  }

  /** With one more warning for the person who asked. */
  public Response warning(String text) {
    List<String> all = new java.util.ArrayList<>(headers.getOrDefault("Warning", List.of()));
    all.add("299 - \"" + text.replace("\"", "\\\"") + "\"");
    return with("Warning", all);
  }

  public Response with(String header, List<String> values) {
    Map<String, List<String>> more = new java.util.HashMap<>(headers);
    more.put(header, values);
    return new Response(code, contentType, more, length, body);
  }
}
