package dev.holdfast.cli.bench;

import java.util.Locale;

/** What is measured of a repository, in this order. */
enum RepoStep {
  FIRST("first backup"),
  UNCHANGED("again, nothing changed"),
  CHANGED("again, 1 % changed"),
  RESTORE("restore"),
  CHECK("check --read-data"),
  /** Small files only: a volume for each tenth of the directories, all saved before. */
  VOLUMES("10 unchanged volumes, one process");

  final String label;

  RepoStep(String label) {
    this.label = label;
  }

  static RepoStep parse(String name) {
    return valueOf(name.strip().toUpperCase(Locale.ROOT));
  }

  /** How many times as fast as restic we set out to be. */
  double goal(DataSet data) {
    return switch (this) {
      case FIRST -> data == DataSet.INCOMPRESSIBLE ? 1.4 : 1.5;
      case UNCHANGED, CHANGED -> data == DataSet.FILES ? 1.2 : 1;
      case RESTORE -> data == DataSet.FILES ? 2 : 1.5;
      case CHECK -> 1.3;
      case VOLUMES -> 2.5;
    };
  }
}
