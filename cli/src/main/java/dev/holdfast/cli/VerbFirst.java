package dev.holdfast.cli;

import java.util.Set;

/** {@code get backups} for {@code backup get}: Velero and kubectl users type both. */
final class VerbFirst {

  private static final Set<String> VERBS = Set.of("create", "get", "describe", "delete", "logs");
  private static final Set<String> NOUNS =
      Set.of(
          "backup",
          "backups",
          "restore",
          "restores",
          "backup-location",
          "backup-locations",
          "location",
          "locations");

  private VerbFirst() {}

  /** The arguments with the noun first, if the first two are a verb and a noun. */
  static String[] reorder(String[] args) {
    if (args.length < 2 || !VERBS.contains(args[0]) || !NOUNS.contains(args[1])) {
      return args;
    }
    String[] swapped = args.clone();
    swapped[0] = args[1];
    swapped[1] = args[0];
    return swapped;
  }
}
