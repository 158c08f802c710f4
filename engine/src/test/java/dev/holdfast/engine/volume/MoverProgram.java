package dev.holdfast.engine.volume;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.remote.DeviceWriter;
import dev.holdfast.repository.remote.Mover;
import dev.holdfast.repository.remote.MoverSession;
import dev.holdfast.repository.remote.VolumeWriter;
import dev.holdfast.repository.tree.RawPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What a mover pod runs in tests, as {@code holdfast mover} of a release would. */
public final class MoverProgram {

  private MoverProgram() {}

  /**
   * {@code mover} with {@code --wait}, {@code --session}, {@code --hold}, {@code --empty}, {@code
   * --fill}, {@code --write}.
   */
  public static void main(String[] words) {
    try {
      run(words);
    } catch (Failure e) {
      System.err.println("Error: " + e.describe());
      System.exit(e.exitCode());
    }
  }

  private static void run(String[] words) {
    if (words[1].equals("--wait")) {
      MoverSession.await(Operation.start(), Path.of(words[2]), MoverSession.PATIENCE);
      return;
    }
    if (words[1].equals("--empty")) {
      VolumeWriter.empty(RawPath.of(words[2]));
      return;
    }
    if (words[1].equals("--dress")) {
      VolumeWriter.dress(RawPath.of(words[3]), words[2]);
      return;
    }
    if (words[1].equals("--fill")) {
      long failed =
          VolumeWriter.fill(
              Operation.start(), System.in, RawPath.of(words[2]), System.err::println);
      System.exit(failed == 0 ? 0 : 3);
    }
    if (words[1].equals("--write")) {
      DeviceWriter.write(Operation.start(), System.in, Path.of(words[3]), Long.parseLong(words[2]));
      return;
    }
    if (words[1].equals("--hold")) {
      MoverSession.begin(Path.of(words[3]));
      VolumeWriter.hold(System.in);
      return;
    }
    MoverSession.begin(Path.of(words[2]));
    new Mover(System.in, System.out).run(Operation.start(), RawPath.of(words[3]));
  }

  /**
   * The command that runs it, for whatever user.
   *
   * @param folder where copies of the classes go, which everybody may read
   */
  static List<String> command(Path folder) {
    try {
      Set<Path> sources = new LinkedHashSet<>();
      for (Class<?> each :
          List.of(
              MoverProgram.class,
              Mover.class,
              Operation.class,
              dev.holdfast.store.ObjectStore.class,
              com.fasterxml.jackson.databind.ObjectMapper.class,
              com.fasterxml.jackson.core.JsonFactory.class,
              com.fasterxml.jackson.annotation.JsonProperty.class,
              com.github.luben.zstd.Zstd.class,
              org.jspecify.annotations.Nullable.class)) {
        sources.add(Path.of(each.getProtectionDomain().getCodeSource().getLocation().toURI()));
      }
      List<String> path = new ArrayList<>();
      for (Path source : sources) {
        Path copy = folder.resolve(path.size() + "-" + source.getFileName());
        copy(source, copy);
        path.add(copy.toString());
      }
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      return List.of(
          java,
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-cp",
          String.join(":", path),
          MoverProgram.class.getName());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void copy(Path source, Path target) throws IOException {
    try (Stream<Path> all = Files.walk(source)) {
      for (Path each : all.toList()) {
        Path copy = each.equals(source) ? target : target.resolve(source.relativize(each));
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(each, copy);
        }
      }
    }
  }
}
