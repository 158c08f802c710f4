package dev.holdfast.cli.document;

import dev.holdfast.model.Failure;

/** Numbers that flags take. */
public final class Counts {

  private Counts() {}

  /**
   * @throws Failure.Invalid if it is less than 1
   */
  public static void positive(String flag, int value) {
    if (value < 1) {
      throw new Failure.Invalid(flag + " " + value + ": use 1 or more");
    }
  }
}
