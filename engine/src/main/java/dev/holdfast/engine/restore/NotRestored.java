package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a backup holds or a spec asks for beyond objects, and this version does not restore. */
final class NotRestored {

  private NotRestored() {}

  /** One sentence each; empty if there is nothing. */
  static List<String> of(Restore.Spec spec, Draught draught) {
    List<String> missing = new ArrayList<>();
    if (!Boolean.FALSE.equals(spec.restorePVs())) {
      for (VolumeInfo volume : draught.backup().volumes()) {
        if (OpenBackup.hasData(volume) && restores(draught, volume)) {
          missing.add(
              "The content of volume claim %s/%s is in the backup, but this version does not restore"
                      .formatted(volume.pvcNamespace(), volume.pvcName())
                  + " the content of volumes: the claim is restored empty");
        }
      }
    }
    JsonNode hooks = spec.hooks();
    if (hooks != null && !hooks.path("resources").isEmpty()) {
      missing.add("The hooks of the restore were not run: this version does not run hooks");
    }
    return missing;
  }

  private static boolean restores(Draught draught, VolumeInfo volume) {
    var number =
        draught
            .spool()
            .find(
                new ItemKey(
                    Kinds.CLAIMS,
                    Objects.requireNonNullElse(volume.pvcNamespace(), ""),
                    Objects.requireNonNullElse(volume.pvcName(), "")));
    return number.isPresent() && draught.set().numbers().get(number.getAsInt());
  }
}
