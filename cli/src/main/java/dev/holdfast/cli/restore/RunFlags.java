package dev.holdfast.cli.restore;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.ConfigMapSource;
import dev.holdfast.cli.document.Counts;
import dev.holdfast.cli.document.DocumentFile;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.document.MoverFlags;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.restore.ExistingVolumes;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.action.ImageMapping;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.engine.restore.action.StorageClassMapping;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Flags of plan and restore that are ours, not Velero's. */
final class RunFlags {

  @Option(
      names = "--item",
      paramLabel = "ITEM",
      split = ",",
      description =
          "Only this item and what it needs, such as deployments.apps/shop/web; may be repeated.")
  List<String> items = List.of();

  @Option(
      names = "--resource-modifiers",
      paramLabel = "FILE",
      description = "Resource modifiers in a file: the YAML that Velero's ConfigMap holds.")
  @Nullable Path modifiers;

  @Option(
      names = "--map-storage-class",
      split = ",",
      paramLabel = "OLD=NEW",
      description = "Restore volume claims with another storage class.")
  List<String> storageClasses = List.of();

  @Option(
      names = "--node-map",
      split = ",",
      paramLabel = "OLD=NEW",
      description =
          "Restore what was on node OLD on node NEW: volumes, and pods that name their node; '*'"
              + " for every other node. Velero's ConfigMap for it, in namespace velero, is read"
              + " too.")
  List<String> nodes = List.of();

  /** For completion. */
  static final class Existing extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Existing() {
      super(Stream.of(ExistingVolumes.values()).map(ExistingVolumes::text).toList());
    }
  }

  @Option(
      names = "--existing-volumes",
      paramLabel = "WAY",
      completionCandidates = Existing.class,
      description =
          "What happens to claims that exist: keep (default, an error names them), replace (a new"
              + " volume, and the old one again if that fails), overwrite (the same volume, no way"
              + " back). What uses them is scaled to 0 meanwhile. Needs --yes.")
  @Nullable String existing;

  @Option(
      names = "--map-image",
      split = ",",
      paramLabel = "OLD=NEW",
      description = "Change image names: each part OLD of one becomes NEW.")
  List<String> images = List.of();

  @Mixin final MoverFlags mover = new MoverFlags();
  @Mixin final IdentityFlag identity = new IdentityFlag();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Keep journal and records here instead of in the location.")
  @Nullable Path state;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Items restored at a time, at most. Default: ${DEFAULT-VALUE}.")
  int parallel = 64;

  /** Everything a run needs besides cluster and location. */
  RestoreOptions options(
      Session session, Restore document, @Nullable DocumentFile source, Cluster cluster) {
    Counts.positive("--parallel", parallel);
    return RestoreOptions.of(document, Session.version())
        .inputs(inputs(session, document, source, cluster))
        .identities(identity.secretKeys())
        .state(state == null ? null : new DirectoryStore(state))
        .yes(session.global().yes())
        .mover(mover.options())
        .parallel(parallel);
  }

  private RestoreInputs inputs(
      Session session, Restore document, @Nullable DocumentFile source, Cluster cluster) {
    return RestoreInputs.NONE
        .modifiers(modifiers(session, document, source, cluster))
        .mapped(StorageClassMapping.fromFlags(storageClasses), ImageMapping.fromFlags(images))
        .nodes(
            NodeMapping.fromFlags(nodes)
                .over(
                    NodeMapping.fromConfigMaps(
                        new ConfigMapSource(
                                session, cluster, source, document.metadata().namespace())
                            .labelled(NodeMapping.LABEL + "=RestoreItemAction"))))
        .existing(ExistingVolumes.of(existing))
        .items(items.stream().map(ItemKey::parse).toList());
  }

  private @Nullable String modifiers(
      Session session, Restore document, @Nullable DocumentFile source, Cluster cluster) {
    if (modifiers != null) {
      return ConfigMapSource.read(modifiers, "--resource-modifiers");
    }
    Restore.Spec spec = document.spec();
    if (spec == null || spec.resourceModifier() == null) {
      return null;
    }
    return new ConfigMapSource(session, cluster, source, document.metadata().namespace())
        .onlyValue(
            Objects.requireNonNullElse(spec.resourceModifier().name(), ""), "--resource-modifiers");
  }
}
