package dev.holdfast.cli;

import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Flags that every verb takes, before it or after it. */
public final class GlobalOptions {

  @Option(
      names = "--kubeconfig",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "Cluster access. Default: $$KUBECONFIG, ~/.kube/config, the pod's own account.")
  @Nullable Path kubeconfig;

  @Option(
      names = {"--context", "--kubecontext"},
      scope = ScopeType.INHERIT,
      paramLabel = "NAME",
      description = "Context of the kubeconfig. Default: its current one.")
  @Nullable String context;

  @Option(
      names = "--request-timeout",
      scope = ScopeType.INHERIT,
      paramLabel = "DURATION",
      description = "How long the API server may take for one answer. Default: 1m.")
  @Nullable String requestTimeout;

  @Option(
      names = {"--location", "--storage-location"},
      scope = ScopeType.INHERIT,
      paramLabel = "LOCATION",
      description =
          "Where backups are kept: a configured name, a directory, s3://bucket/prefix, or a file"
              + " with a BackupStorageLocation."
              + " Default: $$HOLDFAST_LOCATION, the configured default.")
  @Nullable String location;

  @Option(
      names = "--config-file",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description =
          "Configuration. Default: $$HOLDFAST_CONFIG, $$XDG_CONFIG_HOME/holdfast/config.yaml.")
  @Nullable Path config;

  @Option(
      names = {"-y", "--yes", "--confirm"},
      scope = ScopeType.INHERIT,
      description = "Do it without asking.")
  boolean yes;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "Only results and errors.")
  boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "More detail; stack traces of errors.")
  boolean verbose;

  @Option(
      names = "--server",
      scope = ScopeType.INHERIT,
      arity = "0..1",
      fallbackValue = "velero",
      paramLabel = "NAMESPACE",
      description = "Let a server in the cluster do it. Not available in this version.")
  @Nullable String server;

  public @Nullable Path kubeconfig() {
    return kubeconfig;
  }

  public @Nullable String context() {
    return context;
  }

  /** Null for the default. */
  public @Nullable Duration requestTimeout() {
    try {
      return requestTimeout == null ? null : GoDuration.parse(requestTimeout).value();
    } catch (Failure.Invalid e) {
      throw new Failure.Invalid("--request-timeout: " + e.getMessage(), e.next(), e);
    }
  }

  public @Nullable String location() {
    return location;
  }

  public @Nullable Path config() {
    return config;
  }

  public boolean yes() {
    return yes;
  }

  public boolean quiet() {
    return quiet;
  }

  public boolean verbose() {
    return verbose;
  }

  public @Nullable String server() {
    return server;
  }
}
