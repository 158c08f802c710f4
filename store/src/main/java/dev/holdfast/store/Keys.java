package dev.holdfast.store;

import dev.holdfast.model.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** What a key of an {@link ObjectStore} may look like, and the order of keys. */
public final class Keys {

  /** S3's limit, in UTF-8 bytes; it counts the location's prefix too. */
  static final int LONGEST = 1024;

  /** The order in which stores list: by UTF-8 bytes, which is not that of {@link String}. */
  public static final Comparator<String> ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private Keys() {}

  /**
   * Returns the key.
   *
   * @throws Failure.Invalid unless it is one or more non-empty segments separated by {@code /},
   *     none of them {@code .} or {@code ..}, without control characters, at most 1024 bytes long
   */
  public static String check(String key) {
    String wrong = wrong(key);
    if (wrong != null) {
      throw new Failure.Invalid("\"" + printable(key) + "\" is not a key of an object: " + wrong);
    }
    return key;
  }

  /**
   * Returns the prefix.
   *
   * @throws Failure.Invalid unless it is empty, or a key and a {@code /}
   */
  public static String checkPrefix(String prefix) {
    if (prefix.isEmpty()) {
      return prefix;
    }
    if (!prefix.endsWith("/")) {
      throw new Failure.Invalid(
          "\"" + printable(prefix) + "\" is not a prefix of keys: it must end with /");
    }
    check(prefix.substring(0, prefix.length() - 1));
    return prefix;
  }

  private static @org.jspecify.annotations.Nullable String wrong(String key) {
    if (key.isEmpty()) {
      return "it is empty";
    }
    if (key.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      return "it is longer than " + LONGEST + " bytes";
    }
    if (key.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
      return "it has a control character";
    }
    for (String segment : key.split("/", -1)) {
      if (segment.isEmpty()) {
        return "it has an empty segment";
      }
      if (segment.equals(".") || segment.equals("..")) {
        return "it has the segment " + segment;
      }
    }
    return null;
  }

  private static String printable(String key) {
    String text = key.length() > 200 ? key.substring(0, 200) + "…" : key;
    return text.replaceAll("[\\x00-\\x1f\\x7f]", "?");
  }
}
