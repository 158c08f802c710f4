package dev.holdfast.engine.restore;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.engine.volume.VolumeFacts;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Says which way the content of each volume would go. It reads, and writes nothing. */
final class VolumePlan {

  private final Operation op;
  private final Cluster cluster;
  private final Draught draught;
  private final RestoreOptions options;
  private final boolean password;
  private final Map<String, ClaimUsers> users = new HashMap<>();

  /**
   * @param password whether there is one for the content
   */
  VolumePlan(
      Operation op, Cluster cluster, Draught draught, RestoreOptions options, boolean password) {
    this.password = password;
    this.op = op;
    this.cluster = cluster;
    this.draught = draught;
    this.options = options;
  }

  /**
   * Every volume whose content the restore would look at.
   *
   * @param entries what is planned for an item, by its number; null for none
   */
  List<Plan.Volume> of(IntFunction<@Nullable PlanEntry> entries) {
    List<Plan.Volume> volumes = new ArrayList<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.PodVolume record = volume.pvbInfo();
      if (record != null) {
        way(volume, record, entries)
            .map(way -> password ? way : VolumeContent.REFUSED)
            .ifPresent(way -> volumes.add(new Plan.Volume(SavedVolumes.name(volume), way)));
      }
    }
    return volumes;
  }

  private Optional<String> way(
      VolumeInfo volume, VolumeInfo.PodVolume record, IntFunction<@Nullable PlanEntry> entries) {
    if (PodFill.fits(volume)) {
      ItemKey pod = new ItemKey(Kinds.PODS, record.podNamespace(), record.podName());
      return entry(pod, entries)
          .filter(entry -> entry.action() == Action.CREATE)
          .map(_ -> "filled by tar in its pod's first init container, restore-wait");
    }
    if (!VolumeFill.fits(volume)) {
      return Optional.empty();
    }
    ItemKey claim = OpenBackup.claim(volume);
    boolean device = draught.backup().item(claim).filter(VolumeFacts::device).isPresent();
    return entry(claim, entries).flatMap(entry -> claim(entry, record, device));
  }

  private Optional<PlanEntry> entry(ItemKey key, IntFunction<@Nullable PlanEntry> entries) {
    OptionalInt number = draught.spool().find(key);
    return number.isPresent() && draught.set().numbers().get(number.getAsInt())
        ? Optional.ofNullable(entries.apply(number.getAsInt()))
        : Optional.empty();
  }

  private Optional<String> claim(PlanEntry entry, VolumeInfo.PodVolume record, boolean device) {
    String filler = filler(record, device ? "head" : "tar");
    return switch (entry.action()) {
      case CREATE, UNKNOWN ->
          Optional.of(
              obstacle(entry, record)
                  .map(why -> "not restored: " + why)
                  .orElse((device ? "a new block device" : "a new volume") + ", filled " + filler));
      case IDENTICAL, DIFFERS -> Optional.of(existing(entry.target(), filler));
      case SKIP, DENIED, FAILS -> Optional.empty();
    };
  }

  private Optional<String> obstacle(PlanEntry entry, VolumeInfo.PodVolume record) {
    OptionalInt number = draught.spool().find(entry.source());
    return number.isPresent()
            && draught.preparation().prepare(number.getAsInt()) instanceof Preparation.Ready ready
        ? ClaimFit.obstacle(
            draught.backup().item(number.getAsInt()), record.size(), ready.item().item())
        : Optional.empty();
  }

  private String existing(ItemKey claim, String filler) {
    ExistingVolumes existing = options.inputs().existing();
    if (existing == ExistingVolumes.KEEP) {
      return "exists and keeps what is in it, which is an error: see --existing-volumes";
    }
    try {
      ClaimUsers using =
          users.computeIfAbsent(
              claim.namespace(),
              namespace -> ClaimUsers.find(op, cluster, draught.discovery(), namespace));
      Optional<String> obstacle = using.obstacle(claim.name());
      if (obstacle.isPresent()) {
        return "exists and keeps what is in it: " + obstacle.get();
      }
      var stopped = using.workloads(claim.name());
      return (existing == ExistingVolumes.REPLACE
              ? "exists: a new volume takes the place of its own, filled "
              : "exists: its volume is emptied, and filled ")
          + filler
          + (stopped.isEmpty() ? "" : ", with " + stopped + " scaled to 0 meanwhile");
    } catch (Failure.Denied e) {
      return "exists; what uses it cannot be seen: " + e.getMessage();
    }
  }

  private String filler(VolumeInfo.PodVolume record, String program) {
    boolean application =
        !record.podName().isEmpty()
            && draught
                .backup()
                .item(new ItemKey(Kinds.PODS, record.podNamespace(), record.podName()))
                .isPresent();
    String image = options.mover().image();
    if (!options.mover().pods()) {
      return application
          ? "by " + program + " in a pod of the application's image"
          : "by nothing: without its pod it takes --mover-image";
    }
    return "by a pod of "
        + image
        + (application
            ? ", or by " + program + " in the application's image if that does not run"
            : "");
  }
}
