package dev.holdfast.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hashes that every Java platform has. */
final class Hashes {

  private Hashes() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every Java platform has SHA-256", e);
    }
  }
}
