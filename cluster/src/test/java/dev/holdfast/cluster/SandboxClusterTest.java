package dev.holdfast.cluster;

import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class SandboxClusterTest extends ClusterContract {

  @TempDir static Path folder;
  private static Sandbox sandbox;

  @BeforeAll
  static void start() {
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")));
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  @Override
  Cluster connect() {
    return Clusters.connect(ClusterOptions.of(folder.resolve("kubeconfig"), null));
  }
}
