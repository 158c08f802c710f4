package dev.holdfast.cli.document;

import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --identity}: what decrypts. */
public final class IdentityFlag {

  @Option(
      names = {"-i", "--identity"},
      paramLabel = "FILE",
      description = "An age identity that decrypts the backup; may be repeated.")
  List<Path> files = List.of();

  /** Null without the flag. */
  public @Nullable ItemDecryption decryption() {
    return files.isEmpty()
        ? null
        : ItemDecryption.identities(String.join("\n", secretKeys()), "--identity");
  }

  /** The secret keys, one each, without comments. */
  public List<String> secretKeys() {
    List<String> keys = new ArrayList<>();
    for (Path file : files) {
      try {
        for (String line : Files.readAllLines(file)) {
          String key = line.strip();
          if (!key.isEmpty() && !key.startsWith("#")) {
            keys.add(key);
          }
        }
      } catch (IOException e) {
        throw new Failure.Absent(
            "--identity: cannot read " + file, "check its path and its rights", e);
      }
    }
    return keys;
  }
}
