package dev.holdfast.engine.backup;

import dev.holdfast.archive.ItemEncryption;
import dev.holdfast.archive.Manifest;
import dev.holdfast.archive.Signature;
import dev.holdfast.engine.backup.BackupOptions.Encryption;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Encryption and signature of one run. Made before anything is written, so that a wrong recipient
 * or key costs nothing.
 */
final class Sealing {

  private final Encryption mode;
  private final @Nullable ItemEncryption encryption;
  private final Signature.@Nullable Signer signer;

  private Sealing(
      Encryption mode, @Nullable ItemEncryption encryption, Signature.@Nullable Signer signer) {
    this.mode = mode;
    this.encryption = encryption;
    this.signer = signer;
  }

  /**
   * @throws Failure.Invalid if a recipient is missing or wrong, or the signing key cannot be used
   */
  static Sealing of(BackupOptions options) {
    return new Sealing(
        options.encryption(),
        options.encryption() == Encryption.NONE ? null : ItemEncryption.to(options.recipients()),
        options.signKey() == null ? null : signer(options.signKey()));
  }

  private static Signature.Signer signer(Path file) {
    try {
      return Signature.signer(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new Failure.Invalid(
          "The signing key " + file + " cannot be read: " + e.getMessage(), null, e);
    }
  }

  /** Whether archive, lists, logs and results are encrypted. */
  boolean all() {
    return mode == Encryption.ALL;
  }

  /** Whether Secrets leave the archive. */
  boolean secrets() {
    return mode == Encryption.SECRETS;
  }

  ItemEncryption encryption() {
    if (encryption == null) {
      throw new IllegalStateException("nothing is to be encrypted");
    }
    return encryption;
  }

  /** The signature file for these bytes, or null if none is wanted. */
  byte @Nullable [] sign(byte[] message) {
    return signer == null ? null : signer.sign(message);
  }

  /** As the manifest says it. */
  Manifest.@Nullable Encryption description() {
    return encryption == null
        ? null
        : new Manifest.Encryption(mode.name().toLowerCase(Locale.ROOT), encryption.recipients());
  }
}
