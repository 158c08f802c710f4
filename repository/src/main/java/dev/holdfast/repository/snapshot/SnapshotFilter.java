package dev.holdfast.repository.snapshot;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * Which snapshots are meant, with restic's rules.
 *
 * @param hosts one of them made it; empty for any
 * @param tags one of these lists is contained in its tags; empty for any; a list with an empty
 *     string means "no tags"
 * @param paths all of them are among its paths
 */
public record SnapshotFilter(List<String> hosts, List<List<String>> tags, List<String> paths) {

  /** Every snapshot. */
  public static final SnapshotFilter ALL = new SnapshotFilter(List.of(), List.of(), List.of());

  public SnapshotFilter {
    hosts = List.copyOf(hosts);
    tags = tags.stream().map(List::copyOf).toList();
    paths = List.copyOf(paths);
  }

  /** Tags as a command line gives them: each word is a list with commas. */
  public static List<List<String>> tagLists(List<String> words) {
    return words.stream()
        .map(word -> Arrays.stream(word.split(",", -1)).map(String::strip).toList())
        .toList();
  }

  public boolean isEmpty() {
    return hosts.isEmpty() && tags.isEmpty() && paths.isEmpty();
  }

  public boolean matches(Snapshot snapshot) {
    String host = snapshot.hostname() == null ? "" : snapshot.hostname();
    return (hosts.isEmpty() || hosts.contains(host))
        && (tags.isEmpty() || tags.stream().anyMatch(list -> hasAll(snapshot, list)))
        && new HashSet<>(snapshot.pathsOrEmpty()).containsAll(paths);
  }

  /** Whether a snapshot has all these tags; an empty string among them means "no tags". */
  public static boolean hasAll(Snapshot snapshot, List<String> tags) {
    List<String> own = snapshot.tagsOrEmpty();
    return (own.isEmpty() && tags.contains("")) || new HashSet<>(own).containsAll(tags);
  }

  /** For messages, as restic writes it. */
  @Override
  public String toString() {
    return "Paths:" + paths + " Tags:" + tags + " Hosts:" + hosts;
  }
}
