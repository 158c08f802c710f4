package dev.holdfast.sandbox;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a sandbox starts.
 *
 * @param port on 127.0.0.1; 0 for any, or with {@code data} for the one of the last time if it is
 *     free
 * @param load a directory with {@code RESOURCE[.GROUP].json} lists and {@code discovery.json} (URL
 *     path → document): these decide what is served and what is there, each object as it stands;
 *     null for an empty cluster of a current Kubernetes
 * @param data a directory in which everything is kept, and from which it goes on at the next start,
 *     however this one ended; null to forget all at the end. What it holds goes before {@code
 *     load}, which may only fill a new one
 * @param kubeconfig where to write a kubeconfig file; null for nowhere
 * @param nodes how many simulated nodes run pods; 0 for an API server alone
 */
public record SandboxOptions(
    int port, @Nullable Path load, @Nullable Path data, @Nullable Path kubeconfig, int nodes) {

  public static final SandboxOptions DEFAULT = new SandboxOptions(0, null, null, null, 0);

  public SandboxOptions port(int value) {
    return new SandboxOptions(value, load, data, kubeconfig, nodes);
  }

  public SandboxOptions load(Path directory) {
    return new SandboxOptions(port, directory, data, kubeconfig, nodes);
  }

  public SandboxOptions data(Path directory) {
    return new SandboxOptions(port, load, directory, kubeconfig, nodes);
  }

  public SandboxOptions kubeconfig(Path file) {
    return new SandboxOptions(port, load, data, file, nodes);
  }

  public SandboxOptions nodes(int number) {
    return new SandboxOptions(port, load, data, kubeconfig, number);
  }
}
