package dev.holdfast.cli.location;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.OutputFlag;
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

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  LocationSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Configuration configuration = session.configuration();
    ObjectNode document = configuration.document(name);
    ObjectNode before = place(document);
    flags.writeTo(document);
    if (!place(document).equals(before)) {
      // Another place: what a check said of the old one does not hold.
      document.remove("status");
    }
    configuration.put(document);
    switch (output.format()) {
      case TABLE -> session.out().println("backup-location " + name + " changed");
      case NAME -> session.out().println("backupstoragelocation.velero.io/" + name);
      case JSON, YAML -> session.out().print(output.format().text(document));
    }
    return ExitCode.OK;
  }

  private static ObjectNode place(ObjectNode document) {
    return document.withObjectProperty("spec").deepCopy().without("default");
  }
}
