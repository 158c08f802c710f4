package dev.holdfast.store;

import dev.holdfast.model.Failure;

/** Ranges of bytes of an object. */
final class Ranges {

  private Ranges() {}

  static void check(long offset, long length) {
    if (offset < 0 || length < 0) {
      throw new Failure.Invalid("Not a range of bytes: offset " + offset + ", length " + length);
    }
  }
}
