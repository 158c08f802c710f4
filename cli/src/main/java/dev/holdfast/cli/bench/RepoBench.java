package dev.holdfast.cli.bench;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.repo.Sizes;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code holdfast bench repo}: our repository commands and restic's, in turn, on the same data. The
 * one that begins changes from round to round; each has a repository of its own.
 */
@Command(
    name = "repo",
    description = {
      "Measure volume data beside the restic command: backups, restore and check of the same files,",
      "in turn. Each is a process of its own; its start, its CPU time and its memory count."
    })
public final class RepoBench implements Callable<Integer> {

  @Option(
      names = "--restic",
      paramLabel = "FILE",
      description = "The restic command. Default: the one on the PATH.")
  @Nullable Path restic;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description =
          "Bytes of the large data sets; small files scale with it (100,000 for 2g). Default:"
              + " ${DEFAULT-VALUE}.")
  String size = "2g";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where data and repositories are made for a while. Default: the system's /tmp.")
  @Nullable Path dir;

  @Option(
      names = "--base",
      paramLabel = "REPOSITORY",
      description =
          "Below which repositories are made instead, such as s3:http://127.0.0.1:9000/bucket;"
              + " they stay there.")
  @Nullable String base;

  @Option(
      names = "--data",
      paramLabel = "SET,...",
      split = ",",
      description = "incompressible, compressible, files. Default: all.")
  List<String> data = List.of();

  @Option(
      names = "--steps",
      paramLabel = "STEP,...",
      split = ",",
      description = "first, unchanged, changed, restore, check, volumes. Default: all.")
  List<String> steps = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Repeat this often and tell the middle ones. Default: ${DEFAULT-VALUE}.")
  int rounds = 1;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;
  private final RepoFigures figures = new RepoFigures();

  public RepoBench(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    long bytes = Sizes.parse("--size", size);
    Set<DataSet> sets = chosen("--data", data, DataSet::parse, EnumSet.allOf(DataSet.class));
    Set<RepoStep> wanted = chosen("--steps", steps, RepoStep::parse, EnumSet.allOf(RepoStep.class));
    if (rounds < 1 || bytes < 32 << 20) {
      throw new Failure.Invalid("--rounds is at least 1, --size at least 32m");
    }
    Path program = restic == null ? onPath() : restic;
    try (TempFolder folder = TempFolder.create(dir)) {
      Contestant ours = new Contestant("holdfast", null, folder.path());
      Contestant theirs = new Contestant("restic", program, folder.path());
      for (DataSet set : sets) {
        Path source = folder.path().resolve("data");
        for (int round = 0; round < rounds; round++) {
          session.say("%s (%s), round %d".formatted(set.flag(), set.label, round + 1));
          make(set, source, bytes);
          new RepoMatch(session, figures, folder.path(), base, set, bytes, round, wanted)
              .run(round % 2 == 0 ? List.of(ours, theirs) : List.of(theirs, ours));
          TempFolder.delete(source);
        }
      }
    }
    if (output.format() == Format.TABLE) {
      figures.print(session.console());
    } else {
      session.out().print(output.format().text(figures.document()));
    }
    return ExitCode.OK;
  }

  private static <T extends Enum<T>> Set<T> chosen(
      String flag, List<String> names, Function<String, T> parse, Set<T> all) {
    if (names.isEmpty()) {
      return all;
    }
    try {
      return EnumSet.copyOf(names.stream().map(parse).toList());
    } catch (IllegalArgumentException e) {
      throw new Failure.Invalid(flag + " " + String.join(",", names) + ": use " + all, null, e);
    }
  }

  private Path onPath() {
    String path = session.console().environment().getOrDefault("PATH", "");
    return Arrays.stream(path.split(":", -1))
        .map(directory -> Path.of(directory, "restic"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() ->
            new Failure.Absent(
                "There is no restic command on the PATH",
                "install it, or name it with --restic",
                null));
  }

  private static void make(DataSet set, Path source, long bytes) {
    try {
      set.create(source, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
