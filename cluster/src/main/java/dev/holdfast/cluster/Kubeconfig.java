package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What fabric8's client knows of kubeconfigs: merging, contexts, exec plug-ins, certificates. Its
 * types stop here.
 */
final class Kubeconfig {

  private final Config config;
  private final String server;

  private Kubeconfig(Config config) {
    this.config = config;
    String url = config.getMasterUrl();
    this.server = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /**
   * Reads it.
   *
   * @throws Failure.Absent if the file or the context does not exist
   * @throws Failure.Invalid if it cannot be read
   */
  static Kubeconfig load(ClusterOptions options) {
    Path named = options.kubeconfig();
    if (named != null && !Files.isReadable(named)) {
      throw new Failure.Absent(
          "The kubeconfig " + named + " does not exist or cannot be read",
          "name another one with --kubeconfig or KUBECONFIG",
          null);
    }
    try {
      String context = options.context();
      Config config =
          named != null
              ? Config.fromKubeconfig(context, named.toFile())
              : Config.autoConfigure(context);
      if (named == null && !configured(config)) {
        throw new Failure.Absent(
            "There is no kubeconfig at ~/.kube/config and KUBECONFIG names none",
            "name one with --kubeconfig, or try './holdfast demo', which needs no cluster",
            null);
      }
      if (context != null && !hasContext(config, context)) {
        throw new Failure.Absent(
            "The kubeconfig has no context '" + context + "'",
            "kubectl config get-contexts lists them",
            null);
      }
      return new Kubeconfig(config);
    } catch (Failure e) {
      throw e;
    } catch (RuntimeException e) {
      throw new Failure.Invalid(
          "The kubeconfig " + (named == null ? "" : named + " ") + "cannot be read: " + cause(e),
          "kubectl config view shows whether kubectl can read it",
          e);
    }
  }

  private static boolean configured(Config config) {
    boolean inPod = System.getenv("KUBERNETES_SERVICE_HOST") != null;
    return inPod
        || config.getCurrentContext() != null
        || Config.getKubeconfigFilenames().stream().anyMatch(f -> new File(f).isFile());
  }

  private static boolean hasContext(Config config, String context) {
    return config.getContexts() != null
        && config.getContexts().stream().anyMatch(c -> context.equals(c.getName()));
  }

  private static String cause(Throwable e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String text = String.valueOf(last.getMessage());
    return text.lines().findFirst().orElse(text);
  }

  /** The API server, without a slash at the end. */
  URI server() {
    return URI.create(server);
  }

  SSLContext tls() {
    try {
      return SSLUtils.sslContext(config);
    } catch (GeneralSecurityException | IOException e) {
      throw new Failure.Invalid(
          "The certificates in the kubeconfig cannot be used: " + cause(e), null, e);
    }
  }

  /**
   * The value of the Authorization header, or null where a certificate or nothing identifies the
   * caller.
   */
  @Nullable String authorization() {
    if (config.getAutoOAuthToken() != null && !config.getAutoOAuthToken().isEmpty()) {
      return "Bearer " + config.getAutoOAuthToken();
    }
    if (config.getOauthTokenProvider() != null) {
      return "Bearer " + config.getOauthTokenProvider().getToken();
    }
    if (config.getOauthToken() != null && !config.getOauthToken().isEmpty()) {
      return "Bearer " + config.getOauthToken();
    }
    if (config.getUsername() != null && config.getPassword() != null) {
      String pair = config.getUsername() + ":" + config.getPassword();
      byte[] bytes = pair.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      return "Basic " + java.util.Base64.getEncoder().encodeToString(bytes);
    }
    return null;
  }

  /** The same, read again: runs exec plug-ins and reads token files anew. */
  Kubeconfig refreshed() {
    return new Kubeconfig(config.refresh());
  }

  /** Impersonation that the kubeconfig itself asks for. */
  @Nullable String impersonateUser() {
    return config.getImpersonateUsername();
  }

  List<String> impersonateGroups() {
    String[] groups = config.getImpersonateGroups();
    return groups == null ? List.of() : List.of(groups);
  }

  @Nullable URI proxy() {
    String proxy = server.startsWith("https") ? config.getHttpsProxy() : config.getHttpProxy();
    String[] none = config.getNoProxy();
    String host = String.valueOf(server().getHost());
    if (proxy == null || (none != null && List.of(none).stream().anyMatch(host::endsWith))) {
      return null;
    }
    return URI.create(proxy);
  }

  String describe() {
    var context = config.getCurrentContext();
    return context == null || context.getName() == null
        ? server
        : "context " + context.getName() + " (" + server + ")";
  }
}
