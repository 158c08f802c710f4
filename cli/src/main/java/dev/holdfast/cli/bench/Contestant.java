package dev.holdfast.cli.bench;

import dev.holdfast.cli.Main;
import dev.holdfast.model.Operation;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program that keeps repositories: ours, or restic's. Both understand the same verbs and flags.
 */
final class Contestant {

  private static final String PASSWORD = "bench";

  private static final String CACHE = "-XX:AOTCache=";

  private static final List<String> JAVA_OPTIONS = javaOptions();

  private final String name;
  private final @Nullable Path restic;
  private final Path cache;
  private final List<String> prefix;

  /**
   * @param restic its program; null for ours
   * @param folder for restic's cache, which lasts for one data set
   */
  Contestant(String name, @Nullable Path restic, Path folder) {
    this(name, restic, folder, List.of());
  }

  /**
   * @param prefix words before our command lines
   */
  Contestant(String name, @Nullable Path restic, Path folder, List<String> prefix) {
    this.prefix = prefix;
    this.name = name;
    this.restic = restic;
    this.cache = folder.resolve("cache");
  }

  /** What the launcher starts {@code repo} with. */
  private static List<String> javaOptions() {
    List<String> options = new ArrayList<>();
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith(CACHE))
        .map(option -> Path.of(option.substring(CACHE.length())).resolveSibling("repo.aot"))
        .filter(Files::exists)
        .forEach(cache -> options.add(CACHE + cache));
    options.addAll(List.of("-Xmx128m", "-Xmn16m", "-Djdk.reflect.useNativeAccessorOnly=true"));
    return List.copyOf(options);
  }

  String name() {
    return name;
  }

  boolean ours() {
    return restic == null;
  }

  /** Forgets what is kept outside of repositories. */
  void clear() {
    TempFolder.delete(cache);
  }

  /** Runs one command line, such as {@code backup FOLDER}. */
  Measured run(Operation op, String repository, String... words) {
    List<String> arguments = new ArrayList<>(List.of(words));
    arguments.addAll(List.of("--repo", repository, "--quiet"));
    ProcessBuilder process;
    if (restic == null) {
      arguments.addFirst("repo");
      process = new ChildProcess(JAVA_OPTIONS, prefix).builder(Main.class, arguments);
    } else {
      arguments.addFirst(restic.toString());
      process = new ProcessBuilder(arguments);
    }
    return Measured.run(op, prepare(process), name + " " + String.join(" ", words));
  }

  /** Backs up several folders into one repository: ours in one process, restic's one by one. */
  Measured runAll(Operation op, String repository, List<Path> folders) {
    if (restic != null) {
      return folders.stream()
          .map(folder -> run(op, repository, "backup", folder.toString()))
          .reduce(Measured.NOTHING, Measured::then);
    }
    List<String> arguments = new ArrayList<>(List.of(repository));
    folders.forEach(folder -> arguments.add(folder.toString()));
    return Measured.run(
        op,
        prepare(new ChildProcess(JAVA_OPTIONS).builder(ManyVolumes.class, arguments)),
        name + " backup of several volumes");
  }

  private ProcessBuilder prepare(ProcessBuilder process) {
    Map<String, String> environment = process.environment();
    environment.keySet().removeIf(key -> key.startsWith("RESTIC_") || key.startsWith("HOLDFAST_"));
    environment.put("RESTIC_PASSWORD", PASSWORD);
    environment.put("RESTIC_CACHE_DIR", cache.toString());
    environment.put("TZ", "UTC");
    return process;
  }
}
