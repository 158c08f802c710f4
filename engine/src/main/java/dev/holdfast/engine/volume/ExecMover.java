package dev.holdfast.engine.volume;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Saves a volume through a container that mounts it: a tar stream by exec, straight into the
 * repository. It needs the right to pods/exec and a tar in the container, GNU's or busybox's. All
 * files are read; only new content is stored. There is a snapshot only if the stream came to its
 * end mark and the program's exit status was seen.
 */
public final class ExecMover {

  private static final Duration ASKING = Duration.ofMinutes(1);

  /** GNU tar: some files changed while they were read. */
  private static final int DIFFER = 1;

  /** GNU tar: some could not be read; the archive has the others. */
  private static final int UNREADABLE = 2;

  private final Cluster cluster;

  public ExecMover(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Where a volume is mounted.
   *
   * @param path absolute, in the container
   */
  public record Source(String namespace, String pod, String container, String path) {}

  /**
   * What was saved.
   *
   * @param files files of any kind but directories
   * @param bytes their sizes' sum
   * @param added bytes that were not in the repository yet
   * @param changed what the program said of files that changed while it read; empty if none did
   * @param unread what it said of files that it could not read; empty if it read all
   */
  public record Saved(
      Id snapshot, Id tree, long files, long bytes, long added, String changed, String unread) {}

  private enum Program {
    GNU,
    BUSYBOX
  }

  /**
   * Saves the volume.
   *
   * @param tags of the snapshot
   * @throws Failure.Unsupported if the container has no tar; nothing was written
   * @throws Failure.Unreachable if the stream broke: there is no snapshot
   */
  public Saved save(
      Operation op,
      Source source,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      BackupProgress progress) {
    Program tar = program(op, source);
    BackupOptions options =
        new BackupOptions.Builder(List.of(source.path()), identity)
            .tags(tags)
            .program(program)
            .build();
    int[] exit = {0};
    try (Execution execution = cluster.exec(op, request(source, command(tar, source.path())))) {
      SnapshotRun.Outcome outcome =
          new SnapshotRun(repository, options, progress)
              .runTar(op, execution.output(), () -> exit[0] = proven(tar, execution));
      String complaints = execution.errors().strip();
      var summary = outcome.snapshot().summary();
      Id id = outcome.id();
      if (id == null || summary == null) {
        throw new IllegalStateException("A snapshot was asked for and not made");
      }
      boolean unread = exit[0] == UNREADABLE || exit[0] == DIFFER && tar == Program.BUSYBOX;
      return new Saved(
          id,
          Id.parse(outcome.snapshot().tree()),
          summary.totalFilesProcessed(),
          summary.totalBytesProcessed(),
          summary.dataAdded(),
          exit[0] == DIFFER && tar == Program.GNU ? complaints : "",
          unread ? complaints : "");
    }
  }

  /** The exit status, if the archive can be relied on with it. */
  private static int proven(Program tar, Execution execution) {
    int exit = execution.exit();
    boolean usable = exit == 0 || exit == DIFFER || exit == UNREADABLE && tar == Program.GNU;
    if (!usable) {
      throw new Failure.Unreachable(
          "tar ended with exit status " + exit + ": " + execution.errors().strip(), null, null);
    }
    return exit;
  }

  private static List<String> command(Program tar, String path) {
    List<String> words = new ArrayList<>(List.of("tar", "-c", "-f", "-"));
    if (tar == Program.GNU) {
      words.addAll(List.of("--format=pax", "--numeric-owner", "--one-file-system", "--xattrs"));
      words.add("--pax-option=delete=atime,delete=ctime");
    }
    words.addAll(List.of("-C", path, "."));
    return words;
  }

  private static ExecRequest request(Source source, List<String> command) {
    return new ExecRequest(source.namespace(), source.pod(), source.container(), command, false);
  }

  private Program program(Operation op, Source source) {
    ExecRequest asking = request(source, List.of("tar", "--version"));
    try (Execution execution = cluster.exec(op.within(ASKING), asking)) {
      String text =
          new String(execution.output().readNBytes(4096), StandardCharsets.UTF_8)
              + (execution.exit() == 0 ? "" : execution.errors());
      if (text.contains("GNU tar")) {
        return Program.GNU;
      }
      if (text.contains("busybox") || text.contains("BusyBox")) {
        return Program.BUSYBOX;
      }
      throw noTar(source, "its tar is neither GNU's nor busybox's");
    } catch (Failure.Rejected e) {
      throw noTar(source, e.getMessage());
    } catch (IOException e) {
      op.check();
      if (e.getCause() instanceof Failure.Rejected rejected) {
        throw noTar(source, rejected.getMessage());
      }
      throw e.getCause() instanceof Failure failure
          ? failure
          : new Failure.Unreachable("The connection to the pod broke", null, e);
    }
  }

  private static Failure noTar(Source source, String why) {
    return new Failure.Unsupported(
        "Container " + source.container() + " has no tar that can be used: " + why,
        "add GNU or busybox tar to the image, or mount the volume in a container that has it");
  }
}
