package dev.holdfast.cli.output;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Where a command reads and writes: results to {@code out}, everything else (progress, questions,
 * warnings, errors) to {@code err}.
 *
 * @param in answers to questions
 * @param outWidth columns of the terminal behind {@code out}, 0 if it is none
 * @param errWidth columns of the terminal behind {@code err}, 0 if it is none
 * @param interactive whether somebody is there to answer a question
 * @param environment variables of the process
 * @param bytes the streams themselves
 */
public record Console(
    PrintWriter out,
    PrintWriter err,
    BufferedReader in,
    int outWidth,
    int errWidth,
    boolean interactive,
    Map<String, String> environment,
    Bytes bytes) {

  /**
   * The same streams for what is not text: a backup of standard input, a file that is dumped. Who
   * uses one of them does not use its reader or writer.
   */
  public record Bytes(InputStream in, OutputStream out) {

    /** Nothing comes, nothing is kept: for commands that need neither. */
    public static final Bytes NONE =
        new Bytes(InputStream.nullInputStream(), OutputStream.nullOutputStream());
  }

  /** The process's own streams; the launcher says which of them are terminals. */
  public static Console system() {
    return new Console(
        writer(System.out),
        writer(System.err),
        reader(System.in),
        Integer.getInteger("holdfast.terminal.out", 0),
        Integer.getInteger("holdfast.terminal.err", 0),
        Boolean.getBoolean("holdfast.terminal.in"),
        System.getenv(),
        new Bytes(System.in, new FileOutputStream(FileDescriptor.out)));
  }

  /** The same console, every line a little to the right. */
  public Console indented(String indent) {
    int taken = indent.length();
    return new Console(
        Indented.of(out, indent),
        Indented.of(err, indent),
        in,
        outWidth > 0 ? outWidth - taken : 0,
        errWidth > 0 ? errWidth - taken : 0,
        interactive,
        environment,
        bytes);
  }

  /** Colours and bold on {@code out}: on a terminal, unless NO_COLOR is set or TERM is dumb. */
  public Style style() {
    return new Style(outWidth > 0 && colours());
  }

  /** The same for {@code err}. */
  public Style errStyle() {
    return new Style(errWidth > 0 && colours());
  }

  /** Asks on {@code err}; empty at the end of input. */
  public Optional<String> ask(String question) {
    err.print(question);
    err.flush();
    try {
      return Optional.ofNullable(in.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks for a secret, which a terminal does not show; empty at the end of input. */
  @SuppressWarnings("SystemConsoleNull") // it does where the provider of consoles is the base's
  public Optional<String> askSecret(String question) {
    java.io.Console terminal = System.console();
    if (terminal == null || !terminal.isTerminal()) {
      return ask(question);
    }
    err.print(question);
    err.flush();
    char[] typed = terminal.readPassword();
    return typed == null ? Optional.empty() : Optional.of(new String(typed));
  }

  private boolean colours() {
    return environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !"dumb".equals(environment.get("TERM"));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }

  private static BufferedReader reader(InputStream stream) {
    return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
  }
}
