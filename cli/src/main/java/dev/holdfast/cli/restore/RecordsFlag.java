package dev.holdfast.cli.restore;

import dev.holdfast.cli.OpenLocation;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the records of restores are. */
final class RecordsFlag {

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where journal and records are, if not in the location.")
  @Nullable Path state;

  Restores restores(OpenLocation location) {
    return new Restores(state == null ? location.store() : new DirectoryStore(state));
  }
}
