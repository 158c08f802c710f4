package dev.holdfast.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What real programs wrote and answered: recorded data in the project's folder {@code fixtures}.
 */
public final class Fixtures {

  private Fixtures() {}

  /** A file or folder below {@code fixtures}, for example {@code velero-cases/cluster}. */
  public static Path path(String relative) {
    Path path =
        Path.of(System.getProperty("holdfast.root", ".")).resolve("fixtures").resolve(relative);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("No fixture " + path.toAbsolutePath());
    }
    return path;
  }

  /**
   * A folder of the larger recordings (real-cluster, velero-bucket) that are not part of the
   * project; the test is skipped where HOLDFAST_FIXTURES does not name them.
   */
  public static Path external(String relative) {
    String folder = System.getenv("HOLDFAST_FIXTURES");
    assumeTrue(folder != null && !folder.isEmpty(), "HOLDFAST_FIXTURES is not set: skipped");
    Path path = Path.of(folder).resolve(relative);
    assumeTrue(Files.exists(path), "HOLDFAST_FIXTURES has no " + relative + ": skipped");
    return path;
  }
}
