package dev.holdfast.archive;

/**
 * Keys of a location itself. Velero refuses a bucket with any top-level directory that it does not
 * know (velero.md 1.1), so everything of ours lives below {@code plugins/holdfast}.
 */
public final class LocationKeys {

  /** One folder per backup. */
  public static final String BACKUPS = "backups/";

  /** One folder per restore. */
  public static final String RESTORES = "restores/";

  /** {@link LocationDocument}. */
  public static final String LOCATION = "plugins/holdfast/location.json";

  /** What comes to a backup after it was written: {@code <backup>/<uid>/…}. */
  public static final String LATER = "plugins/holdfast/backups/";

  /** Notes of pods whose post hooks are still to be run. */
  public static final String OPEN_HOOKS = "plugins/holdfast/hooks/";

  /** Notes of what runs have made in clusters for a while. */
  public static final String TEMPORARY = "plugins/holdfast/temporary/";

  private LocationKeys() {}
}
