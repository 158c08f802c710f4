package dev.holdfast.archive;

import dev.holdfast.model.Failure;

/**
 * The version of our own files (location document, index, manifest, claim). A change that old
 * readers may ignore does not raise it; one that they must not misread does.
 */
final class FormatVersion {

  static final int CURRENT = 1;

  /** The first Holdfast that reads {@link #CURRENT}. */
  static final String LEAST_READER = "0.1";

  private FormatVersion() {}

  /**
   * @param found the file's version
   * @param leastReader what the file says its reader must be; may be empty
   * @throws Failure.Unsupported if the file is newer than this reader
   * @throws Failure.Corrupt if it has no version
   */
  static void check(int found, String leastReader, String what) {
    if (found < 1) {
      throw new Failure.Corrupt(what + " has no valid format version");
    }
    if (found > CURRENT) {
      throw new Failure.Unsupported(
          what
              + " has format version "
              + found
              + "; this Holdfast knows versions up to "
              + CURRENT
              + " and has changed nothing",
          leastReader.isEmpty()
              ? "use a newer Holdfast"
              : "use Holdfast " + leastReader + " or newer");
    }
  }
}
