package dev.holdfast.cli.image;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The libraries of this machine without which a Java runtime does not start: the C library and its
 * loader. The loader itself says which, and where it looks for them.
 */
final class SystemLibraries {

  private SystemLibraries() {}

  /**
   * Where they are; in an image they must be at the same paths.
   *
   * @param runtime whose programs and libraries need them
   */
  static List<Path> of(Path runtime) {
    Path loader = loader();
    Set<String> found = new TreeSet<>(List.of(loader.toString()));
    for (Path file : binaries(runtime)) {
      for (String line : list(loader, file)) {
        String path = line.replaceFirst(".* => ", "").replaceFirst(" \\(0x.*", "").strip();
        if (path.startsWith("/") && !path.startsWith(runtime.toString())) {
          found.add(path);
        } else if (path.equals("not found")) {
          throw new Failure.Unsupported(
              "A library is missing on this machine: " + line.strip(), null);
        }
      }
    }
    return found.stream().map(Path::of).toList();
  }

  /** The program that loads every dynamically linked program of this process's kind. */
  private static Path loader() {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.map(line -> line.replaceFirst("^[^/]*", ""))
          .filter(path -> path.matches("/.*/ld-(linux|musl)[^/]*\\.so[^/]*"))
          .findFirst()
          .map(SystemLibraries::interpreter)
          .orElseThrow(SystemLibraries::notHere);
    } catch (IOException e) {
      throw notHere();
    }
  }

  /** By the name that programs ask for, below /lib or /lib64, which leads to the file. */
  private static Path interpreter(String file) {
    for (String directory : List.of("/lib64", "/lib")) {
      Path asked = Path.of(directory, String.valueOf(Path.of(file).getFileName()));
      if (Files.exists(asked)) {
        return asked;
      }
    }
    return Path.of(file);
  }

  private static Failure notHere() {
    return new Failure.Unsupported(
        "An image needs a C library for Linux, and this machine has none to give",
        "make it on Linux, or give an image that has one with --base");
  }

  private static List<Path> binaries(Path runtime) {
    List<Path> binaries = new ArrayList<>(List.of(runtime.resolve("bin/java")));
    try (Stream<Path> files = Files.walk(runtime.resolve("lib"))) {
      files.filter(file -> file.toString().endsWith(".so")).sorted().forEach(binaries::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return binaries;
  }

  private static List<String> list(Path loader, Path file) {
    try {
      Process process =
          new ProcessBuilder(loader.toString(), "--list", file.toString())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      List<String> lines = process.inputReader().readAllLines();
      process.waitFor();
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Stopped");
    }
  }
}
