package dev.holdfast.repository.tree;

import java.nio.charset.StandardCharsets;

/** How Go's encoding/json writes strings, HTML escaping on. */
final class GoJson {

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private GoJson() {}

  /** Plain ASCII with nothing to escape. */
  static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&') {
        return false;
      }
    }
    return true;
  }

  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        case '\b' -> escaped.append("\\b");
        case '\f' -> escaped.append("\\f");
        case '<', '>', '&', '\u2028', '\u2029' -> unicode(escaped, c);
        default -> {
          if (c < 0x20) {
            unicode(escaped, c);
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }

  private static void unicode(StringBuilder escaped, char c) {
    escaped.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      escaped.append(HEX[c >>> shift & 15]);
    }
  }

  /** The text of bytes that are not UTF-8, with U+FFFD for what cannot be read. */
  static String replaceInvalid(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
