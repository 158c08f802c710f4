package dev.holdfast.repository.tree;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** How Go's encoding/json writes strings, HTML escaping on. */
final class GoJson {

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  /** Half a character, which no text has: it is written as the escape of U+FFFD, not as itself. */
  private static final char INVALID = '\udfff';

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
          } else if (c == INVALID && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)))) {
            unicode(escaped, '\ufffd');
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

  /**
   * The text of bytes that are not UTF-8, with {@link #INVALID} for each byte that Go would
   * replace.
   */
  static String decode(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int i = 0; i < bytes.length; ) {
      int length = Math.min(length(bytes[i] & 0xff), bytes.length - i);
      try {
        text.append(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, i, length)));
        i += length;
      } catch (CharacterCodingException e) {
        text.append(INVALID);
        i++;
      }
    }
    return text.toString();
  }

  /** How many bytes the character has that begins so. */
  private static int length(int first) {
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  }
}
