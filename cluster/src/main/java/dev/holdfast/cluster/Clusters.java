package dev.holdfast.cluster;

/** Where clusters come from. */
public final class Clusters {

  private Clusters() {}

  /**
   * Prepares access to the cluster that the kubeconfig names; no request is made yet.
   *
   * @throws dev.holdfast.model.Failure.Absent if there is no kubeconfig, or not this context
   * @throws dev.holdfast.model.Failure.Invalid if it cannot be read
   */
  public static Cluster connect(ClusterOptions options) {
    return new KubeCluster(new Http(Kubeconfig.load(options), options));
  }

  /**
   * What another client needs to reach the same server.
   *
   * @throws dev.holdfast.model.Failure.Invalid if the kubeconfig has no token
   */
  public static Endpoint endpoint(ClusterOptions options) {
    return Endpoint.of(Kubeconfig.load(options));
  }
}
