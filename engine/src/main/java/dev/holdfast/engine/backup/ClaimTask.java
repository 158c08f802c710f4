package dev.holdfast.engine.backup;

import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.model.ItemKey;
import org.jspecify.annotations.Nullable;

/**
 * A bound claim that no pod of the backup uses, and whose files are to be saved through a mover pod
 * of its own.
 *
 * @param device whether it is a block device
 * @param exclusive whether only one pod may have it
 * @param persistentVolume its name
 */
record ClaimTask(
    ItemKey claim,
    String uid,
    boolean device,
    boolean exclusive,
    String persistentVolume,
    VolumeInfo.@Nullable PersistentVolume persistentVolumeInfo) {}
