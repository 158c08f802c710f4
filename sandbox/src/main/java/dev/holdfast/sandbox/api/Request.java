package dev.holdfast.sandbox.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request.
 *
 * @param path decoded
 * @param query decoded, in order
 * @param headers by lower-case name
 * @param warnings collects what its answer warns of
 */
public record Request(
    String method,
    String path,
    Map<String, List<String>> query,
    Map<String, List<String>> headers,
    byte[] body,
    List<String> warnings) {

  public Request(
      String method,
      String path,
      Map<String, List<String>> query,
      Map<String, List<String>> headers,
      byte[] body) {
    this(method, path, query, headers, body, new ArrayList<>());
  }

  /** A query parameter's first value, or empty. */
  public String parameter(String name) {
    List<String> values = query.get(name);
    return values == null || values.isEmpty() ? "" : values.getFirst();
  }

  /** True for {@code true} and {@code 1}. */
  public boolean flag(String name) {
    String value = parameter(name);
    return value.equals("true") || value.equals("1");
  }

  public @Nullable String header(String name) {
    List<String> values = headers.get(name);
    return values == null || values.isEmpty() ? null : values.getFirst();
  }

  /** Whether the client asks for a WebSocket. */
  public boolean wantsWebSocket() {
    String connection = header("connection");
    return "websocket".equalsIgnoreCase(header("upgrade"))
        && connection != null
        && connection.toLowerCase(Locale.ROOT).contains("upgrade");
  }

  /** The media type of the body without parameters; empty if it is not said. */
  public String contentType() {
    String value = header("content-type");
    if (value == null) {
      return "";
    }
    int semicolon = value.indexOf(';');
    return (semicolon < 0 ? value : value.substring(0, semicolon)).strip();
  }
}
