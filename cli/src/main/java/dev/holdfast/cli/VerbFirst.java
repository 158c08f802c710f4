package dev.holdfast.cli;

import java.util.Set;

/**
 * {@code get backups} for {@code backup get}: Velero and kubectl users type both; {@code repo -r R
 * ls} for {@code repo ls -r R}: restic users put the repository first.
 */
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

  /** Flags of {@code repo} that a value follows. */
  private static final Set<String> VALUED =
      Set.of(
          "-r",
          "--repo",
          "--repository-file",
          "-p",
          "--password-file",
          "--password-command",
          "--namespace",
          "--location",
          "--cacert",
          "--region",
          "--memory");

  private VerbFirst() {}

  /** The arguments with the noun first, if the first two are a verb and a noun. */
  static String[] reorder(String[] args) {
    if (args.length > 2 && args[0].equals("repo")) {
      return repository(args);
    }
    if (args.length < 2 || !VERBS.contains(args[0]) || !NOUNS.contains(args[1])) {
      return args;
    }
    String[] swapped = args.clone();
    swapped[0] = args[1];
    swapped[1] = args[0];
    return swapped;
  }

  /** The verb before the flags that stand before it. */
  private static String[] repository(String[] args) {
    int verb = 1;
    while (verb < args.length && args[verb].startsWith("-")) {
      verb += VALUED.contains(args[verb]) ? 2 : 1;
    }
    if (verb == 1 || verb >= args.length) {
      return args;
    }
    String[] moved = args.clone();
    System.arraycopy(args, 1, moved, 2, verb - 1);
    moved[1] = args[verb];
    return moved;
  }
}
