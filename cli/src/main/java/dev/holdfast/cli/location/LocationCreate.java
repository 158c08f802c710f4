package dev.holdfast.cli.location;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.DocumentFile;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.BackupStorageLocation;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location create}. */
@Command(
    name = "create",
    description = {
      "Give a place for backups a name, in the configuration.",
      "Nothing is asked of the store: 'backup-location check' does that."
    })
final class LocationCreate implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The new name.")
  @Nullable String name;

  @Mixin final LocationFlags flags = new LocationFlags();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A velero.io BackupStorageLocation document; flags win over its fields.")
  @Nullable Path file;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  LocationCreate(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode document =
        file == null
            ? Json.MAPPER
                .createObjectNode()
                .put("apiVersion", BackupStorageLocation.API_VERSION)
                .put("kind", BackupStorageLocation.KIND)
            : DocumentFile.read(file).only(BackupStorageLocation.KIND).deepCopy();
    document.remove("status");
    ObjectNode metadata = document.withObjectProperty("metadata");
    if (name != null) {
      metadata.put("name", name);
    }
    String chosen = metadata.path("name").asText("");
    if (!Names.subdomain(chosen)) {
      throw new Failure.Invalid("'" + chosen + "' is no valid location name");
    }
    Configuration configuration = session.configuration();
    if (configuration.location(chosen).isPresent()) {
      throw new Failure.Conflict(
          "There is a location '" + chosen + "' in " + configuration.file() + " already",
          "change it with: holdfast backup-location set " + chosen,
          null);
    }
    flags.writeTo(document);
    configuration.put(document);
    switch (output.format()) {
      case TABLE -> session.out().println("backup-location " + chosen + " created");
      case NAME -> session.out().println("backupstoragelocation.velero.io/" + chosen);
      case JSON, YAML -> session.out().print(output.format().text(document));
    }
    session.say("  check it with: holdfast backup-location check " + chosen);
    return ExitCode.OK;
  }
}
