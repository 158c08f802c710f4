package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.engine.volume.ResourcePolicies;
import dev.holdfast.engine.volume.VolumeFacts;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fourth stage: what becomes of each volume (velero.md 4.8). Those that file-system backup is
 * chosen for, by a resource policy, the spec's default or the pod's annotations, and that a running
 * container mounts whole, become tasks; then claims of which a CSI snapshot is wanted and can be
 * taken. Every other one with data becomes a {@code skipped} record with its reason, and an error,
 * unless the spec or the pod declines it: nothing is lost silently.
 */
final class VolumeChoices {

  /** Volumes without data of their own. */
  private static final Set<String> NO_DATA =
      Set.of("secret", "configMap", "projected", "downwardAPI", "image", "gitRepo");

  private static final Refusal NO_POD =
      new Refusal("no pod mounts it; mover pods (--mover-image) could save it", false);

  private final BackupRequest request;
  private final Spool spool;
  private final PodMounts mounts;
  private final Findings findings;
  private final @Nullable String unable;
  private final ResourcePolicies policies;
  private final boolean filesOtherwise;
  private final boolean movers;
  private final boolean kubelet;
  private final List<ClaimTask> claimTasks = new ArrayList<>();
  private final SnapshotChoices csi;
  private final List<VolumeTask> tasks = new ArrayList<>();
  private final List<SnapshotTask> snapshots = new ArrayList<>();
  private final List<VolumeInfo> skipped = new ArrayList<>();

  /** Claim → why its data is not saved; absent for claims that are saved. */
  private final Map<ItemKey, Refusal> refusals = new HashMap<>();

  private final Set<ItemKey> saved = new HashSet<>();

  /** Claim → the first pod that uses it, for a snapshot. */
  private final Map<ItemKey, User> users = new HashMap<>();

  /**
   * @param task its files
   * @param whole whether they can be saved through the pod
   */
  private record User(VolumeTask task, boolean whole) {}

  private record Refusal(String reason, boolean asked) {}

  VolumeChoices(
      BackupRequest request,
      Spool spool,
      Findings findings,
      VolumeOptions options,
      SnapshotChoices csi) {
    this.csi = csi;
    this.filesOtherwise = options.filesOtherwise();
    this.request = request;
    this.spool = spool;
    this.mounts = new PodMounts(spool);
    this.findings = findings;
    this.unable = options.unable().isEmpty() ? null : options.unable();
    this.policies = options.policies();
    this.movers = options.mover().pods();
    this.kubelet = movers && !options.mover().kubelet().isEmpty();
  }

