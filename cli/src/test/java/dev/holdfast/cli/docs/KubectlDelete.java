package dev.holdfast.cli.docs;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Stands in for {@code kubectl delete TYPE NAME [-n NAMESPACE]}, the one kubectl command of the
 * guide, where no kubectl is installed.
 */
final class KubectlDelete {

  private KubectlDelete() {}

  public static void main(String[] args) {
    Operation op = Operation.start().within(Duration.ofMinutes(1));
    Path kubeconfig = Path.of(System.getenv("KUBECONFIG"));
    try (Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null))) {
      ResourceType type =
          cluster.discover(op).types().stream()
              .filter(one -> one.singular().equals(args[1]) && one.preferred())
              .findFirst()
              .orElseThrow();
      String namespace = args.length > 4 && args[3].equals("-n") ? args[4] : "";
      cluster.delete(op, type, namespace, args[2], Cluster.DeleteOptions.NONE);
      while (cluster.get(op, type, namespace, args[2]).isPresent()) {
        op.pause(Duration.ofMillis(50));
      }
    }
    System.exit(0);
  }
}
