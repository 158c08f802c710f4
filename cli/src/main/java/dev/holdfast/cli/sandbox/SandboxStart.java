package dev.holdfast.cli.sandbox;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.demo.Shop;
import dev.holdfast.cli.output.Units;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Failure;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast sandbox start}: runs until Ctrl-C. */
@Command(
    name = "start",
    description = {
      "Start a Kubernetes API server on this machine, for trying things out and for rehearsals.",
      "It needs nothing installed, runs no containers, and stops with Ctrl-C. --kubeconfig says"
          + " where",
      "it writes its kubeconfig, else ./sandbox.kubeconfig."
    })
public final class SandboxStart implements Callable<Integer> {

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port on 127.0.0.1. Default: any free one.")
  int port;

  @Option(
      names = "--load",
      paramLabel = "DIR",
      description =
          "Serve what these files hold: discovery.json and a RESOURCE[.GROUP].json list for each"
              + " type.")
  @Nullable Path load;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = {
        "Simulate N nodes: pods are scheduled, get volumes, and become ready; kubectl exec, logs"
            + " and",
        "cp work. Commands that are executed in a pod, and the commands of containers with an"
            + " image",
        "below localhost/, run as processes of this machine. Default: 0."
      })
  int nodes;

  @Option(
      names = "--shop",
      description = "Put the demo's shop into it, to have something to back up.")
  boolean shop;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Keep everything in this directory and go on from it next time, however this run ends."
              + " Default: forget all.")
  @Nullable Path data;

  private final Session session;

  public SandboxStart(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path global = session.global().kubeconfig();
    Path file =
        (global == null ? Path.of("sandbox.kubeconfig") : global).toAbsolutePath().normalize();
    if (load != null && !Files.isDirectory(load)) {
      throw new Failure.Absent(
          "--load " + load + " is not a directory",
          "it needs discovery.json and RESOURCE[.GROUP].json lists",
          null);
    }
    if (port < 0 || port > 65_535) {
      throw new Failure.Invalid("--port " + port + " is no port: use 1 to 65535, or 0 for any");
    }
    if (nodes < 0) {
      throw new Failure.Invalid("--nodes " + nodes + " is less than 0");
    }
    SandboxOptions options = SandboxOptions.DEFAULT.port(port).kubeconfig(file).nodes(nodes);
    if (load != null) {
      options = options.load(load);
    }
    if (data != null) {
      options = options.data(data);
    }
    try (Sandbox sandbox = Sandbox.start(options)) {
      if (shop) {
        moveIn(file);
      }
      session.out().println("The sandbox serves at " + sandbox.url());
      session.out().println("kubeconfig: " + file);
      session.say("");
      session.say("In another terminal:");
      session.say("  export KUBECONFIG=" + file);
      session.say("  kubectl get namespaces");
      session.say("  ./holdfast backup create first --location ./backups");
      session.say("");
      session.say("It stops with Ctrl-C.");
      while (!session.operation().cancelled()) {
        pause();
      }
    }
    return ExitCode.INTERRUPTED;
  }

  private void moveIn(Path kubeconfig) {
    try (Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null))) {
      int items = Shop.moveIn(session.operation(), cluster);
      session.say("A shop has moved in: " + Units.count(items, "item") + ".");
    }
  }

  private void pause() {
    try {
      session.operation().pause(Duration.ofHours(1));
    } catch (Failure.Cancelled e) {
      session.say("The sandbox has stopped.");
    }
  }
}
