package dev.holdfast.sandbox.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where this machine permits no name spaces: processes of the machine, in whose arguments mount
 * paths are replaced by the volumes' directories. A program that builds such a path by itself does
 * not find it.
 */
final class PathTranslation implements Compartment {

  private final Path home;
  private final List<Mount> mounts;
  private final Set<Process> processes = ConcurrentHashMap.newKeySet();

  PathTranslation(Path home, List<Mount> mounts) {
    this.home = home;
    this.mounts = new ArrayList<>(mounts);
    this.mounts.sort(Comparator.comparingInt((Mount mount) -> -mount.path().length()));
  }

  /** Replaces mount paths wherever a path may begin. */
  String translate(String text) {
    String result = text;
    for (Mount mount : mounts) {
      result =
          Pattern.compile("(?<![\\w./-])" + Pattern.quote(mount.path()) + "(?![\\w.-])")
              .matcher(result)
              .replaceAll(Matcher.quoteReplacement(mount.source().toString()));
    }
    return result;
  }

  @Override
  public Process start(Command command) throws IOException {
    List<String> words = command.words().stream().map(this::translate).toList();
    Path directory = Path.of(translate(command.directory()));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.directory(
        (command.directory().equals("/") || !Files.isDirectory(directory) ? home : directory)
            .toFile());
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    Process process = builder.start();
    processes.add(process);
    process.onExit().thenAccept(processes::remove);
    return process;
  }

  @Override
  public void terminate(Process process) {
    process.destroy();
  }

  /** Orphans cannot be told from the machine's other processes. */
  @Override
  public void sweep() {}

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
