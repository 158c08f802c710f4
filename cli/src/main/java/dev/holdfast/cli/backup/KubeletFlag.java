package dev.holdfast.cli.backup;

import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Failure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether mover pods may read below the kubelet's directory what nothing else can read. */
final class KubeletFlag {

  @Option(
      names = "--kubelet-directory",
      arity = "0..1",
      paramLabel = "PATH",
      fallbackValue = "/var/lib/kubelet",
      description =
          "For volumes that neither a mover pod nor exec can read: a mover pod with a hostPath to"
              + " where the kubelet has the volume mounted, which takes a namespace whose Pod"
              + " Security standard is privileged. Default PATH: /var/lib/kubelet.")
  @Nullable String directory;

  /**
   * Adds it.
   *
   * @throws Failure.Invalid if it cannot mean anything
   */
  MoverOptions of(MoverOptions mover) {
    if (directory == null) {
      return mover;
    }
    if (!directory.startsWith("/")) {
      throw new Failure.Invalid("--kubelet-directory '" + directory + "' is no absolute path");
    }
    if (!mover.pods()) {
      throw new Failure.Invalid("--kubelet-directory is for mover pods: it needs --mover-image");
    }
    return mover.kubelet(directory);
  }
}
