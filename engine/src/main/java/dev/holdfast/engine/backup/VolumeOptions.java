package dev.holdfast.engine.backup;

import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.engine.volume.ResourcePolicies;
import dev.holdfast.engine.volume.VolumeRepositories;
import org.jspecify.annotations.Nullable;

/**
 * How volumes are saved, and which.
 *
 * @param repositories where to; null if they are not
 * @param unable why they are not, for the records of volumes that were chosen; empty if they are
 * @param parallel how many blocks are frozen and saved at a time
 * @param mover how mover pods run
 * @param policies what becomes of which volume; comes before annotations and the spec
 * @param filesOtherwise whether the files of volumes are saved of which no CSI snapshot can be
 *     taken, though that was asked for; else these are errors
 */
public record VolumeOptions(
    @Nullable VolumeRepositories repositories,
    String unable,
    int parallel,
    MoverOptions mover,
    ResourcePolicies policies,
    boolean filesOtherwise) {

  /** Two blocks at a time. */
  public static VolumeOptions into(VolumeRepositories repositories) {
    return new VolumeOptions(repositories, "", 2, MoverOptions.NONE, ResourcePolicies.NONE, false);
  }

  /** No volume is saved. */
  public static VolumeOptions none(String why) {
    return new VolumeOptions(null, why, 2, MoverOptions.NONE, ResourcePolicies.NONE, false);
  }

  public VolumeOptions policies(ResourcePolicies value) {
    return new VolumeOptions(repositories, unable, parallel, mover, value, filesOtherwise);
  }

  /** Its number of blocks at a time is taken over, too. */
  public VolumeOptions mover(MoverOptions value) {
    return new VolumeOptions(
        repositories, unable, value.parallel(), value, policies, filesOtherwise);
  }

  public VolumeOptions filesOtherwise(boolean value) {
    return new VolumeOptions(repositories, unable, parallel, mover, policies, value);
  }
}
