package dev.holdfast.cli.backup;

import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOptions.Encryption;
import dev.holdfast.model.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is encrypted to whom, and who signs. */
final class EncryptionFlags {

  @Option(
      names = "--encrypt",
      paramLabel = "WHAT",
      completionCandidates = What.class,
      description =
          "secrets: Secrets exist only encrypted; all: everything does. Needs --recipient.")
  @Nullable String encrypt;

  @Option(
      names = "--recipient",
      paramLabel = "AGE1...",
      split = ",",
      description = "An age public key that can decrypt; may be repeated.")
  List<String> recipients = List.of();

  @Option(
      names = "--sign-key",
      paramLabel = "FILE",
      description = "An OpenSSH Ed25519 private key that signs the backup's manifest.")
  @Nullable Path signKey;

  BackupOptions into(BackupOptions options) {
    Encryption what = what();
    if (what == Encryption.NONE && !recipients.isEmpty()) {
      throw new Failure.Invalid(
          "--recipient without --encrypt", "say what is encrypted: --encrypt secrets or all");
    }
    if (what != Encryption.NONE && recipients.isEmpty()) {
      throw new Failure.Invalid(
          "--encrypt " + encrypt + " needs a --recipient",
          "age-keygen makes a key pair; its public key begins with age1");
    }
    if (signKey != null && !Files.isReadable(signKey)) {
      throw new Failure.Absent(
          "--sign-key: cannot read " + signKey, "check its path and its rights", null);
    }
    return options.encrypted(what, recipients).signed(signKey);
  }

  /** For completion. */
  static final class What extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    What() {
      super(List.of("secrets", "all"));
    }
  }

  private Encryption what() {
    if (encrypt == null) {
      return Encryption.NONE;
    }
    return switch (encrypt.toLowerCase(Locale.ROOT)) {
      case "secrets" -> Encryption.SECRETS;
      case "all" -> Encryption.ALL;
      default -> throw new Failure.Invalid("--encrypt " + encrypt + ": use secrets or all");
    };
  }
}