  /** Looks at all pods, then at the claims that none of them saves. */
  VolumeChoices choose() {
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (key.type().equals(Relate.PODS)) {
        pod(key, Json.object(spool.json(number), key.toString()));
      }
    }
    for (int number = 0; number < spool.size(); number++) {
      ItemKey key = spool.key(number);
      if (key.type().equals(Relate.CLAIMS) && !saved.contains(key)) {
        claim(key, Json.object(spool.json(number), key.toString()));
      }
    }
    return this;
  }

  List<VolumeTask> tasks() {
    return tasks;
  }

  /** Claims that no pod uses. */
  List<ClaimTask> claims() {
    return claimTasks;
  }

  List<SnapshotTask> snapshots() {
    return snapshots;
  }

  List<VolumeInfo> skipped() {
    return skipped;
  }

  private void pod(ItemKey key, ObjectNode pod) {
    Map<String, String> annotations = Items.annotations(pod);
    Set<String> chosen = names(annotations.get("backup.velero.io/backup-volumes"));
    Set<String> declined = names(annotations.get("backup.velero.io/backup-volumes-excludes"));
    boolean all = Boolean.TRUE.equals(request.spec().defaultVolumesToFsBackup());
    String phase = pod.at("/status/phase").asText();
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return;
    }
    for (JsonNode volume : pod.at("/spec/volumes")) {
      String name = volume.path("name").asText();
      if (NO_DATA.stream().noneMatch(volume::has)) {
        ItemKey claim = PodMounts.claimOf(key, volume);
        Choice choice =
            policy(volume, claim)
                .orElseGet(() ->
                    all || claim == null && filesOtherwise
                        ? byDefault(declined.contains(name))
                        : optedIn(chosen.contains(name)));
        if (claim != null && !choice.wanted()) {
          user(key, pod, name, claim);
        }
        volume(key, pod, volume, claim, choice);
      }
    }
  }

  private void user(ItemKey key, ObjectNode pod, String volume, ItemKey claim) {
    VolumeTask whole = mounts.task(key, pod, volume, claim, false);
    VolumeTask any = whole == null ? mounts.task(key, pod, volume, claim, true) : whole;
    User known = users.get(claim);
    if (any != null && (known == null || whole != null && !known.whole())) {
      users.put(claim, new User(any, whole != null));
    }
  }

  /**
   * Whether the files of a volume are wanted.
   *
   * @param refusal why not; null if nobody said anything about it
   * @param snapshot the resource policy's rule that asks for a snapshot instead
   */
  private record Choice(
      boolean wanted, @Nullable Refusal refusal, ResourcePolicies.@Nullable Rule snapshot) {
    Choice(boolean wanted, @Nullable Refusal refusal) {
      this(wanted, refusal, null);
    }
  }

  private static Choice byDefault(boolean declined) {
    return declined
        ? new Choice(false, new Refusal("the pod's annotation excludes it", true))
        : new Choice(true, null);
  }

  private static Choice optedIn(boolean chosen) {
    return new Choice(chosen, null);
  }

  /** What the resource policies say of it; empty if they say nothing. */
  private Optional<Choice> policy(@Nullable JsonNode inPod, @Nullable ItemKey claim) {
    if (policies.rules().isEmpty()) {
      return Optional.empty();
    }
    ObjectNode object = claim == null ? null : mounts.object(claim);
    String bound = object == null ? "" : object.at("/spec/volumeName").asText();
    ObjectNode volume =
        bound.isEmpty() ? null : mounts.object(new ItemKey(Relate.VOLUMES, "", bound));
    return policies
        .match(new VolumeFacts(volume, inPod, object))
        .map(rule ->
            switch (rule.action()) {
              case FS_BACKUP -> new Choice(true, null);
              case SKIP -> new Choice(false, new Refusal("a resource policy skips it", true));
              case CUSTOM ->
                  new Choice(
                      false,
                      new Refusal("a resource policy leaves it to somebody else (custom)", true));
              case SNAPSHOT -> new Choice(false, null, rule);
            });
  }

  private void volume(
      ItemKey key, ObjectNode pod, JsonNode volume, @Nullable ItemKey claim, Choice choice) {
    String name = volume.path("name").asText();
    if (claim != null && saved.contains(claim)) {
      return; // another pod shares it
    }
    Refusal refusal = choice.refusal();
    if (!choice.wanted()) {
      if (claim != null && refusal != null) {
        refusals.put(claim, refusal);
      } else if (refusal != null) {
        notSaved(key, name, refusal);
      }
      return;
    }
    if (volume.has("hostPath")) {
      findings.warning(
          Findings.About.item(key),
          "volume " + name + " is a hostPath: what is on the node is never saved");
      skip(key, name, "it is a hostPath");
      return;
    }
    if (unable != null && !request.snapshotsVolumes()) {
      return; // a backup of objects only, as asked
    }
    VolumeTask task = mounts.task(key, pod, name, claim, false);
    if (task == null && kubelet && pod.at("/status/phase").asText().equals("Running")) {
      VolumeTask any = mounts.task(key, pod, name, claim, true);
      task = any == null || any.onNode().isEmpty() ? null : any;
    }
    String reason = unable != null ? unable : task == null ? PodMounts.unreachable(pod) : null;
    if (task != null && reason == null) {
      tasks.add(task);
      if (claim != null) {
        saved.add(claim);
        refusals.remove(claim);
      }
    } else if (claim != null) {
      refusals.putIfAbsent(claim, new Refusal(String.valueOf(reason), false));
    } else {
      notSaved(key, name, new Refusal(String.valueOf(reason), false));
    }
  }

  private void notSaved(ItemKey pod, String volume, Refusal refusal) {
    if (!refusal.asked()) {
      findings.error(
          Findings.About.item(pod),
          "the data of volume " + volume + " is not in the backup: " + refusal.reason());
    }
    skip(pod, volume, refusal.reason());
  }

  private void skip(ItemKey pod, String volume, String reason) {
    skipped.add(
        VolumeInfo.skipped(
            null, null, null, "volume " + volume + " of pod " + pod + ": " + reason, null));
  }

  private void claim(ItemKey key, ObjectNode claim) {
    String volume = claim.path("spec").path("volumeName").asText();
    if (volume.isEmpty()) {
      findings.warning(Findings.About.item(key), "has no volume, so it has no data to save");
      return;
    }
    Refusal refusal = refusal(key, claim);
    if (refusal == null) {
      return;
    }
    if (refusal.equals(NO_POD) && movers && unable == null) {
      claimTasks.add(
          new ClaimTask(
              key,
              claim.at("/metadata/uid").asText(),
              VolumeFacts.device(claim),
              claim.at("/spec/accessModes").toString().contains("OncePod"),
              volume,
              mounts.persistentVolume(volume)));
      return;
    }
    skipped.add(
        VolumeInfo.skipped(
            key.name(),
            key.namespace(),
            volume,
            refusal.reason(),
            mounts.persistentVolume(volume)));
    if (!refusal.asked()) {
      findings.error(
          Findings.About.item(key),
          "the data of volume " + volume + " is not in the backup: " + refusal.reason());
    }
  }

  /** Why a claim is not saved whose files nobody chose; null if a snapshot of it is taken. */
  private @Nullable Refusal refusal(ItemKey key, ObjectNode claim) {
    Choice ruled = policy(null, key).orElse(null);
    Refusal known = refusals.get(key);
    if (ruled != null && ruled.snapshot() != null) {
      String ofPolicy = ruled.snapshot().parameters().getOrDefault("snapshotClass", "");
      return snapshot(key, claim, ofPolicy, null);
    }
    if (ruled == null && (known == null || known.asked()) && csi.wanted(known != null)) {
      return snapshot(key, claim, "", known);
    }
    if (known != null) {
      return known;
    }
    if (ruled != null && ruled.refusal() != null) {
      return ruled.refusal();
    }
    return request.snapshotsVolumes() ? NO_POD : new Refusal("snapshotVolumes is false", true);
  }

  /**
   * Has a snapshot taken if that can be, else the files saved if that is wanted and can be.
   *
   * @param refusal why the files are not saved; null if nobody said
   */
  private @Nullable Refusal snapshot(
      ItemKey key, ObjectNode claim, String ofPolicy, @Nullable Refusal refusal) {
    if (unable != null && request.movesData()) {
      return refusal == null ? new Refusal(unable, false) : refusal;
    }
    User user = users.get(key);
    String volume = claim.at("/spec/volumeName").asText();
    var decision =
        csi.decide(
            key,
            claim,
            mounts.object(new ItemKey(Relate.VOLUMES, "", volume)),
            mounts.persistentVolume(volume),
            ofPolicy,
            user == null ? null : user.task(),
            user != null && user.whole());
    switch (decision) {
      case SnapshotChoices.Take take -> {
        snapshots.add(take.task());
        return null;
      }
      case SnapshotChoices.Cannot cannot -> {
        if (filesOtherwise && refusal == null && user != null && user.whole() && unable == null) {
          findings.info(Findings.About.item(key), "its files are saved, for " + cannot.reason());
          tasks.add(user.task());
          return null;
        }
        return refusal == null
            ? new Refusal("no CSI snapshot of it can be taken: " + cannot.reason(), false)
            : refusal;
      }
    }
  }

  private static Set<String> names(@Nullable String list) {
    Set<String> names = new HashSet<>();
    for (String name : list == null ? new String[0] : list.split(",", -1)) {
      names.add(name.strip());
    }
    return names;
  }
}
