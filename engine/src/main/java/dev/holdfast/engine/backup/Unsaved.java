package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.select.IncludesExcludes;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fourth stage, block by block: what a backup of objects does not save. Every volume with data
 * that the spec chooses becomes a {@code skipped} record and an error, every hook that would have
 * run an error, unless the spec says {@code snapshotVolumes: false}: then volumes are skipped as
 * asked, and hooks are a warning.
 */
final class Unsaved {

  private static final String REASON =
      "volume data is not saved by this version, which backs up objects only";

  /** Volumes without data of their own. */
  private static final Set<String> NO_DATA =
      Set.of("secret", "configMap", "projected", "downwardAPI", "image", "gitRepo");

  private final BackupRequest request;
  private final Selection selection;
  private final Spool spool;
  private final Findings findings;
  private final List<VolumeInfo> volumes = new ArrayList<>();

  Unsaved(BackupRequest request, Selection selection, Spool spool, Findings findings) {
    this.request = request;
    this.selection = selection;
    this.spool = spool;
    this.findings = findings;
  }

  /** Records of all volumes. */
  List<VolumeInfo> report() {
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (key.type().equals(Relate.CLAIMS)) {
        claim(key, Json.object(spool.json(number), key.toString()));
      } else if (key.type().equals(Relate.PODS)) {
        ObjectNode pod = Json.object(spool.json(number), key.toString());
        podVolumes(key, pod);
        hooks(key, pod);
      }
    }
    return volumes;
  }

  private void claim(ItemKey key, ObjectNode claim) {
    String volume = claim.path("spec").path("volumeName").asText();
    if (volume.isEmpty()) {
      findings.warning(Findings.About.item(key), "has no volume, so it has no data to save");
      return;
    }
    String reason = request.snapshotsVolumes() ? REASON : "snapshotVolumes is false";
    volumes.add(
        VolumeInfo.skipped(key.name(), key.namespace(), volume, reason, persistentVolume(volume)));
    if (request.snapshotsVolumes()) {
      findings.error(
          Findings.About.item(key),
          "the data of volume " + volume + " is not in the backup: " + REASON);
    }
  }

  private VolumeInfo.@Nullable PersistentVolume persistentVolume(String name) {
    OptionalInt number = spool.find(new ItemKey(Relate.VOLUMES, "", name));
    if (number.isEmpty()) {
      return null;
    }
    ObjectNode volume = Json.object(spool.json(number.getAsInt()), name);
    Map<String, String> labels = Items.labels(volume);
    return new VolumeInfo.PersistentVolume(
        volume.path("spec").path("persistentVolumeReclaimPolicy").asText(),
        labels.isEmpty() ? null : labels);
  }

  /** Volumes of the pod itself, as far as the spec or the pod's annotations choose them. */
  private void podVolumes(ItemKey key, ObjectNode pod) {
    Map<String, String> annotations = Items.annotations(pod);
    Set<String> chosen = names(annotations.get("backup.velero.io/backup-volumes"));
    Set<String> declined = names(annotations.get("backup.velero.io/backup-volumes-excludes"));
    boolean all = Boolean.TRUE.equals(request.spec().defaultVolumesToFsBackup());
    for (JsonNode volume : pod.path("spec").path("volumes")) {
      String name = volume.path("name").asText();
      boolean wanted = all ? !declined.contains(name) : chosen.contains(name);
      if (!wanted
          || !request.snapshotsVolumes()
          || volume.has("persistentVolumeClaim")
          || NO_DATA.stream().anyMatch(volume::has)) {
        continue;
      }
      if (volume.has("hostPath")) {
        findings.warning(
            Findings.About.item(key),
            "volume " + name + " is a hostPath: what is on the node is never saved");
      } else {
        findings.error(
            Findings.About.item(key),
            "the data of volume " + name + " is not in the backup: " + REASON);
        volumes.add(podVolume(key, name));
      }
    }
  }

  private static VolumeInfo podVolume(ItemKey pod, String volume) {
    return VolumeInfo.skipped(
        null, null, null, "volume " + volume + " of pod " + pod + ": " + REASON, null);
  }

  private static Set<String> names(@Nullable String list) {
    Set<String> names = new HashSet<>();
    for (String name : list == null ? new String[0] : list.split(",", -1)) {
      names.add(name.strip());
    }
    return names;
  }

  private void hooks(ItemKey key, ObjectNode pod) {
    for (String phase : List.of("pre", "post")) {
      String command = hookCommand(Items.annotations(pod), phase);
      if (command != null) {
        hook(key, "the " + phase + " hook of its annotations");
      } else {
        for (String name : specHooks(key, pod, phase)) {
          hook(key, "the " + phase + " hook '" + name + "'");
        }
      }
    }
  }

  private void hook(ItemKey pod, String which) {
    String message = which + " was not run: this version runs no hooks";
    if (request.snapshotsVolumes()) {
      findings.error(Findings.About.item(pod), message);
    } else {
      findings.warning(Findings.About.item(pod), message);
    }
  }

  private static @Nullable String hookCommand(Map<String, String> annotations, String phase) {
    String command = annotations.get(phase + ".hook.backup.velero.io/command");
    return command == null && phase.equals("pre")
        ? annotations.get("hook.backup.velero.io/command")
        : command;
  }

  private List<String> specHooks(ItemKey key, ObjectNode pod, String phase) {
    List<String> names = new ArrayList<>();
    JsonNode hooks = request.spec().hooks();
    if (hooks == null) {
      return names;
    }
    for (JsonNode hook : hooks.path("resources")) {
      if (!hook.path(phase).isEmpty() && applies(hook, key, pod)) {
        names.add(hook.path("name").asText());
      }
    }
    return names;
  }

  private boolean applies(JsonNode hook, ItemKey key, ObjectNode pod) {
    var types = new TypeNames(selection.discovery());
    var namespaces =
        IncludesExcludes.of(list(hook, "includedNamespaces"), list(hook, "excludedNamespaces"));
    var resources =
        IncludesExcludes.of(
            types.resolve(list(hook, "includedResources"), null),
            types.resolve(list(hook, "excludedResources"), null));
    LabelSelector selector =
        hook.hasNonNull("labelSelector")
            ? Json.MAPPER.convertValue(hook.get("labelSelector"), LabelSelector.class)
            : null;
    return namespaces.includes(key.namespace())
        && resources.includes("pods")
        && LabelFilter.of(selector, null).matches(Items.labels(pod));
  }

  private static List<String> list(JsonNode hook, String field) {
    List<String> values = new ArrayList<>();
    hook.path(field).forEach(value -> values.add(value.asText()));
    return values;
  }
}
