package dev.holdfast.cli.backup;

import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Table;
import dev.holdfast.model.velero.Backup;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** Backups in a table: Velero's columns, Velero's order. */
final class BackupTable {

  private static final Pattern STAMP = Pattern.compile("-\\d{14}$");

  private BackupTable() {}

  static Table of(List<Backup> backups, Instant now) {
    Table table =
        new Table(
            "NAME",
            "STATUS",
            "ERRORS",
            "WARNINGS",
            "CREATED",
            "EXPIRES",
            "STORAGE LOCATION",
            "SELECTOR");
    for (Backup backup : sorted(backups)) {
      Backup.Spec spec = Objects.requireNonNullElseGet(backup.spec(), Backup.Spec::empty);
      Backup.Status status = backup.status();
      table.row(
          Objects.requireNonNullElse(backup.metadata().name(), ""),
          status == null || status.phase() == null ? "New" : status.phase(),
          String.valueOf(status == null ? 0 : Text.count(status.errors())),
          String.valueOf(status == null ? 0 : Text.count(status.warnings())),
          Text.time(status == null ? null : status.startTimestamp()),
          Text.expires(status == null ? null : status.expiration(), now),
          Objects.requireNonNullElse(spec.storageLocation(), "default"),
          Text.selector(spec.labelSelector()));
    }
    return table;
  }

  /** By name without the time at its end, the newest of each first. */
  static List<Backup> sorted(List<Backup> backups) {
    return backups.stream()
        .sorted(
            Comparator.comparing((Backup backup) -> stem(backup))
                .thenComparing(BackupTable::started, Comparator.reverseOrder()))
        .toList();
  }

  private static String stem(Backup backup) {
    return STAMP.matcher(Objects.requireNonNullElse(backup.metadata().name(), "")).replaceFirst("");
  }

  private static String started(Backup backup) {
    Backup.Status status = backup.status();
    return status == null || status.startTimestamp() == null ? "" : status.startTimestamp();
  }
}
