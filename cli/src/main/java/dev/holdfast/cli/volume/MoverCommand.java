package dev.holdfast.cli.volume;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.repository.remote.DeviceWriter;
import dev.holdfast.repository.remote.Mover;
import dev.holdfast.repository.remote.MoverSession;
import dev.holdfast.repository.remote.VolumeWriter;
import dev.holdfast.repository.tree.RawPath;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast mover}: what runs in a mover pod. */
@Command(
    name = "mover",
    hidden = true,
    description = {
      "Read a volume for a backup that runs elsewhere, or fill one for a restore: what a mover pod"
          + " runs.",
      "It speaks holdfast's mover protocol on standard input and output, or takes a tar stream;"
          + " it holds no key and ends with its stream."
    })
public final class MoverCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "The volume, or the directory that volumes are in; not with --wait.")
  @Nullable String directory;

  @Option(
      names = "--session",
      paramLabel = "DIR",
      description = "Say in this directory that the session is there.")
  @Nullable Path session;

  @Option(
      names = "--wait",
      paramLabel = "DIR",
      description = "End when the session that says so in this directory has ended.")
  @Nullable Path wait;

  @Option(names = "--hold", description = "Be the session as long as standard input is open.")
  boolean hold;

  @Option(names = "--fill", description = "Write the tar stream on standard input into DIR.")
  boolean fill;

  @Option(names = "--empty", description = "Remove all that is in DIR.")
  boolean empty;

  @Option(
      names = "--dress",
      paramLabel = "TAG",
      description = "Give DIR owner, mode and time as in root=MODE:UID:GID:SECONDS.")
  @Nullable String dress;

  @Option(
      names = "--write",
      paramLabel = "BYTES",
      description = "DIR is a block device: write so many bytes of standard input to it.")
  @Nullable Long write;

  private final Session command;

  public MoverCommand(Session session) {
    this.command = session;
  }

  @Override
  public Integer call() {
    if (wait != null) {
      MoverSession.await(command.operation(), wait, MoverSession.PATIENCE);
      return ExitCode.OK;
    }
    if (session != null) {
      MoverSession.begin(session);
    }
    var streams = command.console().bytes();
    if (hold) {
      VolumeWriter.hold(streams.in());
      return ExitCode.OK;
    }
    if (directory == null) {
      throw new Failure.Invalid("Which directory? DIR is missing");
    }
    RawPath path = RawPath.of(directory);
    if (empty) {
      VolumeWriter.empty(path);
      return ExitCode.OK;
    }
    if (dress != null) {
      VolumeWriter.dress(path, dress);
      return ExitCode.OK;
    }
    if (write != null) {
      DeviceWriter.write(command.operation(), streams.in(), Path.of(directory), write);
      return ExitCode.OK;
    }
    if (fill) {
      long failed =
          VolumeWriter.fill(command.operation(), streams.in(), path, command.err()::println);
      return failed == 0 ? ExitCode.OK : ExitCode.PARTIAL;
    }
    new Mover(streams.in(), streams.out()).run(command.operation(), path);
    return ExitCode.OK;
  }
}
