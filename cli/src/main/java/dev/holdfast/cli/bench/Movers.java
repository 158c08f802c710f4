package dev.holdfast.cli.bench;

import dev.holdfast.cli.Main;
import dev.holdfast.cli.bench.VolumeFigures.Way;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Moves the volumes of a namespace, one way or another; each run begins with nothing stored. */
final class Movers {

  private static final String BACKUP = "bench";

  /** What containers of the sandbox have of their own. */
  private static final List<String> OWN = List.of("/tmp", "/run");

  private static final String PASSWORD = "a long password of the bench";

  private final Operation op;
  private final Arena arena;
  private final int parallel;
  private final List<String> prefix;

  /**
   * @param parallel pods whose volumes are moved at a time
   * @param prefix words before the command lines that are measured
   */
  Movers(Operation op, Arena arena, int parallel, List<String> prefix) {
    this.prefix = prefix;
    this.op = op;
    this.arena = arena;
    this.parallel = parallel;
  }

  /** All bytes of the files of one volume by exec, thrown away. */
  Measured cat(BenchVolumes volume) {
    List<String> arguments =
        List.of(
            arena.kubeconfig().toString(),
            volume.namespace(),
            volume.pods().getFirst(),
            "sh",
            "-c",
            "find /data-0 -type f -exec cat {} +");
    return new ChildProcess(List.of(), prefix).run(op, PlainExec.class, arguments);
  }

  /** The files of one volume into a repository, without a cluster. */
  Measured repository(BenchVolumes volume) {
    Path repository = arena.folder().resolve("repository");
    Contestant ours = new Contestant("holdfast", null, arena.folder(), prefix);
    var _ = ours.run(op, repository.toString(), "init");
    Measured measured =
        ours.run(op, repository.toString(), "backup", volume.places().getFirst().toString());
    TempFolder.delete(repository);
    return measured;
  }

  /** A backup of the namespace. */
  Measured backup(BenchVolumes volumes, Way way) {
    Path location = arena.folder().resolve("location");
    List<String> arguments = new ArrayList<>(List.of("backup", "create", BACKUP));
    arguments.addAll(List.of("-n", volumes.namespace(), "--location", location.toString()));
    arguments.addAll(List.of("--kubeconfig", arena.kubeconfig().toString()));
    arguments.addAll(List.of("--parallel-volumes", Integer.toString(parallel)));
    if (way == Way.POD) {
      arguments.addAll(List.of("--mover-image", "localhost/holdfast"));
      arguments.addAll(List.of("--mover-command", String.join(",", mover())));
    }
    try {
      Files.createDirectory(location);
      ProcessBuilder process = new ChildProcess(List.of(), prefix).builder(Main.class, arguments);
      process.environment().put("HOLDFAST_PASSWORD", PASSWORD);
      Measured measured = Measured.run(op, process, "backup create");
      check(location, way, volumes.places().size());
      return measured;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      TempFolder.delete(location);
    }
  }

  /**
   * This command as a process of the sandbox's node. Words are separated by commas there, and a
   * blank does as well within a word of the JVM.
   */
  private static List<String> mover() {
    List<String> line = new ChildProcess(List.of()).builder(Main.class, List.of()).command();
    return line.stream().map(word -> word.replace(',', ' ')).toList();
  }

  /**
   * Mover pods of the sandbox run this program, which their containers must see.
   *
   * @throws Failure.Invalid if they would not
   */
  static void requireSeen() {
    hidden(mover())
        .ifPresent(path -> {
          throw new Failure.Invalid(
              "Mover pods of the sandbox cannot run this program, as a part of it is below "
                  + path
                  + ", of which each container has its own",
              "put Holdfast into another directory, such as " + System.getProperty("user.home"));
        });
  }

  /** A directory that containers have of their own and in which a word of a command line is. */
  static Optional<String> hidden(List<String> words) {
    return words.stream()
        .filter(word -> !word.startsWith("-"))
        .flatMap(word -> Stream.of(word.split(":", -1)))
        .flatMap(path -> OWN.stream().filter(own -> path.startsWith(own + "/")))
        .findFirst();
  }

  /** Each volume went the way that is measured, not another one. */
  private static void check(Path location, Way way, int volumes) throws IOException {
    Path log = location.resolve("backups/" + BACKUP + "/" + BACKUP + "-logs.gz");
    try (var in = new GZIPInputStream(Files.newInputStream(log))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      long saved = text.lines().filter(line -> line.contains(" saved by " + way.word)).count();
      if (saved != volumes) {
        String why =
            text.lines()
                .filter(line -> line.contains("level=warning") || line.contains("level=error"))
                .findFirst()
                .orElse("the backup's log does not say why");
        throw new Failure.Rejected(
            saved + " of " + volumes + " volumes were saved by " + way.word + ": " + why,
            null,
            null);
      }
    }
  }
}
