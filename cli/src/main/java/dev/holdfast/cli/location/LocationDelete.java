package dev.holdfast.cli.location;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Deletions;
import dev.holdfast.cli.output.OutputFlag;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location delete}. */
@Command(
    name = "delete",
    description = "Forget locations. The backups in them stay where they are.")
final class LocationDelete implements Callable<Integer> {

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "The locations.")
  List<String> names = List.of();

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  LocationDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Configuration configuration = session.configuration();
    names.forEach(configuration::require);
    session.confirm("Forget " + String.join(", ", names) + " (the backups stay)");
    try (var deleted =
        new Deletions(
            session.out(), output.format(), "backup-location", "backupstoragelocation.velero.io")) {
      for (String name : names) {
        configuration.remove(name);
        deleted.add(name);
      }
    }
    return ExitCode.OK;
  }
}
