package dev.holdfast.cli.bench;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.DeleteOptions;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.cluster.Endpoint;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where the clients compete: one API server with so much latency, and namespaces in it, which are
 * deleted at the end.
 */
final class Arena implements AutoCloseable {

  private static final GroupResource NAMESPACES = GroupResource.parse("namespaces");

  private final Operation op;
  private final Path folder;
  private final @Nullable Process sandbox;
  private final @Nullable DelayProxy proxy;
  private final Cluster cluster;
  private final ResourceType namespaces;
  private final List<String> made = new ArrayList<>();

  private Arena(Operation op, Path folder, @Nullable Process sandbox, @Nullable DelayProxy proxy) {
    this.op = op;
    this.folder = folder;
    this.sandbox = sandbox;
    this.proxy = proxy;
    this.cluster = Clusters.connect(ClusterOptions.of(kubeconfig(), null));
    this.namespaces =
        cluster
            .discover(op)
            .find(NAMESPACES)
            .orElseThrow(() -> new Failure.Unsupported("The server has no namespaces", null));
  }

  /**
   * A sandbox in a process of its own.
   *
   * @param nodes that run pods
   */
  static Arena sandbox(
      Operation op, ChildProcess processes, Path folder, Duration latency, int nodes) {
    try {
      Path kubeconfig = folder.resolve("sandbox.kubeconfig");
      Process process =
          processes
              .builder(
                  SandboxProcess.class,
                  List.of(
                      kubeconfig.toString(),
                      Long.toString(latency.toMillis()),
                      Integer.toString(nodes)))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader said = process.inputReader();
      if (!"ready".equals(said.readLine())) {
        throw new Failure.Unreachable("The sandbox of the bench did not start", null, null);
      }
      write(folder, Clusters.endpoint(ClusterOptions.of(kubeconfig, null)), null);
      return new Arena(op, folder, process, null);
    } catch (IOException e) {
      throw new Failure.Unreachable("The sandbox of the bench cannot be started", null, e);
    }
  }

  /**
   * A server that is there.
   *
   * @throws Failure.Invalid if it is to be slower than it is, but is not on this machine
   */
  static Arena real(Operation op, ClusterOptions options, Path folder, Duration latency) {
    Endpoint endpoint = Clusters.endpoint(options);
    try {
      if (latency.isZero()) {
        write(folder, endpoint, null);
        return new Arena(op, folder, null, null);
      }
      URI server = endpoint.server();
      if (!InetAddress.getByName(server.getHost()).isLoopbackAddress()) {
        throw new Failure.Invalid(
            "Latency can be added to a server on this machine only, not to " + server,
            "leave --latency out: a server elsewhere has some of its own");
      }
      int port = server.getPort() < 0 ? 443 : server.getPort();
      DelayProxy proxy = new DelayProxy(server.getHost(), port, latency);
      write(folder, endpoint, proxy);
      return new Arena(op, folder, null, proxy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@link PlainClient} reads, and a kubeconfig that says the same. */
  private static void write(Path folder, Endpoint endpoint, @Nullable DelayProxy proxy)
      throws IOException {
    // The certificate names the host, not the port, so a proxy on the same host is trusted, too.
    String server =
        proxy == null
            ? endpoint.server().toString()
            : "https://" + endpoint.server().getHost() + ":" + proxy.port();
    Files.writeString(folder.resolve("server"), server);
    secret(folder.resolve("authorization"), endpoint.authorization());
    String trust = "insecure-skip-tls-verify: true";
    String authorities = endpoint.authorities();
    if (authorities != null) {
      Files.writeString(folder.resolve("authorities"), authorities);
      trust =
          "certificate-authority-data: \""
              + Base64.getEncoder().encodeToString(authorities.getBytes(StandardCharsets.UTF_8))
              + "\"";
    }
    secret(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: bench, cluster: {server: "%s", %s}}]
        users: [{name: bench, user: {token: "%s"}}]
        contexts: [{name: bench, context: {cluster: bench, user: bench}}]
        current-context: bench
        """
            .formatted(server, trust, endpoint.authorization().replaceFirst("^Bearer ", "")));
  }

  private static void secret(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text);
  }

  Path folder() {
    return folder;
  }

  Cluster cluster() {
    return cluster;
  }

  Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  String describe() {
    return sandbox != null ? "the sandbox" : cluster.describe();
  }

  /** A new namespace, ready to take Secrets. */
  String namespace(String name) {
    String full = "holdfast-bench-" + name + "-" + Long.toString(System.nanoTime(), 36);
    byte[] json =
        Json.bytes(
            Map.of("apiVersion", "v1", "kind", "Namespace", "metadata", Map.of("name", full)));
    cluster.create(op, namespaces, "", json, WriteOptions.NONE);
    made.add(full);
    return full;
  }

  /** The name of a namespace that a restore will make. */
  String futureNamespace(String name) {
    String full = "holdfast-bench-" + name + "-" + Long.toString(System.nanoTime(), 36);
    made.add(full);
    return full;
  }

  @Override
  public void close() {
    Operation cleaning = Operation.start().within(Duration.ofMinutes(1));
    if (sandbox == null) {
      for (String name : made) {
        try {
          cluster.delete(cleaning, namespaces, "", name, DeleteOptions.NONE);
        } catch (Failure.Absent e) {
          // never made
        }
      }
    }
    cluster.close();
    if (proxy != null) {
      proxy.close();
    }
    if (sandbox != null) {
      end(sandbox);
    }
  }

  private static void end(Process sandbox) {
    try {
      sandbox.getOutputStream().close();
      if (!sandbox.waitFor(10, TimeUnit.SECONDS)) {
        sandbox.destroyForcibly();
      }
    } catch (IOException e) {
      sandbox.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
