package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.store.ObjectStore;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How packs are written and what that may use. */
final class WriteFlags {

  private static final int MIB = 1 << 20;

  @Option(
      names = "--compression",
      paramLabel = "MODE",
      description = "auto (default, zstd 3), off, fastest (1), better (7), max (11).")
  @Nullable String compression;

  @Option(
      names = "--pack-size",
      paramLabel = "MIB",
      description = "Bytes at which a pack is closed, 4 to 128. Default: 16.")
  @Nullable Integer packSize;

  @Mixin final RateFlags rates = new RateFlags();

  /** The store below the limits; closes it with itself. */
  ObjectStore limited(ObjectStore store) {
    return rates.limited(store);
  }

  /** zstd's level, 0 for none. */
  int level(Map<String, String> environment) {
    String mode =
        compression == null ? environment.getOrDefault("RESTIC_COMPRESSION", "auto") : compression;
    return switch (mode) {
      case "", "auto" -> 3;
      case "off" -> 0;
      case "fastest" -> 1;
      case "better" -> 7;
      case "max" -> 11;
      default ->
          throw new Failure.Invalid(
              "--compression " + mode, "use auto, off, fastest, better or max");
    };
  }

  /** Bytes. */
  int packSize(Map<String, String> environment) {
    String given = environment.getOrDefault("RESTIC_PACK_SIZE", "");
    int size;
    try {
      size = packSize != null ? packSize : given.isEmpty() ? 0 : Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw new Failure.Invalid("RESTIC_PACK_SIZE " + given + " is not a number", null, e);
    }
    if (size != 0 && (size < 4 || size > 128)) {
      throw new Failure.Invalid("--pack-size " + size + " is not between 4 and 128");
    }
    return size == 0 ? PackWriter.PACK_SIZE : size * MIB;
  }
}
