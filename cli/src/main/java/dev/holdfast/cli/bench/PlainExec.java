package dev.holdfast.cli.bench;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ExecRequest;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Runs a command in a pod and throws away what it writes: what {@code exec} can carry at most. */
final class PlainExec {

  private PlainExec() {}

  /** {@code KUBECONFIG NAMESPACE POD COMMAND...}. */
  public static void main(String[] args) throws IOException {
    Operation op = Operation.start();
    List<String> command = Arrays.asList(args).subList(3, args.length);
    try (Cluster cluster = Clusters.connect(ClusterOptions.of(Path.of(args[0]), null));
        Execution run = cluster.exec(op, new ExecRequest(args[1], args[2], "", command, false))) {
      byte[] buffer = new byte[1 << 20];
      long bytes = 0;
      for (int read = run.output().read(buffer); read >= 0; read = run.output().read(buffer)) {
        bytes += read;
      }
      System.out.println(bytes);
      System.exit(run.exit());
    }
  }
}
