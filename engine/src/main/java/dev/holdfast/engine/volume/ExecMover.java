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
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tar.TreeTar;
import dev.holdfast.repository.tree.RawPath;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

/**
 * Saves a volume through a container that mounts it, and fills one: a tar stream by exec, straight
 * into the repository or out of it. It needs the right to pods/exec and a tar in the container,
 * GNU's or busybox's. All files are read; only new content is stored. There is a snapshot only if
 * the stream came to its end mark and the program's exit status was seen.
 */
public final class ExecMover implements VolumeFiller {

  private final Cluster cluster;

  /** Of containers that were asked, each a place without a path. */
  private final Map<Place, TarProgram> tars = new ConcurrentHashMap<>();

  public ExecMover(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * Where a volume is mounted.
   *
   * @param path absolute, in the container
   */
  public record Place(String namespace, String pod, String container, String path) {

    ExecRequest request(List<String> command, boolean stdin) {
      return new ExecRequest(namespace, pod, container, command, stdin);
    }
  }

  /**
   * What was saved.
   *
   * @param files regular files
   * @param bytes their sizes' sum
   * @param added bytes that were not in the repository yet
   * @param changed what the program said of files that changed while it read; empty if none did
   * @param unread what it said of files that it could not read; empty if it read all
   */
  public record Saved(
      Id snapshot, Id tree, long files, long bytes, long added, String changed, String unread) {

    static Saved of(SnapshotRun.Outcome outcome, String changed, String unread) {
      var summary = outcome.snapshot().summary();
      Id id = outcome.id();
      if (id == null || summary == null) {
        throw new IllegalStateException("A snapshot was asked for and not made");
      }
      return new Saved(
          id,
          Id.parse(outcome.snapshot().tree()),
          summary.totalFilesProcessed(),
          summary.totalBytesProcessed(),
          summary.dataAdded(),
          changed,
          unread);
    }
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
      Place source,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      BackupProgress progress) {
    TarProgram tar = tar(op, source);
    BackupOptions options =
        new BackupOptions.Builder(List.of(source.path()), identity)
            .tags(tags)
            .program(program)
            .build();
    int[] exit = {0};
    try (Execution execution = cluster.exec(op, source.request(tar.pack(source.path()), false))) {
      SnapshotRun.Outcome outcome;
      try {
        outcome =
            new SnapshotRun(repository, options, progress)
                .runTar(op, execution.output(), () -> exit[0] = proven(tar, execution));
      } catch (Failure.Unreachable e) {
        throw e.getCause() instanceof EOFException ? endedEarly(op, execution, e) : e;
      }
      String complaints = Complaints.of(execution.errors());
      boolean changed = tar.changed(exit[0]);
      return Saved.of(
          outcome, changed ? complaints : "", exit[0] != 0 && !changed ? complaints : "");
    }
  }

  /** A container is asked once: volumes of one pod are often many. */
  private TarProgram tar(Operation op, Place source) {
    Place container = new Place(source.namespace(), source.pod(), source.container(), "");
    TarProgram known = tars.get(container);
    if (known == null) {
      known = TarProgram.of(op, cluster, source);
      tars.put(container, known);
    }
    return known;
  }

  /** Follows a device's content: an exit status does not prove that all of stdout came. */
  private static final String END = "holdfast: all of the device\n";

  private static final String READ = "cat \"$1\" && printf %s \"$2\"";

  /**
   * Saves a block device that a container has, as one file. It takes {@code sh} and {@code cat}
   * there, and a user who may read the device.
   *
   * @param name of the file
   * @param tags of the snapshot
   * @throws Failure.Unreachable if the stream broke: there is no snapshot
   */
  public Saved saveDevice(
      Operation op,
      Place source,
      String name,
      Repository repository,
      Repository.Identity identity,
      List<String> tags,
      String program,
      BackupProgress progress) {
    BackupOptions options =
        new BackupOptions.Builder(List.of(source.path()), identity)
            .tags(tags)
            .program(program)
            .build();
    List<String> command = List.of("sh", "-c", READ, "sh", source.path(), END);
    try (Execution execution = cluster.exec(op, source.request(command, false))) {
      SnapshotRun run = new SnapshotRun(repository, options, progress);
      var device = new MarkedInput(execution.output(), END.getBytes(StandardCharsets.UTF_8));
      Runnable proof = () -> whole(execution, device);
      try {
        return Saved.of(run.run(op, RawPath.of(name), device, proof), "", "");
      } catch (Failure.Invalid e) {
        proof.run(); // which may say why nothing came
        throw e;
      }
    }
  }

  private static void whole(Execution execution, MarkedInput device) {
    ended(execution, "cat");
    if (!device.whole()) {
      throw new Failure.Unreachable("The end of the device's content did not come", null, null);
    }
  }

  private static void ended(Execution execution, String program) {
    int exit = execution.exit();
    if (exit != 0) {
      throw new Failure.Unreachable(
          program + " ended with exit status " + exit + ": " + Complaints.of(execution.errors()),
          null,
          null);
    }
  }

  /** Its archive has no end: what the program said of that tells more. */
  private static Failure endedEarly(Operation op, Execution execution, Failure.Unreachable e) {
    try {
      int exit = execution.exit();
      return new Failure.Unreachable(
          "tar ended with exit status %d in the middle: %s"
              .formatted(exit, Complaints.of(execution.errors())),
          null,
          e);
    } catch (Failure.Unreachable | Failure.Rejected broken) {
      op.check();
      return e;
    }
  }

  /** The exit status, if the archive can be relied on with it. */
  private static int proven(TarProgram tar, Execution execution) {
    int exit = execution.exit();
    if (!tar.packed(exit)) {
      throw new Failure.Unreachable(
          "tar ended with exit status " + exit + ": " + Complaints.of(execution.errors()),
          null,
          null);
    }
    return exit;
  }

  /** Deletes what is below the directory, but for the file system's own {@code lost+found}. */
  private static final String EMPTY =
      "for f in \"$1\"/* \"$1\"/.[!.]* \"$1\"/..?*; do"
          + " [ \"${f##*/}\" = lost+found ] && continue;"
          + " if [ -e \"$f\" ] || [ -L \"$f\" ]; then rm -rf \"$f\" || exit 1; fi; done";

  /** It takes {@code sh} and {@code rm} in the container. */
  @Override
  public void empty(Operation op, Place target) {
    List<String> command = List.of("sh", "-c", EMPTY, "sh", target.path());
    try (Execution execution = cluster.exec(op, target.request(command, false))) {
      execution.output().transferTo(OutputStream.nullOutputStream());
      int exit = execution.exit();
      if (exit != 0) {
        throw new Failure.Unreachable(
            "the volume could not be emptied: " + execution.errors().strip(), null, null);
      }
    } catch (IOException e) {
      op.check();
      throw new Failure.Unreachable("the volume could not be emptied", null, e);
    }
  }

  /** Only where something differs: a user that may not change it often need not. */
  private static final String DRESS =
      "[ \"$(stat -c '%a %u %g' \"$1\" 2>/dev/null)\" = \"$2 $3 $4\" ] ||"
          + " { chown \"$3:$4\" \"$1\" && chmod \"$2\" \"$1\"; } || exit 1;"
          + " touch -d \"@$5\" \"$1\" 2>/dev/null || touch -d \"@${5%.*}\" \"$1\" 2>/dev/null; :";

  /** It needs {@code sh} and {@code chown} there. */
  @Override
  public String dress(Operation op, Place target, RootTag root) {
    String mode = Integer.toOctalString(root.mode());
    String uid = Integer.toUnsignedString(root.uid());
    String gid = Integer.toUnsignedString(root.gid());
    List<String> command =
        List.of("sh", "-c", DRESS, "sh", target.path(), mode, uid, gid, root.seconds());
    try (Execution execution = cluster.exec(op, target.request(command, false))) {
      return execution.exit() == 0
          ? ""
          : "the directory could not be given mode %s and owner %s:%s: %s"
              .formatted(mode, uid, gid, execution.errors().strip());
    } catch (Failure.Rejected e) {
      return e.describe();
    }
  }

  /**
   * It takes {@code tar} in the container.
   *
   * @throws Failure.Unsupported if there is none; nothing was written
   */
  @Override
  public void fill(
      Operation op, Place target, Repository repository, Id tree, LongConsumer progress) {
    TarProgram tar = TarProgram.of(op, cluster, target);
    try (Execution execution = cluster.exec(op, target.request(tar.unpack(target.path()), true))) {
      CommandInput.send(
          op,
          execution,
          in -> new TreeTar(repository, progress).write(op, tree, in),
          () -> ended(execution, "tar"));
    }
  }

  private static final String NOT_WRITTEN = "holdfast: not all was written";

  /**
   * Takes just so many bytes, as not every connection can say that there are no more, and tells how
   * many there were: see {@link CommandInput}.
   */
  private static final String WRITE =
      "[ -e \"$1\" ] || { echo \"$1 is not there\" >&2; exit 1; };"
          + " head -c \"$2\" | { tee \"$1\" || echo \""
          + NOT_WRITTEN
          + "\" >&2; } | wc -c";

  /** It takes {@code sh}, {@code head}, {@code tee} and {@code wc} in the container. */
  @Override
  public void device(
      Operation op, Place target, Repository repository, Id tree, LongConsumer progress) {
    SavedDevice saved = new SavedDevice(op, repository, tree);
    List<String> command =
        List.of("sh", "-c", WRITE, "sh", target.path(), String.valueOf(saved.size()));
    try (Execution execution = cluster.exec(op, target.request(command, true))) {
      CommandInput.send(
          op,
          execution,
          in -> saved.write(op, in, progress),
          () -> written(op, execution, saved.size()));
    }
  }

  private static void written(Operation op, Execution execution, long size) {
    String count;
    try {
      count = new String(execution.output().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      op.check();
      throw new Failure.Unreachable("The connection to the pod broke", null, e);
    }
    ended(execution, "head");
    String complaints = execution.errors().strip();
    if (!count.equals(String.valueOf(size)) || complaints.contains(NOT_WRITTEN)) {
      throw new Failure.Unreachable(
          "%s of %d bytes reached the device: %s"
              .formatted(count.isEmpty() ? "none" : count, size, complaints),
          null,
          null);
    }
  }
}
