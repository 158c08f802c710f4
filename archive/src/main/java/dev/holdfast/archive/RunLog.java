package dev.holdfast.archive;

import dev.holdfast.model.velero.Times;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * The log of one backup or restore: gzip of logrus text lines, {@code time="…" level=info msg="…"
 * backup=velero/shop}, as {@code velero backup logs} shows them. Thread-safe.
 */
public final class RunLog implements AutoCloseable {

  /** The levels that are used. */
  public enum Level {
    INFO("info"),
    WARNING("warning"),
    ERROR("error");

    private final String text;

    Level(String text) {
      this.text = text;
    }
  }

  private final Writer out;
  private final Clock clock;
  private final String subject;

  /**
   * @param out receives the gzipped log; closed with this
   * @param kind {@code backup} or {@code restore}
   * @param name {@code namespace/name}
   */
  public RunLog(OutputStream out, Clock clock, String kind, String name) {
    try {
      this.out =
          new BufferedWriter(
              new OutputStreamWriter(new GZIPOutputStream(out), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.clock = clock;
    this.subject = kind + "=" + quoted(name);
  }

  public void info(String message, Map<String, String> fields) {
    write(Level.INFO, message, fields);
  }

  public void warning(String message, Map<String, String> fields) {
    write(Level.WARNING, message, fields);
  }

  public void error(String message, Map<String, String> fields) {
    write(Level.ERROR, message, fields);
  }

  /** Fields stand behind the message in the order of their names, as logrus has them. */
  public synchronized void write(Level level, String message, Map<String, String> fields) {
    StringBuilder line = new StringBuilder(160);
    line.append("time=\"").append(Times.text(clock.instant())).append("\" level=");
    line.append(level.text).append(" msg=").append(quoted(message)).append(' ').append(subject);
    new TreeMap<>(fields)
        .forEach((key, value) -> line.append(' ').append(key).append('=').append(quoted(value)));
    try {
      out.append(line.append('\n'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** logrus quotes what is not made of letters, digits and {@code -._/@^+}, as Go's %q does. */
  static String quoted(String text) {
    if (!text.isEmpty() && text.chars().allMatch(RunLog::plain)) {
      return text;
    }
    StringBuilder quoted = new StringBuilder(text.length() + 8).append('"');
    text.codePoints().forEach(c -> escape(quoted, c));
    return quoted.append('"').toString();
  }

  private static boolean plain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-._/@^+".indexOf(c) >= 0;
  }

  private static void escape(StringBuilder to, int c) {
    switch (c) {
      case '"' -> to.append("\\\"");
      case '\\' -> to.append("\\\\");
      case '\n' -> to.append("\\n");
      case '\r' -> to.append("\\r");
      case '\t' -> to.append("\\t");
      case 7 -> to.append("\\a");
      case '\b' -> to.append("\\b");
      case '\f' -> to.append("\\f");
      case 11 -> to.append("\\v");
      default -> {
        if (c < 0x20 || c == 0x7f) {
          to.append(String.format(java.util.Locale.ROOT, "\\x%02x", c));
        } else {
          to.appendCodePoint(c);
        }
      }
    }
  }
}
