package dev.holdfast.cluster;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a cluster.
 *
 * @param kubeconfig a file; null for $KUBECONFIG, ~/.kube/config, or the pod's service account
 * @param context of the kubeconfig; null for its current one
 * @param userAgent also the default field manager's origin in audit logs
 * @param ceiling requests that may run at once, whatever the adaptive limit says
 * @param timeout for one answer; for a long one, for silence within it
 */
public record ClusterOptions(
    @Nullable Path kubeconfig,
    @Nullable String context,
    String userAgent,
    int ceiling,
    Duration timeout) {

  /** Defaults: at most 128 requests at once, one minute each. */
  public static ClusterOptions of(@Nullable Path kubeconfig, @Nullable String context) {
    return new ClusterOptions(kubeconfig, context, "holdfast", 128, Duration.ofMinutes(1));
  }

  public ClusterOptions withTimeout(Duration timeout) {
    return new ClusterOptions(kubeconfig, context, userAgent, ceiling, timeout);
  }

  public ClusterOptions withCeiling(int ceiling) {
    return new ClusterOptions(kubeconfig, context, userAgent, ceiling, timeout);
  }
}
