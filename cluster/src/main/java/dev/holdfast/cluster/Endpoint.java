package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What a client that is not ours needs to reach the same server with the same rights.
 *
 * @param authorization the value of the Authorization header: a secret
 * @param authorities PEM of whom to trust, empty for Java's own; null where the kubeconfig says to
 *     verify nothing
 */
public record Endpoint(URI server, String authorization, @Nullable String authorities) {

  /**
   * @throws Failure.Invalid if the kubeconfig identifies the caller by a certificate
   */
  static Endpoint of(Kubeconfig kubeconfig) {
    String authorization = kubeconfig.credentials().authorization();
    if (authorization == null) {
      throw new Failure.Invalid(
          kubeconfig.describe() + " is used without a token",
          "use a kubeconfig whose user has one, such as a service account's");
    }
    return new Endpoint(kubeconfig.server(), authorization, kubeconfig.authorities());
  }

  @Override
  public String toString() {
    return server.toString(); // never the token
  }
}
