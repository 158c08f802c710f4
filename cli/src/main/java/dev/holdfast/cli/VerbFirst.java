package dev.holdfast.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * {@code get backups} for {@code backup get}: Velero and kubectl users type both, also behind
 * global flags; {@code -o json backup get} for {@code backup get -o json}; {@code repo -r R ls} for
 * {@code repo ls -r R}: restic users put the repository first.
 */
final class VerbFirst {

  private static final Set<String> VERBS =
      Set.of(
          "create",
          "get",
          "describe",
          "delete",
          "logs",
          "download",
          "verify",
          "diff",
          "prune",
          "plan",
          "resume",
          "set",
          "check");
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

  /** Global flags that a value follows. */
  private static final Set<String> GLOBAL =
      Set.of(
          "--kubeconfig",
          "--context",
          "--kubecontext",
          "--request-timeout",
          "--location",
          "--storage-location",
          "--config-file");

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

  /** Verbs of {@code repo} that another word completes. */
  private static final Set<String> TWO_WORDS = Set.of("key", "repair");

  private VerbFirst() {}

  /** The arguments in the order that the command tree knows. */
  static String[] reorder(String[] args) {
    List<String> words = new ArrayList<>(List.of(args));
    List<String> output = new ArrayList<>();
    int first = 0;
    while (first < words.size() && words.get(first).startsWith("-")) {
      String flag = words.get(first);
      if (flag.equals("-o") || flag.equals("--output")) {
        take(words, first, 2, output);
      } else if (flag.startsWith("-o") || flag.startsWith("--output=")) {
        take(words, first, 1, output);
      } else {
        first += GLOBAL.contains(flag) ? 2 : 1;
      }
    }
    words.addAll(output);
    if (first + 1 < words.size()
        && VERBS.contains(words.get(first))
        && NOUNS.contains(words.get(first + 1))) {
      Collections.swap(words, first, first + 1);
    }
    String[] ordered = words.toArray(String[]::new);
    return ordered.length > 2 && ordered[0].equals("repo") ? yearly(repository(ordered)) : ordered;
  }

  /** Moves so many words, or what is left of them. */
  private static void take(List<String> words, int from, int count, List<String> into) {
    List<String> taken = words.subList(from, Math.min(from + count, words.size()));
    into.addAll(taken);
    taken.clear();
  }

  /**
   * restic's {@code -y} of forget is a number of years, and everywhere else ours is {@code --yes}:
   * taken for that, the number after it would be a snapshot to remove.
   */
  private static String[] yearly(String[] args) {
    if (args[1].equals("forget")) {
      for (int i = 2; i < args.length && !args[i].equals("--"); i++) {
        if (args[i].startsWith("-y")) {
          args[i] = "--keep-yearly" + args[i].substring(2).replaceFirst("^=?(?=.)", "=");
        }
      }
    }
    return args;
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
    int words = TWO_WORDS.contains(args[verb]) && verb + 1 < args.length ? 2 : 1;
    String[] moved = args.clone();
    System.arraycopy(args, 1, moved, 1 + words, verb - 1);
    System.arraycopy(args, verb, moved, 1, words);
    return moved;
  }
}
