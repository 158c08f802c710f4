package dev.holdfast.archive;

import dev.holdfast.model.ItemKey;

/**
 * One item of an {@link Index}.
 *
 * @param apiVersion of the stored object
 * @param uid empty if the object has none
 * @param resourceVersion empty if the object has none
 * @param sha256 of the stored bytes, lower-case hexadecimal; empty for an {@link #encrypted} item,
 *     whose content a hash would help to guess
 * @param member where the gzip member with the item starts, in bytes from the archive's start; -1
 *     if the item is not in the archive but among the encrypted Secrets
 * @param offset where the item's bytes start in what the member unpacks to
 * @param length of the item in bytes
 */
public record IndexEntry(
    ItemKey key,
    String apiVersion,
    String kind,
    String uid,
    String resourceVersion,
    String sha256,
    long member,
    int offset,
    int length) {

  /** Whether the item is stored only in {@code holdfast-secrets.tar.zst.age}. */
  public boolean encrypted() {
    return member < 0;
  }
}
