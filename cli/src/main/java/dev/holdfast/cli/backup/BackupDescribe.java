package dev.holdfast.cli.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup describe}. */
@Command(name = "describe", description = "Show what a backup is, and what went wrong with it.")
public final class BackupDescribe implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The backup.")
  String name = "";

  @Option(names = "--details", description = "List every item too.")
  boolean details;

  @Mixin final IdentityFlag identity = new IdentityFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupDescribe(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      BackupReader backup =
          BackupReader.open(session.operation(), location.store(), name, identity.decryption());
      Results results = readable(backup::results, Results.NONE);
      List<VolumeInfo> volumes = readable(backup::volumes, List.of());
      ResourceList items =
          details
              ? readable(backup::resourceList, Optional.<ResourceList>empty()).orElse(null)
              : null;
      switch (output.format()) {
        case JSON, YAML ->
            session.out().print(output.format().text(document(backup, results, volumes, items)));
        case NAME -> session.out().println("backup.velero.io/" + name);
        case TABLE ->
            new BackupDescription(backup)
                .print(session.out(), session.style(), results, volumes, items);
      }
      return ExitCode.OK;
    }
  }

  /** What is encrypted is left out, with a warning, where no identity opens it. */
  private <T> T readable(Supplier<T> record, T otherwise) {
    try {
      return record.get();
    } catch (Failure.WrongKey e) {
      session.err().println(session.console().errStyle().yellow("Warning: ") + e.getMessage());
      return otherwise;
    }
  }

  private static ObjectNode stored(BackupReader backup) {
    ObjectNode stored = Json.MAPPER.createObjectNode();
    stored.put("bytes", backup.bytes()).put("files", backup.present().size());
    backup
        .manifest()
        .ifPresent(manifest -> {
          stored.put("writer", manifest.writer());
          stored.set("encryption", Json.MAPPER.valueToTree(manifest.encryption()));
        });
    backup.signedBy().ifPresent(key -> stored.put("signedBy", key));
    return stored;
  }

  private static ObjectNode document(
      BackupReader backup,
      Results results,
      List<VolumeInfo> volumes,
      @Nullable ResourceList items) {
    ObjectNode document = Json.tree(backup.document());
    ObjectNode tree = Json.tree(results);
    document.set("errors", tree.get("errors"));
    document.set("warnings", tree.get("warnings"));
    document.set("backupVolumes", Json.MAPPER.valueToTree(volumes));
    document.set("stored", stored(backup));
    if (items != null) {
      document.set("resourceList", Json.MAPPER.valueToTree(items.byType()));
    }
    return document;
  }
}
