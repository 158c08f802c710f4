package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import io.fabric8.kubernetes.client.utils.OpenIDConnectionUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Who the caller says to be: a token (given, in a file, or from a plug-in), a name and password, or
 * nothing where a certificate speaks. Thread-safe; renewed by one thread for all.
 *
 * <p>A client certificate from a plug-in is taken once, when the kubeconfig is loaded.
 */
final class Credentials {

  private final Config config;
  private final String cluster;
  private final @Nullable Path tokenFile;
  private final @Nullable ExecPlugin plugin;
  private volatile @Nullable String authorization;

  /**
   * @param cluster for messages
   * @throws Failure.Denied if the token file or the plug-in gives nothing
   */
  Credentials(
      Config config, String cluster, @Nullable Path tokenFile, @Nullable ExecPlugin plugin) {
    this.config = config;
    this.cluster = cluster;
    this.tokenFile = tokenFile;
    this.plugin = plugin;
    this.authorization = load();
  }

  /** The value of the Authorization header, or null for none. */
  @Nullable String authorization() {
    return authorization;
  }

  /** Whom the kubeconfig itself asks to act as, or null. */
  @Nullable String impersonatedUser() {
    String user = config.getImpersonateUsername();
    return user == null || user.isEmpty() ? null : user;
  }

  List<String> impersonatedGroups() {
    String[] groups = config.getImpersonateGroups();
    return groups == null ? List.of() : List.of(groups);
  }

  /**
   * Gets credentials anew after the server refused some.
   *
   * @param refused the header that was refused
   * @return whether there is another one now
   */
  synchronized boolean renew(@Nullable String refused) {
    if (!Objects.equals(refused, authorization)) {
      return true; // another request has renewed them meanwhile
    }
    String fresh = openIdConnect() ? bearer(refreshed()) : load();
    boolean changed = !Objects.equals(fresh, refused);
    authorization = fresh;
    return changed;
  }

  private @Nullable String load() {
    if (plugin != null) {
      ExecPlugin.Answer answer = plugin.run(cluster);
      if (answer.certificate() != null && answer.key() != null) {
        config.setClientCertData(base64(answer.certificate()));
        config.setClientKeyData(base64(answer.key()));
        config.setClientKeyAlgo(Config.getKeyAlgorithm(null, config.getClientKeyData()));
      }
      return answer.token() == null ? null : bearer(answer.token());
    }
    if (tokenFile != null) {
      try {
        return bearer(Files.readString(tokenFile).strip());
      } catch (IOException e) {
        throw new Failure.Denied(
            "The token file " + tokenFile + " for " + cluster + " cannot be read",
            "check the user's tokenFile in the kubeconfig",
            e);
      }
    }
    String token = config.getAutoOAuthToken();
    if (token != null && !token.isEmpty()) {
      return bearer(token);
    }
    if (config.getUsername() != null && config.getPassword() != null) {
      return "Basic " + base64(config.getUsername() + ":" + config.getPassword());
    }
    return null;
  }

  private static String bearer(String token) {
    return "Bearer " + token;
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private boolean openIdConnect() {
    return config.getAuthProvider() != null
        && "oidc".equalsIgnoreCase(config.getAuthProvider().getName());
  }

  /** The older way, {@code auth-provider: oidc}: fabric8 asks the issuer, and writes the file. */
  private String refreshed() {
    try {
      String token =
          OpenIDConnectionUtils.resolveOIDCTokenFromAuthConfig(
                  config,
                  config.getAuthProvider().getConfig(),
                  HttpClientUtils.getHttpClientFactory().newBuilder())
              .get(30, TimeUnit.SECONDS);
      return token == null ? "" : token;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      throw new Failure.Denied(
          "The identity provider gave no new token for " + cluster,
          "log in again as you do for kubectl",
          e);
    }
  }
}
