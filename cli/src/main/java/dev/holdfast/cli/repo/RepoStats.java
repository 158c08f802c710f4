package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.report.RepositoryStats;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshots;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo stats}. */
@Command(name = "stats", description = "Count files, blobs and bytes of snapshots.")
final class RepoStats implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "SNAPSHOT", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "restore-size (default), files-by-contents, blobs-per-file or raw-data.")
  String mode = "restore-size";

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoStats(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    RepositoryStats.Mode counted =
        switch (mode) {
          case "restore-size" -> RepositoryStats.Mode.RESTORE_SIZE;
          case "files-by-contents" -> RepositoryStats.Mode.FILES_BY_CONTENTS;
          case "blobs-per-file" -> RepositoryStats.Mode.BLOBS_PER_FILE;
          case "raw-data" -> RepositoryStats.Mode.RAW_DATA;
          default ->
              throw new Failure.Invalid(
                  "--mode " + mode,
                  "use restore-size, files-by-contents, blobs-per-file or raw-data");
        };
    var op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      List<SavedSnapshot> found =
          new Snapshots(open.repository())
              .find(op, filter.filter(session.console().environment()), names);
      open.repository().loadIndex(op, null);
      RepositoryStats.Outcome outcome =
          new RepositoryStats(open.repository(), counted).run(op, found);
      if (flags.json()) {
        session.out().println(Json.string(json(outcome)));
      } else {
        print(outcome);
      }
    }
    return ExitCode.OK;
  }

  private static double ratio(RepositoryStats.Outcome outcome) {
    return outcome.compressed() == 0 ? 0 : (double) outcome.compressedFrom() / outcome.compressed();
  }

  private static double progress(RepositoryStats.Outcome outcome) {
    return 100.0 * outcome.compressedFrom() / outcome.uncompressed();
  }

  private static double saving(RepositoryStats.Outcome outcome) {
    return (1 - (double) outcome.size() / outcome.uncompressed()) * 100;
  }

  private static ObjectNode json(RepositoryStats.Outcome outcome) {
    ObjectNode json = Json.MAPPER.createObjectNode().put("total_size", outcome.size());
    if (outcome.uncompressed() > 0) {
      json.put("total_uncompressed_size", outcome.uncompressed())
          .put("compression_ratio", ratio(outcome))
          .put("compression_progress", progress(outcome))
          .put("compression_space_saving", saving(outcome));
    }
    if (outcome.files() > 0) {
      json.put("total_file_count", outcome.files());
    }
    if (outcome.blobs() > 0) {
      json.put("total_blob_count", outcome.blobs());
    }
    return json.put("snapshots_count", outcome.snapshots());
  }

  private void print(RepositoryStats.Outcome outcome) {
    session.out().println("Stats in " + mode + " mode:");
    line("Snapshots processed", Integer.toString(outcome.snapshots()));
    if (outcome.blobs() > 0) {
      line("Total Blob Count", Long.toString(outcome.blobs()));
    }
    if (outcome.files() > 0) {
      line("Total File Count", Long.toString(outcome.files()));
    }
    if (outcome.uncompressed() > 0) {
      line("Total Uncompressed Size", Sizes.text(outcome.uncompressed()));
    }
    line("Total Size", Sizes.text(outcome.size()));
    if (outcome.uncompressed() > 0) {
      line("Compression Progress", String.format(Locale.ROOT, "%.2f%%", progress(outcome)));
      line("Compression Ratio", String.format(Locale.ROOT, "%.2fx", ratio(outcome)));
      line("Compression Space Saving", String.format(Locale.ROOT, "%.2f%%", saving(outcome)));
    }
  }

  private void line(String label, String value) {
    session.out().println(String.format(Locale.ROOT, "%24s:  %s", label, value));
  }
}
