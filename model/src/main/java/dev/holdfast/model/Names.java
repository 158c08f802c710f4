package dev.holdfast.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Kubernetes' rules for names and label values, and Velero's way of making a label value of a long
 * name.
 */
public final class Names {

  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern LABEL_VALUE =
      Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?");

  private Names() {}

  /** RFC 1123 subdomain, at most 253 characters: the name of a backup, a restore, a location. */
  public static boolean subdomain(String name) {
    return name.length() <= 253 && SUBDOMAIN.matcher(name).matches();
  }

  /** RFC 1123 label, at most 63 characters: the name of a namespace. */
  public static boolean label(String name) {
    return name.length() <= 63 && LABEL.matcher(name).matches();
  }

  /** At most 63 characters, may be empty. */
  public static boolean labelValue(String value) {
    return value.length() <= 63 && LABEL_VALUE.matcher(value).matches();
  }

  /**
   * A label value for a name: the name itself, or where it is longer than 63 characters its first
   * 57 and the first six hexadecimal digits of its SHA-256 (velero.md 3.10).
   */
  public static String toLabelValue(String name) {
    return name.length() <= 63 ? name : name.substring(0, 57) + sha256(name).substring(0, 6);
  }

  /** Lower-case hexadecimal SHA-256 of the text's UTF-8 bytes. */
  public static String sha256(String text) {
    return sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Lower-case hexadecimal SHA-256. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }
}
