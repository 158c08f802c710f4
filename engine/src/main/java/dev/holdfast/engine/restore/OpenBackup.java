package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Backup;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A backup that has been read and found good: its document, and its items in a spool.
 *
 * @param source what the source cluster served; null for a backup that Velero wrote
 * @param cluster id of the source cluster; null if the backup does not say
 * @param volumes what became of its volumes
 */
record OpenBackup(
    Backup document,
    Spool spool,
    @Nullable Discovery source,
    @Nullable String cluster,
    List<VolumeInfo> volumes)
    implements AutoCloseable {

  OpenBackup {
    volumes = List.copyOf(volumes);
  }

  String name() {
    String name = document.metadata().name();
    return name == null ? "" : name;
  }

  /** Below which folder things come later to this backup; a document may lack a uid. */
  String uid() {
    String uid = document.metadata().uid();
    return uid == null || uid.isEmpty() ? "unknown" : uid;
  }

  /** Names of PersistentVolumes whose content the backup holds. */
  Set<String> volumesWithData() {
    return volumes.stream()
        .filter(OpenBackup::hasData)
        .map(VolumeInfo::pvName)
        .filter(name -> name != null && !name.isEmpty())
        .collect(Collectors.toSet());
  }

  /** Names of the volumes that live in this pod and whose content can be restored. */
  List<String> volumesOfPod(ItemKey pod) {
    return volumes.stream()
        .filter(PodFill::fits)
        .map(VolumeInfo::pvbInfo)
        .filter(Objects::nonNull)
        .filter(
            own -> own.podNamespace().equals(pod.namespace()) && own.podName().equals(pod.name()))
        .map(VolumeInfo.PodVolume::volumeName)
        .toList();
  }

  static boolean hasData(VolumeInfo volume) {
    return !volume.skipped() && volume.backupMethod() != null && !volume.backupMethod().isEmpty();
  }

  /** The claim of a volume that has one, in the backup. */
  static ItemKey claim(VolumeInfo volume) {
    return new ItemKey(
        Kinds.CLAIMS, String.valueOf(volume.pvcNamespace()), String.valueOf(volume.pvcName()));
  }

  ObjectNode item(int number) {
    return Json.object(spool.json(number), "The backup's " + spool.key(number));
  }

  Optional<ObjectNode> item(ItemKey key) {
    var number = spool.find(key);
    return number.isPresent() ? Optional.of(item(number.getAsInt())) : Optional.empty();
  }

  @Override
  public void close() {
    spool.close();
  }
}
