package dev.holdfast.engine.inspect;

import dev.holdfast.model.ItemKey;
import java.util.Optional;
import java.util.OptionalInt;

/** The items of one backup, in the order in which they are stored. */
public sealed interface Contents extends AutoCloseable permits IndexedContents, SpooledContents {

  /**
   * What is known of an item without reading it.
   *
   * @param content SHA-256 of its bytes; empty if it is encrypted and no identity was given
   * @param uid empty if it has none
   * @param resourceVersion empty if it has none
   * @param length bytes
   */
  record Summary(
      ItemKey key,
      String apiVersion,
      String kind,
      String uid,
      String resourceVersion,
      String content,
      int length) {}

  /** How many items. */
  int size();

  Summary summary(int place);

  OptionalInt find(ItemKey key);

  /**
   * The item's bytes; empty if it is encrypted and no identity was given.
   *
   * @throws dev.holdfast.model.Failure.Corrupt if what is stored is not what the index says
   */
  Optional<byte[]> json(int place);

  @Override
  void close();
}
