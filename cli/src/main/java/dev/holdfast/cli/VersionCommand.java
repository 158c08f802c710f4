package dev.holdfast.cli;

import dev.holdfast.cli.output.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
    Properties build = build();
    console.out().println("Client:");
    console.out().println("\tVersion: " + build.getProperty("version"));
    String commit = build.getProperty("commit", "");
    if (!commit.isEmpty()) {
      console.out().println("\tGit commit: " + commit);
    }
    console.out().println("\tJava: " + Runtime.version());
    return ExitCode.OK;
  }

  /** The version alone, {@code 0.1.0-SNAPSHOT} for example. */
  static String version() {
    return build().getProperty("version");
  }

  private static Properties build() {
    Properties build = new Properties();
    try (InputStream in = VersionCommand.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build;
  }
}
