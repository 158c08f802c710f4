package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.ExecConfig;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * One context of one or several kubeconfig files, or a pod's service account. Files, merging and
 * keys are fabric8's business, whose types stop here and at {@link Credentials}; what it leaves to
 * chance is done here: a context, cluster or user that is not there is a failure, {@code tokenFile}
 * is read, and plug-ins are run by {@link ExecPlugin}, which says why they failed.
 */
final class Kubeconfig {

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private final Config config;
  private final URI server;
  private final String name;
  private final Credentials credentials;

  private Kubeconfig(Config config, URI server, String name, Credentials credentials) {
    this.config = config;
    this.server = server;
    this.name = name;
    this.credentials = credentials;
  }

  /**
   * Reads it; runs the plug-in that gives the credentials, if it names one.
   *
   * @throws Failure.Absent if the file or the context does not exist
   * @throws Failure.Invalid if it cannot be read or is incomplete
   * @throws Failure.Denied if the plug-in fails
   */
  static Kubeconfig load(ClusterOptions options) {
    return load(options, System.getenv());
  }

  static Kubeconfig load(ClusterOptions options, Map<String, String> environment) {
    List<File> files = files(options.kubeconfig(), environment);
    if (!files.isEmpty()) {
      return merge(files, options.context());
    }
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    if (host != null && Files.isRegularFile(SERVICE_ACCOUNT.resolve("token"))) {
      return inPod(host, environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443"));
    }
    throw new Failure.Absent(
        "There is no kubeconfig: KUBECONFIG names none, and ~/.kube/config does not exist",
        "name one with --kubeconfig, or try 'holdfast demo', which needs no cluster",
        null);
  }

  private static List<File> files(@Nullable Path named, Map<String, String> environment) {
    if (named != null) {
      if (!Files.isReadable(named) || Files.isDirectory(named)) {
        throw new Failure.Absent(
            "The kubeconfig " + named + " does not exist or cannot be read",
            "name another one with --kubeconfig or KUBECONFIG",
            null);
      }
      return List.of(named.toFile());
    }
    String list = environment.get("KUBECONFIG");
    List<File> files = new ArrayList<>();
    if (list != null && !list.isBlank()) {
      for (String file : list.split(File.pathSeparator)) {
        if (new File(file).isFile()) { // as kubectl, which skips what is not there
          files.add(new File(file));
        }
      }
      if (files.isEmpty()) {
        throw new Failure.Absent(
            "KUBECONFIG names " + list + ", which does not exist",
            "name an existing file with --kubeconfig or KUBECONFIG",
            null);
      }
    } else {
      File usual = new File(environment.getOrDefault("HOME", ""), ".kube/config");
      if (usual.isFile()) {
        files.add(usual);
      }
    }
    return files;
  }

  private static Kubeconfig merge(List<File> files, @Nullable String wanted) {
    List<io.fabric8.kubernetes.api.model.Config> parsed = new ArrayList<>();
    for (File file : files) {
      parsed.add(parse(file));
    }
    String shown =
        files.size() == 1 ? "The kubeconfig " + files.getFirst() : "The kubeconfigs " + files;
    String context = context(parsed, wanted, shown);
    URI server = server(serverOf(parsed, context, shown)); // before fabric8 guesses at it
    Users users = Users.take(parsed, files);
    Config config = Config.empty();
    KubeConfigUtils.merge(
        config, context, parsed.toArray(io.fabric8.kubernetes.api.model.Config[]::new));
    var current = config.getCurrentContext().getContext();
    String user = current.getUser();
    if (user != null && !user.isEmpty() && !users.names.contains(user)) {
      throw new Failure.Invalid(
          shown + " has no user '" + user + "', which context '" + context + "' needs",
          "kubectl config view shows what is there");
    }
    String name = "context " + context + " (" + server + ")";
    return new Kubeconfig(config, server, name, users.credentials(config, user, name));
  }

  /** What the first file that knows the context's cluster says. */
  private static String serverOf(
      List<io.fabric8.kubernetes.api.model.Config> parsed, String context, String shown) {
    String cluster =
        parsed.stream()
            .flatMap(file -> file.getContexts().stream())
            .filter(c -> context.equals(c.getName()) && c.getContext() != null)
            .map(c -> String.valueOf(c.getContext().getCluster()))
            .findFirst()
            .orElse("");
    return parsed.stream()
        .flatMap(file -> file.getClusters().stream())
        .filter(c -> cluster.equals(c.getName()) && c.getCluster() != null)
        .map(c -> String.valueOf(c.getCluster().getServer()))
        .findFirst()
        .orElseThrow(() ->
            new Failure.Invalid(
                shown + " has no cluster '" + cluster + "', which context '" + context + "' needs",
                "kubectl config view shows what is there"));
  }

  private static io.fabric8.kubernetes.api.model.Config parse(File file) {
    try {
      var parsed = KubeConfigUtils.parseConfig(file);
      if (parsed.getClusters() == null
          || parsed.getClusters().isEmpty()
          || parsed.getContexts() == null) {
        throw new Failure.Invalid(
            "The kubeconfig " + file + " has no clusters or no contexts",
            "kubectl config view shows whether kubectl can read it");
      }
      return parsed;
    } catch (Failure e) {
      throw e;
    } catch (RuntimeException e) {
      throw new Failure.Invalid(
          "The kubeconfig " + file + " cannot be read: " + firstLine(e),
          "kubectl config view shows whether kubectl can read it",
          null); // the cause quotes the file, which holds secrets
    }
  }

  /** The first line of the innermost message: later ones quote the file, which holds secrets. */
  private static String firstLine(Throwable e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String text = String.valueOf(last.getMessage());
    return text.lines().findFirst().orElse("it is empty");
  }

  private static String context(
      List<io.fabric8.kubernetes.api.model.Config> parsed, @Nullable String wanted, String shown) {
    String context = wanted;
    for (var file : parsed) {
      String current = file.getCurrentContext();
      if (context == null && current != null && !current.isEmpty()) {
        context = current;
      }
    }
    if (context == null) {
      throw new Failure.Invalid(
          shown + " has no current context", "choose one with --context; it has " + names(parsed));
    }
    if (!contexts(parsed).contains(context)) {
      throw new Failure.Absent(
          shown + " has no context '" + context + "'",
          "choose another one with --context; it has " + names(parsed),
          null);
    }
    return context;
  }

  private static List<String> contexts(List<io.fabric8.kubernetes.api.model.Config> parsed) {
    List<String> names = new ArrayList<>();
    parsed.forEach(file -> file.getContexts().forEach(c -> names.add(c.getName())));
    return names;
  }

  private static String names(List<io.fabric8.kubernetes.api.model.Config> parsed) {
    List<String> names = contexts(parsed);
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  /** What fabric8 shall not see of the users: plug-ins and token files; the first file wins. */
  private static final class Users {
    final List<String> names = new ArrayList<>();
    private final Map<String, AuthInfo> users = new java.util.HashMap<>();
    private final Map<String, ExecConfig> plugins = new java.util.HashMap<>();
    private final Map<String, Path> folders = new java.util.HashMap<>();

    static Users take(List<io.fabric8.kubernetes.api.model.Config> parsed, List<File> files) {
      Users taken = new Users();
      for (int i = 0; i < files.size(); i++) {
        if (parsed.get(i).getUsers() == null) {
          continue;
        }
        for (var named : parsed.get(i).getUsers()) {
          AuthInfo user = named.getUser();
          String name = named.getName();
          if (user == null || taken.names.contains(name)) {
            continue;
          }
          taken.names.add(name);
          taken.users.put(name, user);
          taken.folders.put(name, files.get(i).getAbsoluteFile().toPath().resolveSibling(""));
          if (user.getExec() != null) {
            taken.plugins.put(name, user.getExec());
            user.setExec(null);
          }
        }
      }
      return taken;
    }

    Credentials credentials(Config config, @Nullable String user, String cluster) {
      AuthInfo info = user == null ? null : users.get(user);
      if (info == null) {
        return new Credentials(config, cluster, null, null);
      }
      if (info.getAs() != null && !info.getAs().isEmpty()) {
        config.setImpersonateUsername(info.getAs());
        config.setImpersonateGroups(
            info.getAsGroups() == null ? new String[0] : info.getAsGroups().toArray(String[]::new));
      }
      Path folder = folders.getOrDefault(user, Path.of(""));
      String file = info.getTokenFile();
      ExecConfig plugin = plugins.get(user);
      return new Credentials(
          config,
          cluster,
          file == null || file.isEmpty() ? null : folder.resolve(file),
          plugin == null ? null : new ExecPlugin(plugin, folder));
    }
  }

  private static Kubeconfig inPod(String host, String port) {
    Config config = Config.empty();
    String address = host.contains(":") ? "[" + host + "]" : host;
    URI server = server("https://" + address + ":" + port);
    config.setCaCertFile(SERVICE_ACCOUNT.resolve("ca.crt").toString());
    String name = "the cluster of this pod (" + server + ")";
    return new Kubeconfig(
        config,
        server,
        name,
        new Credentials(config, name, SERVICE_ACCOUNT.resolve("token"), null));
  }

  private static URI server(String url) {
    try {
      String text = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
      URI server = URI.create(text.contains("://") ? text : "https://" + text);
      if (server.getHost() != null
          && ("https".equals(server.getScheme()) || "http".equals(server.getScheme()))) {
        return server;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new Failure.Invalid(
        "The kubeconfig's server '" + url + "' is no URL of an API server",
        "it looks like https://host:6443");
  }

  /** The API server, without a slash at the end. */
  URI server() {
    return server;
  }

  Credentials credentials() {
    return credentials;
  }

  /** PEM of whom to trust, empty for Java's own authorities; null where everybody is trusted. */
  @Nullable String authorities() {
    return config.isTrustCerts() ? null : Objects.requireNonNullElse(Tls.authorities(config), "");
  }

  SSLContext tls() {
    return Tls.context(config);
  }

  /**
   * The kubeconfig's own proxy, else the environment's; null for none.
   *
   * @throws Failure.Unsupported if it is no HTTP proxy
   */
  @Nullable URI proxy() {
    // fabric8 files proxy-url by the proxy's scheme, whatever the server's is.
    String own =
        Objects.requireNonNullElse(config.getHttpsProxy(), "")
            + Objects.requireNonNullElse(config.getHttpProxy(), "");
    URI proxy =
        own.isEmpty() ? ProxyEnvironment.proxyFor(server, System.getenv()) : URI.create(own);
    if (proxy != null && !"http".equals(proxy.getScheme())) {
      throw new Failure.Unsupported(
          "The proxy " + proxy + " of " + name + " is no HTTP proxy", "name one with http://");
    }
    return proxy;
  }

  /** For which host the server's certificate is. */
  String certified() {
    String other = config.getTlsServerName();
    // an IPv6 address stands in brackets
    return other == null || other.isEmpty() ? server.getHost().replaceAll("[\\[\\]]", "") : other;
  }

  /** For messages. */
  String describe() {
    return name;
  }
}
