package dev.holdfast.cli.location;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Table;
import dev.holdfast.model.velero.BackupStorageLocation;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location get}. */
@Command(name = "get", description = "List configured locations.", aliases = "list")
final class LocationGet implements Callable<Integer> {

  @Parameters(arity = "0..*", paramLabel = "NAME", description = "Only these. Default: all.")
  List<String> names = List.of();

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  LocationGet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Configuration configuration = session.configuration();
    List<BackupStorageLocation> locations =
        names.isEmpty()
            ? configuration.locations()
            : names.stream().map(configuration::require).toList();
    Format format = output.format();
    switch (format) {
      case TABLE -> table(locations, configuration);
      case NAME ->
          locations.forEach(one ->
              session.out().println("backupstoragelocation.velero.io/" + one.metadata().name()));
      case JSON, YAML ->
          session
              .out()
              .print(
                  names.size() == 1
                      ? format.text(locations.getFirst())
                      : format.text(
                          Format.list(
                              BackupStorageLocation.API_VERSION,
                              BackupStorageLocation.KIND,
                              locations)));
    }
    return ExitCode.OK;
  }

  private void table(List<BackupStorageLocation> locations, Configuration configuration) {
    if (locations.isEmpty()) {
      session.say("There are no locations in " + configuration.file() + ".");
      return;
    }
    Table table =
        new Table(
            "NAME",
            "PROVIDER",
            "BUCKET/PREFIX",
            "PHASE",
            "LAST VALIDATED",
            "ACCESS MODE",
            "DEFAULT");
    for (BackupStorageLocation location : locations) {
      BackupStorageLocation.Status status = location.status();
      String validated = status == null ? null : status.lastValidationTime();
      table.row(
          Objects.requireNonNullElse(location.metadata().name(), ""),
          location.spec().provider(),
          place(location.spec()),
          status == null || status.phase() == null ? "Unknown" : status.phase(),
          validated == null ? "Unknown" : Text.time(validated),
          Objects.requireNonNullElse(location.spec().accessMode(), "ReadWrite"),
          Boolean.TRUE.equals(location.spec().isDefault()) ? "true" : "");
    }
    table.print(session.out(), session.console().outWidth(), session.style());
  }

  private static String place(BackupStorageLocation.Spec spec) {
    BackupStorageLocation.ObjectStorage storage = spec.objectStorage();
    String bucket = storage == null ? null : storage.bucket();
    String prefix = storage == null ? null : storage.prefix();
    if (bucket == null) {
      return spec.configOrEmpty().getOrDefault("path", "");
    }
    return prefix == null ? bucket : bucket + "/" + prefix;
  }
}
