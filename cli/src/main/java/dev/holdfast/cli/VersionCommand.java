package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast version}, printed as Velero prints its own. */
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {

  @Option(names = "--client-only", description = "Accepted for Velero's sake; there is no server.")
  boolean clientOnly;

  private final Console console;

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().println("Client:");
    console.out().println("\tVersion: " + version());
    String commit = resource("commit").strip();
    if (!commit.isEmpty()) {
      console.out().println("\tGit commit: " + commit);
    }
    console.out().println("\tJava: " + Runtime.version());
    return ExitCode.OK;
  }

  /** The version alone, {@code 0.1.0-SNAPSHOT} for example. */
  static String version() {
    Properties build = new Properties();
    try {
      build.load(new StringReader(resource("build.properties")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build.getProperty("version");
  }

  /** What the build wrote down about itself; empty where it did not. */
  private static String resource(String name) {
    try (InputStream in = VersionCommand.class.getResourceAsStream(name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
