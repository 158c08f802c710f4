package dev.holdfast.cli.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.velero.Restore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Velero's flags of {@code restore create}, and the Restore document that they make. */
public final class RestoreFlags {

  @Mixin final SelectionFlags selection = new SelectionFlags();

  /** For completion. */
  static final class Policies extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Policies() {
      super(List.of("none", "update", "recreate"));
    }
  }

  @Option(names = "--from-backup", paramLabel = "BACKUP", description = "The backup to restore.")
  @Nullable String fromBackup;

  @Option(
      names = "--namespace-mappings",
      split = ",",
      splitSynopsisLabel = ",",
      paramLabel = "OLD:NEW",
      description = "Restore a namespace under another name.")
  @Nullable List<String> namespaceMappings;

  @Option(
      names = "--existing-resource-policy",
      paramLabel = "POLICY",
      completionCandidates = Policies.class,
      description =
          "What happens to an object that exists and differs: none (default, it stays), update"
              + " (patched), recreate (deleted and created; needs --yes).")
  @Nullable String existingResourcePolicy;

  @Option(
      names = "--preserve-nodeports",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "Keep the node ports of Services.")
  @Nullable Boolean preserveNodePorts;

  @Option(
      names = "--restore-volumes",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "false: leave the content of volumes out.")
  @Nullable Boolean restoreVolumes;

  @Option(
      names = "--status-include-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Types whose status is restored too.")
  @Nullable List<String> statusInclude;

  @Option(
      names = "--status-exclude-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Types whose status is not restored.")
  @Nullable List<String> statusExclude;

  @Option(
      names = "--resource-modifier-configmap",
      paramLabel = "NAME",
      description = "ConfigMap in namespace velero with resource modifiers.")
  @Nullable String resourceModifier;

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Labels of the restore itself.")
  @Nullable Map<String, String> labels;

  @Option(
      names = "--annotations",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Annotations of the restore itself.")
  @Nullable Map<String, String> annotations;

  @Option(
      names = "--item-operation-timeout",
      paramLabel = "DURATION",
      description = "Recorded in the restore. Default: 4h.")
  @Nullable String itemOperationTimeout;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A velero.io Restore document; flags win over its fields.")
  @Nullable Path file;

  /** The documents of {@code -f}, for the ConfigMaps among them; null without it. */
  public @Nullable DocumentFile source() {
    return file == null ? null : DocumentFile.read(file);
  }

  /**
   * The Restore that these flags ask for.
   *
   * @param name as given on the command line; null for the document's, or {@code
   *     BACKUP-<YYYYMMDDhhmmss>}
   */
  public Restore document(@Nullable String name, @Nullable DocumentFile source, Instant now) {
    ObjectNode restore = source == null ? empty() : source.only(Restore.KIND).deepCopy();
    ObjectNode metadata = restore.withObjectProperty("metadata");
    ObjectNode spec = restore.withObjectProperty("spec");
    if (fromBackup != null) {
      spec.put("backupName", fromBackup);
    }
    String backup = spec.path("backupName").asText("");
    if (backup.isEmpty()) {
      throw new Failure.Invalid(
          "Which backup? --from-backup is missing", "holdfast backup get lists what there is");
    }
    if (name != null) {
      metadata.put("name", name);
    } else if (!metadata.path("name").isTextual()) {
      metadata.put("name", DefaultName.of(backup, now));
    }
    String chosen = metadata.get("name").textValue();
    if (!Names.subdomain(chosen)) {
      throw new Failure.Invalid(
          "'" + chosen + "' is no valid restore name",
          "use lower-case letters, digits, '-' and '.', at most 253 characters");
    }
    SelectionFlags.map(metadata, "labels", labels);
    SelectionFlags.map(metadata, "annotations", annotations);
    fill(spec);
    return Json.read(Json.bytes(restore), Restore.class, "The Restore document");
  }

  private void fill(ObjectNode spec) {
    selection.into(spec);
    if (namespaceMappings != null) {
      ObjectNode mapping = spec.putObject("namespaceMapping");
      for (String pair : namespaceMappings) {
        String[] names = pair.split(":", -1);
        if (names.length != 2 || !Names.label(names[0]) || !Names.label(names[1])) {
          throw new Failure.Invalid(
              "--namespace-mappings: '" + pair + "' is not OLD:NEW with two namespace names");
        }
        mapping.put(names[0], names[1]);
      }
    }
    if (existingResourcePolicy != null) {
      spec.put("existingResourcePolicy", existingResourcePolicy);
    }
    BackupFlags.flag(spec, "preserveNodePorts", preserveNodePorts);
    BackupFlags.flag(spec, "restorePVs", restoreVolumes);
    if (statusInclude != null || statusExclude != null) {
      ObjectNode status = spec.withObjectProperty("restoreStatus");
      SelectionFlags.list(status, "includedResources", statusInclude);
      SelectionFlags.list(status, "excludedResources", statusExclude);
    }
    if (resourceModifier != null) {
      spec.putObject("resourceModifier").put("kind", "configmap").put("name", resourceModifier);
    }
    BackupFlags.duration(
        spec, "itemOperationTimeout", "--item-operation-timeout", itemOperationTimeout);
  }

  private static ObjectNode empty() {
    ObjectNode restore = Json.MAPPER.createObjectNode();
    restore.put("apiVersion", Restore.API_VERSION).put("kind", Restore.KIND);
    restore.putObject("metadata").put("namespace", "velero");
    return restore;
  }
}
