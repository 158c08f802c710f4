package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.Backup;
import org.jspecify.annotations.Nullable;

/** The archive format: Velero's major version 1, minor 0 (no versioned folders) or 1. */
public final class ArchiveVersion {

  /** {@code status.version}. */
  public static final int MAJOR = 1;

  /** {@code status.formatVersion}, and what {@code metadata/version} holds. */
  public static final String FORMAT = "1.1.0";

  private ArchiveVersion() {}

  static void check(Backup backup) {
    Backup.@Nullable Status status = backup.status();
    if (status == null) {
      return;
    }
    if (status.version() != null && status.version() > MAJOR) {
      throw tooNew(String.valueOf(status.version()));
    }
    if (status.formatVersion() != null) {
      check(status.formatVersion());
    }
  }

  /**
   * @throws Failure.Unsupported if a reader of major version 1 must not read it
   */
  static void check(String format) {
    String major = format.strip().split("\\.", 2)[0];
    if (!major.equals("1")) {
      throw tooNew(format.strip());
    }
  }

  private static Failure tooNew(String found) {
    String shown = found.length() > 20 ? found.substring(0, 20) + "…" : found;
    return new Failure.Unsupported(
        "The archive has format version '" + shown + "'; this Holdfast reads version 1",
        "use the Holdfast or Velero that wrote it, or a newer Holdfast");
  }
}
