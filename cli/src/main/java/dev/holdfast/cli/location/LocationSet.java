package dev.holdfast.cli.location;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location set}. */
@Command(name = "set", description = "Change a configured location: only the flags given.")
final class LocationSet implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The location.")
  String name = "";

  @Mixin final LocationFlags flags = new LocationFlags();

  private final Session session;

  LocationSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Configuration configuration = session.configuration();
    configuration.put(flags.over(Json.tree(configuration.require(name))));
    session.out().println("backup-location " + name + " changed");
    return ExitCode.OK;
  }
}
