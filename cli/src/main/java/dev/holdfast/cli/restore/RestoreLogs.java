package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore logs}. */
@Command(name = "logs", description = "Print the log of a restore.")
public final class RestoreLogs implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The restore.")
  String name = "";

  @Mixin final RecordsFlag records = new RecordsFlag();

  private final Session session;

  public RestoreLogs(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      session.out().print(records.restores(location).logs(session.operation(), name));
      return ExitCode.OK;
    }
  }
}
