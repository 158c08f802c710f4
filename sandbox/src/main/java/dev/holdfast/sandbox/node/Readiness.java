package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * When a container that runs is ready: once its readiness probe, if it executes a command,
 * succeeds. Probes over the network are taken as successful, as no pod has an address of its own.
 */
final class Readiness {

  private static final long INTERVAL_MILLIS = 250;
  private static final long TIMEOUT_SECONDS = 10;

  private Readiness() {}

  /** Marks the container ready when it is, and calls back then. */
  static void watch(ContainerRun container, Runnable ready) {
    List<String> command = new ArrayList<>();
    JsonNode probe = container.spec().path("readinessProbe");
    probe.at("/exec/command").forEach(word -> command.add(word.asText()));
    if (command.isEmpty() || !container.local()) {
      container.becomeReady();
      return;
    }
    int start = container.starts();
    var _ =
        Threads.start(
            "probe",
            () -> {
              try {
                while (container.running() && container.starts() == start) {
                  if (succeeds(container, command)) {
                    container.becomeReady();
                    ready.run();
                    return;
                  }
                  TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /**
   * Whether it ends well in time. Its output is left in the pipes, which end with it: a reader
   * could wait for ever if the process ends between two of its reads.
   */
  private static boolean succeeds(ContainerRun container, List<String> command)
      throws InterruptedException {
    Process process = null;
    try {
      process = container.start(command);
      process.getOutputStream().close();
      return process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }
}
