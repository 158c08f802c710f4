package dev.holdfast.cluster;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, as kubectl reads them. */
final class ProxyEnvironment {

  private ProxyEnvironment() {}

  /** The proxy for this server; null for none. Loopback addresses never have one. */
  static @Nullable URI proxyFor(URI server, Map<String, String> environment) {
    String host = server.getHost();
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
      return null;
    }
    String proxy =
        value(environment, "https".equals(server.getScheme()) ? "HTTPS_PROXY" : "HTTP_PROXY");
    if (proxy.isEmpty()) {
      return null;
    }
    for (String none : value(environment, "NO_PROXY").split(",", -1)) {
      String suffix = none.strip();
      if (suffix.startsWith("*")) {
        suffix = suffix.substring(1);
      }
      boolean matches =
          none.strip().equals("*")
              || !suffix.isEmpty()
                  && (host.equals(suffix)
                      || host.endsWith(suffix.startsWith(".") ? suffix : "." + suffix));
      if (matches) {
        return null;
      }
    }
    return URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
  }

  private static String value(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null) {
      value = environment.get(name.toLowerCase(java.util.Locale.ROOT));
    }
    return value == null ? "" : value;
  }
}
