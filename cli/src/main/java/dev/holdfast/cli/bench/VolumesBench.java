package dev.holdfast.cli.bench;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.bench.VolumeFigures.Way;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.repo.Sizes;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code holdfast bench volumes}: backups of volumes by each mover, beside what bounds them: our
 * bare repository on the same files, and an exec that only carries the bytes.
 */
@Command(
    name = "volumes",
    description = {
      "Measure backups of volumes in a sandbox with a node: by exec and by mover pods, beside the",
      "bare repository on the same files and an exec whose bytes are thrown away. Last, many small",
      "volumes of the same bytes as one."
    })
public final class VolumesBench implements Callable<Integer> {

  /** Of the many volumes, in each pod. */
  private static final int IN_A_POD = 10;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description =
          "Bytes of the large volume; small files scale with it (100,000 for 2g). Default:"
              + " ${DEFAULT-VALUE}.")
  String size = "2g";

  @Option(
      names = "--volumes",
      paramLabel = "N",
      description =
          "Of so many volumes each has the same part of the large one; 0 leaves them out. Default:"
              + " ${DEFAULT-VALUE}.")
  int volumes = 200;

  @Option(
      names = "--parallel-volumes",
      paramLabel = "N",
      description = "Pods whose volumes are moved at a time. Default: ${DEFAULT-VALUE}.")
  int parallel = 2;

  @Option(
      names = "--apart",
      description =
          "The node has the last half of the cores, what is measured the first: as on two machines."
              + " Needs taskset.")
  boolean apart;

  @Option(names = "--quick", description = "64 MiB and 20 volumes: to see that it works.")
  boolean quick;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where volumes and locations are made for a while. Default: the system's /tmp.")
  @Nullable Path dir;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Repeat this often and tell the middle ones. Default: ${DEFAULT-VALUE}.")
  int rounds = 1;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;
  private final Operation op;
  private final VolumeFigures figures = new VolumeFigures();

  public VolumesBench(Session session) {
    this.session = session;
    this.op = session.operation();
  }

  @Override
  public Integer call() {
    long bytes = Sizes.parse("--size", size);
    if (quick) {
      bytes = Math.min(bytes, 64 << 20);
      volumes = Math.min(volumes, 20);
    }
    if (rounds < 1 || parallel < 1 || bytes < 32 << 20) {
      throw new Failure.Invalid(
          "--rounds and --parallel-volumes are at least 1, --size at least 32m");
    }
    Movers.requireSeen();
    try (TempFolder folder = TempFolder.create(dir);
        Arena arena = arena(folder.path())) {
      Movers movers = new Movers(op, arena, parallel, cores(0));
      for (DataSet set : List.of(DataSet.INCOMPRESSIBLE, DataSet.FILES)) {
        one(arena, movers, set, bytes);
      }
      if (volumes > 0) {
        many(arena, movers, bytes);
      }
    }
    if (output.format() == Format.TABLE) {
      figures.print(session.console());
    } else {
      session.out().print(output.format().text(figures.document()));
    }
    return ExitCode.OK;
  }

  private Arena arena(Path folder) {
    List<String> options = List.of("-Xmx1g", "-Djava.io.tmpdir=" + folder);
    return Arena.sandbox(op, new ChildProcess(options, cores(1)), folder, Duration.ZERO, 1);
  }

  /** What binds a process to a half of the cores: 0 the first, 1 the last. */
  private List<String> cores(int half) {
    if (!apart) {
      return List.of();
    }
    int all = Runtime.getRuntime().availableProcessors();
    if (all < 2) {
      throw new Failure.Invalid("--apart takes at least two cores");
    }
    int middle = all / 2;
    String range = half == 0 ? "0-" + (middle - 1) : middle + "-" + (all - 1);
    return List.of("taskset", "-c", range);
  }

  private void one(Arena arena, Movers movers, DataSet set, long bytes) {
    String label = set == DataSet.FILES ? DataSet.count(bytes) + " small files" : "random bytes";
    BenchVolumes volume = BenchVolumes.create(op, arena, "one", 1, 1);
    fill(volume.places().getFirst(), set, bytes);
    for (int round = 0; round < rounds; round++) {
      measure(label, Way.CAT, () -> movers.cat(volume));
      measure(label, Way.REPOSITORY, () -> movers.repository(volume));
      measure(label, Way.EXEC, () -> movers.backup(volume, Way.EXEC));
      measure(label, Way.POD, () -> movers.backup(volume, Way.POD));
    }
    volume.places().forEach(TempFolder::empty);
  }

  private void many(Arena arena, Movers movers, long bytes) {
    int pods = Math.ceilDiv(volumes, IN_A_POD);
    long part = bytes / ((long) pods * IN_A_POD);
    BenchVolumes all = BenchVolumes.create(op, arena, "many", pods, IN_A_POD);
    int seed = 0;
    for (Path place : all.places()) {
      try {
        DataSet.random(place.resolve("random"), part, 1_000 + seed++);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    String label = all.places().size() + " volumes of " + (part >> 20) + " MiB";
    for (int round = 0; round < rounds; round++) {
      measure(label, Way.EXEC, () -> movers.backup(all, Way.EXEC));
      measure(label, Way.POD, () -> movers.backup(all, Way.POD));
    }
  }

  private static void fill(Path place, DataSet set, long bytes) {
    try {
      set.create(place, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void measure(String data, Way way, Callable<Measured> run) {
    var _ = Measured.run(op, new ProcessBuilder("sync"), "sync");
    try {
      Measured measured = run.call();
      figures.add(data, way, measured);
      session.say("%-24s %-34s %7.2f s".formatted(data, way.label, measured.seconds()));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
