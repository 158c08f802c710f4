package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import dev.holdfast.model.Operation;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs command lines in this process, as a user in a shell would, and keeps what they print. */
public final class Terminal {

  private final Map<String, String> environment = new HashMap<>();
  private final List<String> always = new ArrayList<>();
  private String input = "";
  private InputStream stdin = InputStream.nullInputStream();
  private OutputStream stdout = OutputStream.nullOutputStream();
  private int width;

  /**
   * What a command line did.
   *
   * @param out standard output
   * @param err standard error
   */
  public record Result(int code, String out, String err) {}

  /** A shell whose home, and so its configuration, is this folder. */
  public static Terminal in(Path home) {
    Terminal terminal = new Terminal();
    terminal.environment.put("HOME", home.toString());
    return terminal;
  }

  public Terminal with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Arguments that every command line gets. */
  public Terminal always(String... arguments) {
    always.addAll(List.of(arguments));
    return this;
  }

  /** Both outputs are terminals of this many columns, and somebody types the answers. */
  public Terminal interactive(int columns, String answers) {
    width = columns;
    input = answers;
    return this;
  }

  /** What is piped into and out of the command as bytes. */
  public Terminal piped(InputStream in, OutputStream out) {
    stdin = in;
    stdout = out;
    return this;
  }

  public Result run(String... arguments) {
    return run(Operation.start(), arguments);
  }

  public Result run(Operation operation, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(always);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console =
        new Console(
            new PrintWriter(out),
            new PrintWriter(err),
            new BufferedReader(new StringReader(input)),
            width,
            width,
            width > 0,
            environment,
            new Console.Bytes(stdin, stdout));
    int code = new Cli(console, operation).run(all.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }
}
