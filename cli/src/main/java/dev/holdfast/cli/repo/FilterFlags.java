package dev.holdfast.cli.repo;

import dev.holdfast.repository.snapshot.SnapshotFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which snapshots: restic's {@code --host}, {@code --tag}, {@code --path}. */
final class FilterFlags {

  @Option(
      names = {"-H", "--host"},
      paramLabel = "HOST",
      description = "Only snapshots of this host; may be repeated. Default: $$RESTIC_HOST, any.")
  List<String> hosts = List.of();

  @Option(
      names = "--tag",
      paramLabel = "TAG[,TAG...]",
      description = "Only snapshots that have all these tags; repeated: or all those.")
  List<String> tags = List.of();

  @Option(
      names = "--path",
      paramLabel = "PATH",
      description = "Only snapshots of this path; repeated: of all of them.")
  List<String> paths = List.of();

  /** Whether no flag was given; RESTIC_HOST does not count. */
  boolean isEmpty() {
    return hosts.isEmpty() && tags.isEmpty() && paths.isEmpty();
  }

  SnapshotFilter filter(Map<String, String> environment) {
    return of(hosts, tags, paths, environment);
  }

  /** The filter that such flags mean, for verbs that spell them otherwise. */
  static SnapshotFilter of(
      List<String> hosts, List<String> tags, List<String> paths, Map<String, String> environment) {
    String host = environment.getOrDefault("RESTIC_HOST", "");
    List<String> wanted = hosts.isEmpty() && !host.isEmpty() ? List.of(host) : hosts;
    List<String> absolute =
        paths.stream().map(path -> Path.of(path).toAbsolutePath().normalize().toString()).toList();
    return new SnapshotFilter(
        wanted.stream().filter(one -> !one.isEmpty()).toList(),
        SnapshotFilter.tagLists(tags),
        absolute);
  }
}
