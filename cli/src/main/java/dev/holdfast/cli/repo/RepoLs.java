package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.walk.TreeWalk;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo ls}. */
@Command(name = "ls", description = "List the files of a snapshot.")
final class RepoLs implements Callable<Integer> {

  @Parameters(
      index = "0",
      paramLabel = "SNAPSHOT[:DIR]",
      description = "An id, its beginning, or latest.")
  String snapshot = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "DIR",
      description = "Only these, absolute, and what is directly in them.")
  List<String> directories = List.of();

  @Option(
      names = {"-l", "--long"},
      description = "Mode, owner, size and time, too.")
  boolean details;

  @Option(names = "--recursive", description = "With DIR: all that is below, too.")
  boolean recursive;

  @Option(names = "--human-readable", description = "Sizes in units.")
  boolean human;

  @Mixin final FilterFlags filter = new FilterFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoLs(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    for (String directory : directories) {
      if (!directory.startsWith("/")) {
        throw new Failure.Invalid(
            "'" + directory + "' is not absolute: it must begin with a slash");
      }
    }
    List<String> wanted = directories.stream().map(text -> RawPath.of(text).toString()).toList();
    var op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      ReadSnapshot read =
          ReadSnapshot.of(
              op, open.repository(), filter.filter(session.console().environment()), snapshot);
      head(read);
      TreeWalk.Visitor visitor =
          (path, node, parent) -> {
            if (wanted.isEmpty() || isWanted(wanted, path)) {
              session
                  .out()
                  .println(
                      flags.json()
                          ? Json.string(NodeText.json(path, node))
                          : NodeText.line(path, node, details, human));
            }
            return wanted.isEmpty() || leadsOn(wanted, path);
          };
      new TreeWalk(read.trees(), visitor).run(op, read.tree());
    }
    return ExitCode.OK;
  }

  private void head(ReadSnapshot read) {
    if (flags.json()) {
      ObjectNode json = RepoSnapshots.json(read.saved());
      json.put("message_type", "snapshot").put("struct_type", "snapshot");
      session.out().println(Json.string(json));
    } else {
      session.say(read.describe() + " filtered by " + directories + ":");
    }
  }

  private boolean isWanted(List<String> wanted, String path) {
    return wanted.stream()
        .anyMatch(directory ->
            path.equals(directory)
                || (isBelow(path, directory) && (recursive || parent(path).equals(directory))));
  }

  private boolean leadsOn(List<String> wanted, String path) {
    return wanted.stream()
        .anyMatch(directory ->
            path.equals(directory)
                || isBelow(directory, path)
                || (recursive && isBelow(path, directory)));
  }

  private static boolean isBelow(String path, String directory) {
    return directory.equals("/") || path.startsWith(directory + "/");
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash == 0 ? "/" : path.substring(0, slash);
  }
}
