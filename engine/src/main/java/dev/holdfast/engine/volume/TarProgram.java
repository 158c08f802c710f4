package dev.holdfast.engine.volume;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The tar in a container, and how it is called. */
enum TarProgram {
  GNU,
  BUSYBOX;

  private static final Duration ASKING = Duration.ofMinutes(1);

  /**
   * Asks the container.
   *
   * @throws Failure.Unsupported if it has none that can be used
   */
  static TarProgram of(Operation op, Cluster cluster, ExecMover.Place place) {
    ExecRequest asking = place.request(List.of("tar", "--version"), false);
    try (Execution execution = cluster.exec(op.within(ASKING), asking)) {
      String text =
          new String(execution.output().readNBytes(4096), StandardCharsets.UTF_8)
              + (execution.exit() == 0 ? "" : execution.errors());
      if (text.contains("GNU tar")) {
        return GNU;
      }
      if (text.contains("busybox") || text.contains("BusyBox")) {
        return BUSYBOX;
      }
      throw none(place, "its tar is neither GNU's nor busybox's");
    } catch (Failure.Rejected e) {
      throw none(place, e.getMessage());
    } catch (IOException e) {
      op.check();
      if (e.getCause() instanceof Failure.Rejected rejected) {
        throw none(place, rejected.getMessage());
      }
      throw e.getCause() instanceof Failure failure
          ? failure
          : new Failure.Unreachable("The connection to the pod broke", null, e);
    }
  }

  private static Failure none(ExecMover.Place place, String why) {
    return new Failure.Unsupported(
        "Container " + place.container() + " has no tar that can be used: " + why,
        "add GNU or busybox tar to the image, or mount the volume in a container that has it");
  }

  /** Writes what is below the directory to stdout, without other file systems. */
  List<String> pack(String path) {
    List<String> words = new ArrayList<>(List.of("tar", "-c", "-f", "-"));
    if (this == GNU) {
      words.addAll(List.of("--format=pax", "--numeric-owner", "--one-file-system", "--xattrs"));
      words.add("--pax-option=delete=atime,delete=ctime");
      words.add("--blocking-factor=128"); // each write goes through many hands
    }
    words.addAll(List.of("-C", path, "."));
    return words;
  }

  /** Reads stdin into the directory. */
  List<String> unpack(String path) {
    List<String> words = new ArrayList<>(List.of("tar", "-x", "-p", "-f", "-"));
    if (this == GNU) {
      words.addAll(List.of("--numeric-owner", "--xattrs", "--xattrs-include=*"));
    }
    words.addAll(List.of("-C", path));
    return words;
  }

  /** Whether an archive can be relied on that ended with this status: the rest is complaints. */
  boolean packed(int exit) {
    return exit == 0 || exit == 1 || exit == 2 && this == GNU;
  }

  /** Whether the status says that files changed while they were read. */
  boolean changed(int exit) {
    return exit == 1 && this == GNU;
  }
}
