package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.prune.PruneOptions;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How much a prune rewrites: restic's flags, for prune and for forget. */
final class PruneFlags {

  @Option(
      names = "--max-unused",
      paramLabel = "LIMIT",
      description =
          "Unused data that may stay, rather than be rewritten around: '5%%' (default), a size,"
              + " 'unlimited'.")
  String maxUnused = "5%";

  @Option(
      names = "--max-repack-size",
      paramLabel = "SIZE",
      description = "Rewrite at most so much; the next prune goes on. Default: no limit.")
  @Nullable String maxRepackSize;

  @Option(names = "--repack-cacheable-only", description = "Rewrite only packs of trees.")
  boolean cacheableOnly;

  @Option(
      names = "--repack-small",
      description = "Rewrite packs smaller than four fifths of a full one, if there are ten.")
  boolean small;

  @Option(
      names = "--repack-smaller-than",
      paramLabel = "SIZE",
      description = "The same for packs smaller than this.")
  @Nullable String smallerThan;

  @Option(names = "--repack-uncompressed", description = "Compress data that is not.")
  boolean uncompressed;

  PruneOptions options() {
    long below = small ? PackWriter.PACK_SIZE / 5L * 4 : 0;
    if (smallerThan != null) {
      below = Sizes.parse("--repack-smaller-than", smallerThan);
    }
    long limit =
        maxRepackSize == null ? Long.MAX_VALUE : Sizes.parse("--max-repack-size", maxRepackSize);
    return new PruneOptions(unused(maxUnused.strip()), limit, cacheableOnly, uncompressed, below);
  }

  private static LongUnaryOperator unused(String text) {
    if (text.equals("unlimited")) {
      return _ -> Long.MAX_VALUE;
    }
    if (!text.endsWith("%")) {
      long bytes = Sizes.parse("--max-unused", text);
      return _ -> bytes;
    }
    try {
      double percent = Double.parseDouble(text.substring(0, text.length() - 1));
      if (percent >= 0 && percent < 100) {
        return PruneOptions.percent(percent);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new Failure.Invalid("--max-unused " + text + " is not between 0% and 100%");
  }
}
