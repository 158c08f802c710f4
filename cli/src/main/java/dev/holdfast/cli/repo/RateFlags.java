package dev.holdfast.cli.repo;

import dev.holdfast.store.LimitedStore;
import dev.holdfast.store.ObjectStore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How fast a store may be used. */
final class RateFlags {

  @Option(
      names = "--limit-upload",
      paramLabel = "KIB",
      description = "Upload at most so much a second.")
  long limitUpload;

  @Option(
      names = "--limit-download",
      paramLabel = "KIB",
      description = "Download at most so much a second.")
  long limitDownload;

  private LimitedStore.@Nullable Rates rates;

  /** The store below the limits, which all stores of these flags share; closes it with itself. */
  synchronized ObjectStore limited(ObjectStore store) {
    if (limitUpload == 0 && limitDownload == 0) {
      return store;
    }
    if (rates == null) {
      rates = new LimitedStore.Rates(limitUpload * 1024, limitDownload * 1024);
    }
    return new LimitedStore(store, rates);
  }
}
