package dev.holdfast.repository;

/** Where things lie below a repository's root: restic's default layout. */
public final class RepositoryKeys {

  public static final String CONFIG = "config";
  public static final String KEYS = "keys/";
  public static final String PACKS = "data/";
  public static final String INDEXES = "index/";
  public static final String SNAPSHOTS = "snapshots/";
  public static final String LOCKS = "locks/";

  private RepositoryKeys() {}

  public static String pack(Id id) {
    String name = id.toString();
    return PACKS + name.substring(0, 2) + "/" + name;
  }
}
