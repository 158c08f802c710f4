package dev.holdfast.repository.tree;

import dev.holdfast.model.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Go's {@code strconv.Quote} and {@code Unquote} without the outer quotes: how trees write names.
 */
final class GoQuote {

  private static final String SHORT = "abfnrtv";
  private static final byte[] SHORT_VALUES = {7, 8, 12, 10, 13, 9, 11};
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private GoQuote() {}

  /** True for names of plain ASCII without anything to escape: the usual case. */
  static boolean isPlain(byte[] name) {
    for (byte b : name) {
      if (b < 0x20 || b == 0x7f || b == '"' || b == '\\') {
        return false;
      }
    }
    return true;
  }

  static String quote(byte[] name) {
    if (isPlain(name)) {
      return new String(name, StandardCharsets.US_ASCII);
    }
    StringBuilder text = new StringBuilder(name.length + 8);
    int at = 0;
    while (at < name.length) {
      int size = runeLength(name, at);
      if (size == 0) {
        hex(text.append("\\x"), name[at] & 0xff, 2);
        at++;
      } else {
        rune(text, new String(name, at, size, StandardCharsets.UTF_8).codePointAt(0));
        at += size;
      }
    }
    return text.toString();
  }

  private static void rune(StringBuilder text, int rune) {
    int shortForm = rune < 0x20 ? shortIndex(rune) : -1;
    if (rune == '"' || rune == '\\') {
      text.append('\\').append((char) rune);
    } else if (isPrintable(rune)) {
      text.appendCodePoint(rune);
    } else if (shortForm >= 0) {
      text.append('\\').append(SHORT.charAt(shortForm));
    } else if (rune < 0x20 || rune == 0x7f) {
      hex(text.append("\\x"), rune, 2);
    } else if (rune < 0x10000) {
      hex(text.append("\\u"), rune, 4);
    } else {
      hex(text.append("\\U"), rune, 8);
    }
  }

  private static int shortIndex(int rune) {
    for (int i = 0; i < SHORT_VALUES.length; i++) {
      if (SHORT_VALUES[i] == rune) {
        return i;
      }
    }
    return -1;
  }

  private static void hex(StringBuilder text, int value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      text.append(HEX[value >>> shift & 15]);
    }
  }

  /** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
  private static boolean isPrintable(int rune) {
    return switch (Character.getType(rune)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> rune == ' ';
      default -> true;
    };
  }

  /**
   * Bytes of the valid UTF-8 sequence at the position, or 0: Go's rules, so no surrogates and
   * nothing overlong.
   */
  private static int runeLength(byte[] name, int at) {
    int first = name[at] & 0xff;
    if (first < 0x80) {
      return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
      return 0;
    }
    int size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (at + size > name.length) {
      return 0;
    }
    int second = name[at + 1] & 0xff;
    int low =
        switch (first) {
          case 0xe0 -> 0xa0;
          case 0xf0 -> 0x90;
          default -> 0x80;
        };
    int high =
        switch (first) {
          case 0xed -> 0x9f;
          case 0xf4 -> 0x8f;
          default -> 0xbf;
        };
    if (second < low || second > high) {
      return 0;
    }
    for (int i = 2; i < size; i++) {
      if ((name[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return size;
  }

  /**
   * The bytes of a quoted name.
   *
   * @throws Failure.Corrupt if Go would refuse it
   */
  static byte[] unquote(String text) {
    if (text.indexOf('\\') < 0) {
      if (text.indexOf('"') >= 0 || text.indexOf('\n') >= 0) {
        throw malformed(text);
      }
      return text.getBytes(StandardCharsets.UTF_8);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    int at = 0;
    while (at < text.length()) {
      int rune = text.codePointAt(at);
      if (rune == '\\') {
        at = escape(text, at + 1, bytes);
      } else if (rune == '"' || rune == '\n') {
        throw malformed(text);
      } else {
        bytes.writeBytes(Character.toString(rune).getBytes(StandardCharsets.UTF_8));
        at += Character.charCount(rune);
      }
    }
    return bytes.toByteArray();
  }

  /** Reads one escape behind its backslash; returns the position after it. */
  private static int escape(String text, int at, ByteArrayOutputStream bytes) {
    if (at >= text.length()) {
      throw malformed(text);
    }
    char kind = text.charAt(at);
    int shortForm = SHORT.indexOf(kind);
    if (kind == '\\' || kind == '"') {
      bytes.write(kind);
      return at + 1;
    }
    if (shortForm >= 0) {
      bytes.write(SHORT_VALUES[shortForm]);
      return at + 1;
    }
    switch (kind) {
      case 'x' -> {
        bytes.write(number(text, at + 1, 2, 16));
        return at + 3;
      }
      case 'u', 'U' -> {
        int digits = kind == 'u' ? 4 : 8;
        int rune = number(text, at + 1, digits, 16);
        if (!Character.isValidCodePoint(rune) || (rune >= 0xd800 && rune <= 0xdfff)) {
          throw malformed(text);
        }
        bytes.writeBytes(Character.toString(rune).getBytes(StandardCharsets.UTF_8));
        return at + 1 + digits;
      }
      case '0', '1', '2', '3' -> {
        bytes.write(number(text, at, 3, 8));
        return at + 3;
      }
      default -> throw malformed(text);
    }
  }

  private static int number(String text, int from, int digits, int radix) {
    if (from + digits > text.length()) {
      throw malformed(text);
    }
    long value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = Character.digit(text.charAt(i), radix);
      if (digit < 0 || text.charAt(i) > 0x7f) {
        throw malformed(text);
      }
      value = value * radix + digit;
    }
    if (value > Integer.MAX_VALUE) {
      throw malformed(text);
    }
    return (int) value;
  }

  private static Failure malformed(String text) {
    return new Failure.Corrupt("A tree has a malformed name: " + text);
  }
}
