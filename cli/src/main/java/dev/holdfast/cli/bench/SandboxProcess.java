package dev.holdfast.cli.bench;

import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A sandbox in a process of its own, whose CPU time is not the clients'. */
final class SandboxProcess {

  private SandboxProcess() {}

  /** {@code KUBECONFIG MILLISECONDS NODES}; ends when its standard input does. */
  public static void main(String[] args) throws IOException {
    Path kubeconfig = Path.of(args[0]);
    int nodes = Integer.parseInt(args[2]);
    try (Sandbox sandbox =
        Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig).nodes(nodes))) {
      sandbox.faults().latency(Duration.ofMillis(Long.parseLong(args[1])));
      System.out.println("ready");
      System.out.flush();
      while (System.in.read() >= 0) {
        // until the bench ends
      }
    }
    System.exit(0);
  }
}
