package dev.holdfast.cli.image;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.spi.ToolProvider;

/**
 * The Holdfast that runs: a Java runtime and the jars, as a release holds them.
 *
 * @param runtime a Java runtime of its own, with {@code bin/java}
 * @param lib the jars, {@code holdfast-cli.jar} among them, and perhaps AOT caches
 * @param cached whether the AOT cache belongs to that runtime
 */
record Distribution(Path runtime, Path lib, boolean cached) {

  private static final String JAR = "holdfast-cli.jar";
  private static final String CACHE = "holdfast.aot";

  /**
   * The release that this process was started from; or, in a clone, its jars and a runtime that is
   * made of the JDK's modules.
   *
   * @param scratch an empty directory, for that runtime
   */
  static Distribution running(Path scratch) {
    Path jar = Path.of(System.getProperty("java.class.path", "")).toAbsolutePath();
    if (!JAR.equals(String.valueOf(jar.getFileName())) || !Files.isRegularFile(jar)) {
      throw new Failure.Invalid(
          "An image holds a built Holdfast, and this one runs from its classes",
          "start it with ./holdfast, or from a release");
    }
    Path lib = Objects.requireNonNull(jar.getParent());
    Path home = Path.of(System.getProperty("java.home"));
    if (home.equals(lib.resolveSibling("runtime"))) {
      return new Distribution(home, lib, Files.exists(lib.resolve(CACHE)));
    }
    return new Distribution(link(scratch.resolve("runtime")), lib, false);
  }

  /** What release.sh does, with the tool that the running JDK brings. */
  private static Path link(Path into) {
    ToolProvider jlink =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() ->
                new Failure.Invalid(
                    "This Java runtime has no jlink, of whose modules the image's is made",
                    "use a JDK, or a release of Holdfast, which holds a runtime"));
    StringWriter output = new StringWriter();
    PrintWriter printer = new PrintWriter(output);
    int code =
        jlink.run(
            printer,
            printer,
            "--add-modules",
            modules(),
            "--strip-debug",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            into.toString());
    if (code != 0) {
      throw new Failure.Unsupported(
          "jlink made no Java runtime: " + output.toString().strip(), null);
    }
    return into;
  }

  private static String modules() {
    try (var in = Distribution.class.getResourceAsStream("/dev/holdfast/cli/modules")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a file of {@link #lib} belongs into an image, in which no sandbox is started. */
  boolean needs(Path file) {
    return file.toString().endsWith(".jar") || cached && file.endsWith(CACHE);
  }

  /**
   * What {@code java} is given before the command's own words: the flags that this process was
   * given, as the start script chose them, but for those of its memory and its terminal.
   *
   * @param at where {@link #lib} is in the image
   */
  List<String> arguments(String at) {
    List<String> words = new ArrayList<>();
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("-XX:") && !flag.startsWith("-XX:AOT") || flag.startsWith("-Xlog")) {
        words.add(flag);
      }
    }
    if (cached) {
      words.add("-XX:AOTCache=" + at + "/" + CACHE);
    }
    words.add("-jar");
    words.add(at + "/" + JAR);
    return List.copyOf(words);
  }
}
