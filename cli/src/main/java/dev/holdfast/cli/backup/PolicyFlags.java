package dev.holdfast.cli.backup;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.ConfigMapSource;
import dev.holdfast.cli.document.DocumentFile;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.ResourcePolicies;
import dev.holdfast.model.velero.Backup;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the resource policies of a backup come from. */
final class PolicyFlags {

  @Option(
      names = "--resource-policies",
      paramLabel = "FILE",
      description =
          "Which volumes are saved, and how: the YAML that Velero's resource policies ConfigMap"
              + " holds.")
  @Nullable Path file;

  /**
   * The policies of this file, else of the ConfigMap that the document names.
   *
   * @param source the documents of {@code -f}; null without them
   */
  ResourcePolicies of(
      Session session, Backup document, @Nullable DocumentFile source, Cluster cluster) {
    if (file != null) {
      return ResourcePolicies.parse(ConfigMapSource.read(file, "--resource-policies"));
    }
    Backup.Spec spec = document.spec();
    if (spec == null || spec.resourcePolicy() == null) {
      return ResourcePolicies.NONE;
    }
    String name = spec.resourcePolicy().path("name").asText();
    return ResourcePolicies.parse(
        new ConfigMapSource(session, cluster, source, document.metadata().namespace())
            .onlyValue(name, "--resource-policies"));
  }
}
