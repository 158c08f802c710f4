package dev.holdfast.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Which Holdfast this is. Needs nothing but the JDK, so that {@code holdfast version} answers
 * before anything else is loaded.
 *
 * @param version {@code 0.1.0-SNAPSHOT} for example
 * @param gitCommit what it was built from, with {@code -dirty} where files differed; empty where
 *     the build could not know
 * @param java the Java that runs it
 */
public record Version(String version, String gitCommit, String java) {

  /** This process's. */
  public static Version current() {
    return new Version(
        resource("version").strip(), resource("commit").strip(), String.valueOf(Runtime.version()));
  }

  /** As Velero prints its own. */
  String text() {
    return "Client:\n\tVersion: "
        + version
        + (gitCommit.isEmpty() ? "" : "\n\tGit commit: " + gitCommit)
        + "\n\tJava: "
        + java
        + "\n";
  }

  /** What the build wrote down about itself; empty where it did not. */
  private static String resource(String name) {
    try (InputStream in = Version.class.getResourceAsStream(name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
