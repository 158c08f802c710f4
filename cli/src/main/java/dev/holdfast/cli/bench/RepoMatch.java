package dev.holdfast.cli.bench;

import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One round with one data set. */
final class RepoMatch {
  private static final int VOLUMES = 10;

  private final Session session;
  private final RepoFigures figures;
  private final Operation op;
  private final Path folder;
  private final @Nullable String base;
  private final Path source;
  private final DataSet set;
  private final long bytes;
  private final int round;
  private final Set<RepoStep> wanted;

  /**
   * @param folder that holds the data set, in {@code data}
   * @param base below which repositories are made; null for the folder
   * @param bytes of the data set
   */
  RepoMatch(
      Session session,
      RepoFigures figures,
      Path folder,
      @Nullable String base,
      DataSet set,
      long bytes,
      int round,
      Set<RepoStep> wanted) {
    this.session = session;
    this.figures = figures;
    this.op = session.operation();
    this.folder = folder;
    this.base = base;
    this.source = folder.resolve("data");
    this.set = set;
    this.bytes = bytes;
    this.round = round;
    this.wanted = wanted;
  }

  void run(List<Contestant> contestants) {
    for (Contestant contestant : contestants) {
      var _ = contestant.run(op, repository(contestant), "init");
    }
    String[] backup = {"backup", source.toString()};
    both(RepoStep.FIRST, contestants, c -> c.run(op, repository(c), backup));
    if (wanted.contains(RepoStep.UNCHANGED)) {
      both(RepoStep.UNCHANGED, contestants, c -> c.run(op, repository(c), backup));
    }
    if (wanted.contains(RepoStep.CHANGED)) {
      change();
      both(RepoStep.CHANGED, contestants, c -> c.run(op, repository(c), backup));
    }
    if (wanted.contains(RepoStep.RESTORE)) {
      both(RepoStep.RESTORE, contestants, this::restore);
    }
    if (wanted.contains(RepoStep.CHECK)) {
      both(RepoStep.CHECK, contestants, c -> c.run(op, repository(c), "check", "--read-data"));
    }
    if (wanted.contains(RepoStep.VOLUMES) && set == DataSet.FILES && base == null) {
      List<Path> volumes = volumes();
      contestants.forEach(c -> c.runAll(op, repository(c), volumes));
      both(RepoStep.VOLUMES, contestants, c -> c.runAll(op, repository(c), volumes));
    }
    contestants.forEach(this::clear);
  }

  private void both(
      RepoStep step, List<Contestant> contestants, Function<Contestant, Measured> run) {
    for (Contestant contestant : contestants) {
      settle();
      Measured measured = run.apply(contestant);
      if (wanted.contains(step)) {
        figures.add(set, step, contestant.ours(), measured);
      }
      session.say(
          "  %-34s %-9s %7.2f s".formatted(step.label, contestant.name(), measured.seconds()));
    }
  }

  private String repository(Contestant contestant) {
    String name = contestant.name() + "-" + set.flag() + "-" + round;
    return base == null
        ? folder.resolve(name).toString()
        : base + "/" + folder.getFileName() + "/" + name;
  }

  /** What one wrote is on the disk before the other starts. */
  private void settle() {
    var _ = Measured.run(op, new ProcessBuilder("sync"), "sync");
  }

  private Measured restore(Contestant contestant) {
    Path target = folder.resolve("restored");
    Measured measured =
        contestant.run(
            op, repository(contestant), "restore", "latest", "--target", target.toString());
    Path restored = target.resolve(Path.of("/").relativize(source.toAbsolutePath()));
    if (bytesBelow(restored) != bytesBelow(source)) {
      throw new Failure.Corrupt(contestant.name() + " restored something else than was saved");
    }
    TempFolder.delete(target);
    return measured;
  }

  private long bytesBelow(Path place) {
    try (var files = Files.walk(place)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void change() {
    try {
      set.change(source, bytes, round);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Each tenth of the directories, moved below a directory of its own. */
  private List<Path> volumes() {
    try (var found = Files.list(source)) {
      List<Path> directories = found.sorted().toList();
      for (int i = 0; i < directories.size(); i++) {
        Path volume = Files.createDirectories(source.resolve("volume-" + i % VOLUMES));
        Files.move(directories.get(i), volume.resolve(directories.get(i).getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (var volumes = Files.list(source)) {
      return volumes.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void clear(Contestant contestant) {
    contestant.clear();
    if (base == null) {
      TempFolder.delete(Path.of(repository(contestant)));
    }
  }
}
