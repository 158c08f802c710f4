package dev.holdfast.engine.restore;

import dev.holdfast.model.Failure;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What becomes of the content of a volume claim that is there before the restore. */
public enum ExistingVolumes {
  /** It stays, and that is an error which names the claim. */
  KEEP,

  /** The same volume is emptied and filled: there is no way back. */
  OVERWRITE,

  /** A new volume is made for the claim; the old one is kept until the new one is filled. */
  REPLACE;

  /**
   * @param text as on the command line; null for {@link #KEEP}
   * @throws Failure.Invalid for an unknown one
   */
  public static ExistingVolumes of(@Nullable String text) {
    for (ExistingVolumes each : values()) {
      if (text == null || each.text().equals(text)) {
        return each;
      }
    }
    throw new Failure.Invalid(
        "'" + text + "' is no way to treat volumes that exist", "use keep, overwrite or replace");
  }

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
