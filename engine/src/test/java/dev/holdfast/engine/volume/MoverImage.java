package dev.holdfast.engine.volume;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The mover's program where every container of the sandbox sees it: not below /tmp, of which each
 * has its own.
 */
public final class MoverImage implements AutoCloseable {

  private final Path classes;
  private final List<String> command;

  /** Skips the test where a container's user could not run it. */
  public MoverImage() {
    try {
      assumeTrue(
          everybodyReads(Path.of(System.getProperty("java.home"))),
          "Only this user may read the JDK, so that a pod of another one cannot: skipped");
      classes = Files.createTempDirectory(Path.of("/var/tmp"), "holdfast-mover");
      Files.setPosixFilePermissions(classes, PosixFilePermissions.fromString("rwxr-xr-x"));
      command = MoverProgram.command(classes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean everybodyReads(Path path) throws IOException {
    for (Path each = path.toRealPath(); each != null; each = each.getParent()) {
      if (!Files.getPosixFilePermissions(each).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        return false;
      }
    }
    return true;
  }

  /** How it is called. */
  public List<String> command() {
    return command;
  }

  /** Mover pods that run it. */
  public MoverOptions options() {
    return MoverOptions.image("localhost/host").command(command);
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(classes)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
