package dev.holdfast.archive;

import dev.holdfast.model.ItemKey;

/** Receives what {@link ArchiveReader} reads, in the archive's order. */
@FunctionalInterface
public interface EntrySink {

  /** An item: once each, the bytes as stored. */
  void item(ItemKey key, byte[] json);

  /**
   * An item in a version that its server did not prefer: archives written with Velero's feature
   * EnableAPIGroupVersions have them.
   *
   * @param version {@code v1beta1}
   */
  default void version(ItemKey key, String version, byte[] json) {}

  /** Something that was ignored, or is odd but harmless. */
  default void warning(String message) {}
}
