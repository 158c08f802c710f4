package dev.holdfast.cluster;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

/** The contract against a real API server, where HOLDFAST_TEST_KUBECONFIG names one. */
class RealClusterTest extends ClusterContract {

  private static final String KUBECONFIG =
      System.getenv().getOrDefault("HOLDFAST_TEST_KUBECONFIG", "");

  @BeforeAll
  static void assumeCluster() {
    assumeTrue(!KUBECONFIG.isEmpty(), "HOLDFAST_TEST_KUBECONFIG is not set: skipped");
  }

  @Override
  Cluster connect() {
    return Clusters.connect(ClusterOptions.of(Path.of(KUBECONFIG), null));
  }
}
