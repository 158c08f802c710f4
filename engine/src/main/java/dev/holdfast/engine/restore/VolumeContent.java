package dev.holdfast.engine.restore;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.volume.SavedVolumes;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether the content of the volumes that a restore brings back can be opened, asked before
 * anything is written: without the password nothing may start on an empty volume, so that nothing
 * would be gained by beginning.
 */
final class VolumeContent {

  /** What to do where it cannot be opened. */
  private static final String WITHOUT = "--restore-volumes=false restores without it";

  private static final String PASSWORD = "--password-file, --password-command or HOLDFAST_PASSWORD";

  /** What the plan says of each where nobody gave a password. */
  static final String REFUSED =
      "the restore is refused, as there is no password to open it: give " + PASSWORD;

  /** Names in a message. */
  private static final int NAMED = 3;

  private VolumeContent() {}

  /**
   * Opens the repositories that a restore needs. One that is not there or is damaged concerns its
   * volumes only: they are not filled, and nothing starts on them.
   *
   * @param repositories null if there is no password
   * @throws Failure.Invalid if there is no password, and it takes one
   * @throws Failure.WrongKey if the password does not open one of them
   * @throws Failure.Locked if somebody else is removing from one of them
   */
  static void open(Operation op, Draught draught, @Nullable VolumeRepositories repositories) {
    Map<String, List<VolumeInfo>> wanted = wanted(draught);
    if (wanted.isEmpty()) {
      return;
    }
    if (repositories == null) {
      throw new Failure.Invalid(
          "Backup "
              + draught.backup().name()
              + " holds the content of "
              + names(wanted.values())
              + ", and there is no password to open it",
          "nothing was written; give "
              + PASSWORD
              + "; "
              + WITHOUT
              + ", and what uses them starts on empty volumes");
    }
    wanted.forEach((namespace, volumes) -> {
      try {
        var _ = repositories.open(op, namespace);
      } catch (Failure.WrongKey e) {
        throw wrongKey(volumes, e);
      } catch (Failure.Absent | Failure.Corrupt e) {
        // said of each of its volumes, which are not filled
      }
    });
  }

  /**
   * Whether the password opens the repositories that a restore needs: reads only, and takes no
   * lock.
   *
   * @throws Failure.WrongKey if it does not
   */
  static void probe(Operation op, Draught draught, VolumeRepositories repositories) {
    wanted(draught)
        .forEach((namespace, volumes) -> {
          try {
            repositories.probe(op, namespace);
          } catch (Failure.WrongKey e) {
            throw wrongKey(volumes, e);
          } catch (Failure.Absent | Failure.Corrupt e) {
            // the restore goes on without its volumes
          }
        });
  }

  private static Failure wrongKey(List<VolumeInfo> volumes, Failure.WrongKey e) {
    return new Failure.WrongKey(
        "The content of " + names(List.of(volumes)) + " cannot be opened: " + e.getMessage(),
        "nothing was written; check the password file or command, or HOLDFAST_PASSWORD; " + WITHOUT,
        e);
  }

  /** By the namespace whose repository holds them. */
  private static Map<String, List<VolumeInfo>> wanted(Draught draught) {
    Map<String, List<VolumeInfo>> wanted = new TreeMap<>();
    for (VolumeInfo volume : draught.backup().volumes()) {
      VolumeInfo.PodVolume record = volume.pvbInfo();
      if (record != null && restored(draught, volume, record)) {
        wanted.computeIfAbsent(record.podNamespace(), _ -> new ArrayList<>()).add(volume);
      }
    }
    return wanted;
  }

  private static boolean restored(Draught draught, VolumeInfo volume, VolumeInfo.PodVolume record) {
    if (VolumeFill.fits(volume)) {
      return draught.restores(OpenBackup.claim(volume));
    }
    return PodFill.fits(volume)
        && draught.restores(new ItemKey(Kinds.PODS, record.podNamespace(), record.podName()));
  }

  private static String names(Collection<List<VolumeInfo>> volumes) {
    List<String> names =
        volumes.stream().flatMap(List::stream).map(SavedVolumes::name).distinct().toList();
    String first = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
    int more = names.size() - NAMED;
    return (names.size() == 1 ? "volume " : "volumes ")
        + first
        + (more > 0 ? " and %d more".formatted(more) : "");
  }
}
