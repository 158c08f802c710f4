package dev.holdfast.cli.volume;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.repository.remote.Mover;
import dev.holdfast.repository.remote.MoverSession;
import dev.holdfast.repository.tree.RawPath;
import java.nio.file.Path;
import java.time.Duration;
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
      "Read a volume for a backup that runs elsewhere: what a mover pod runs.",
      "It speaks holdfast's mover protocol on standard input and output, holds no key and ends with"
          + " its stream."
    })
public final class MoverCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "The volume; without it, wait for the session and end with it.")
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

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Session command;

  public MoverCommand(Session session) {
    this.command = session;
  }

  @Override
  public Integer call() {
    if (wait != null) {
      MoverSession.await(command.operation(), wait, PATIENCE);
      return ExitCode.OK;
    }
    if (directory == null) {
      throw new Failure.Invalid("Which directory? DIR is missing");
    }
    var streams = command.console().bytes();
    if (session != null) {
      MoverSession.begin(session);
    }
    new Mover(streams.in(), streams.out()).run(command.operation(), RawPath.of(directory));
    return ExitCode.OK;
  }
}
