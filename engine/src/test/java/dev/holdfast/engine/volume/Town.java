package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.cluster.Execution;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A sandbox with nodes, a location in a directory, and what tests do with both. */
public final class Town implements AutoCloseable {

  /** The password of the repositories. */
  public static final String PASSWORD = "correct horse";

  private final Path folder;
  private final Sandbox sandbox;
  private final Cluster cluster;
  private final DirectoryStore store;

  public Town(Path folder, int nodes) {
    this.folder = folder;
    Path kubeconfig = folder.resolve("kubeconfig");
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig).nodes(nodes));
    cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null));
    store = new DirectoryStore(folder.resolve("location"));
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  public Cluster cluster() {
    return cluster;
  }

  /** The cluster, of which each call, by name and arguments, is told before; that may throw. */
  public Cluster cluster(BiConsumer<String, Object[]> before) {
    return (Cluster)
        Proxy.newProxyInstance(
            Cluster.class.getClassLoader(),
            new Class<?>[] {Cluster.class},
            (_, method, arguments) -> {
              before.accept(method.getName(), arguments == null ? new Object[0] : arguments);
              try {
                return method.invoke(cluster, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  public DirectoryStore store() {
    return store;
  }

  public static Operation op() {
    return Operation.start().within(Duration.ofMinutes(5));
  }

  /** The location's repositories. */
  public VolumeRepositories repositories() {
    return new VolumeRepositories(
            namespace -> new DirectoryStore(repository(namespace)),
            PASSWORD,
            new Repository.Identity("somebody", "somewhere"))
        .keys(KeyFile.Cost.WEAK);
  }

  public Path repository(String namespace) {
    return folder.resolve("location").resolve("restic").resolve(namespace);
  }

  public ResourceType type(String name) {
    return cluster.discover(op()).find(GroupResource.parse(name)).orElseThrow();
  }

  /** Creates every document of a YAML text. */
  public void apply(String yaml) {
    try (var documents =
        Json.MAPPER.readerFor(JsonNode.class).with(new YAMLFactory()).<JsonNode>readValues(yaml)) {
      while (documents.hasNext()) {
        ObjectNode object = (ObjectNode) documents.next();
        String kind = object.path("kind").asText();
        ResourceType type =
            cluster.discover(op()).preferred().stream()
                .filter(each -> each.kind().equals(kind))
                .findFirst()
                .orElseThrow();
        var _ =
            cluster.create(
                op(),
                type,
                object.at("/metadata/namespace").asText(),
                Json.bytes(object),
                Cluster.WriteOptions.NONE);
        if (kind.equals("Namespace")) {
          awaitAccount(object.at("/metadata/name").asText());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without its service account a namespace takes no pods. */
  private void awaitAccount(String namespace) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> get("serviceaccounts", namespace, "default").isPresent());
  }

  public Optional<ObjectNode> get(String type, String namespace, String name) {
    return cluster
        .get(op(), type(type), namespace, name)
        .map(item -> Json.object(item.json(), name));
  }

  public void delete(String type, String namespace, String name) {
    cluster.delete(op(), type(type), namespace, name, Cluster.DeleteOptions.NONE);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> cluster.get(op(), type(type), namespace, name).isEmpty());
  }

  /** Waits until a pod is ready. */
  public void ready(String namespace, String pod) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() ->
            assertThat(get("pods", namespace, pod).map(JsonNode::toString).orElse("none"))
                .contains("{\"type\":\"Ready\",\"status\":\"True\""));
  }

  /** Runs a script in a pod; it must succeed. */
  public String exec(String namespace, String pod, String script) {
    return exec(namespace, pod, "", script);
  }

  /** The same in one of several containers. */
  public String exec(String namespace, String pod, String container, String script) {
    List<String> command = List.of("sh", "-c", script);
    var request = new Cluster.ExecRequest(namespace, pod, container, command, false);
    try (Execution run = cluster.exec(op(), request)) {
      String out = new String(run.output().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(run.exit()).as(script + "\n" + run.errors()).isZero();
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The options of a backup with its volumes. */
  public BackupOptions options(String name, String spec, VolumeRepositories repositories) {
    var document =
        new Backup(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(
                spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                Backup.Spec.class,
                "spec"),
            null);
    return BackupOptions.of(document, "test")
        .scratch(folder)
        .volumes(VolumeOptions.into(repositories));
  }

  /** Backs a namespace up with its volumes. */
  public BackupOutcome backup(Operation op, String name, String namespace, String more) {
    String spec =
        "{'includedNamespaces':['" + namespace + "'],'defaultVolumesToFsBackup':true" + more + "}";
    try (VolumeRepositories repositories = repositories()) {
      return new BackupRun(cluster, store, options(name, spec, repositories), Progress.SILENT)
          .run(op);
    }
  }

  /**
   * Restores a backup with its volumes.
   *
   * @param more of the spec, such as {@code ,'namespaceMapping':{'a':'b'}}
   */
  public RestoreOutcome restore(Operation op, String name, String backup, String more) {
    return restore(op, name, backup, more, RestoreInputs.NONE);
  }

  /** The same with mappings. */
  public RestoreOutcome restore(
      Operation op, String name, String backup, String more, RestoreInputs inputs) {
    return restore(cluster, op, name, backup, more, inputs, MoverOptions.NONE);
  }

  /** The same as another user. */
  public RestoreOutcome restore(
      Cluster user, Operation op, String name, String backup, String more, RestoreInputs inputs) {
    return restore(user, op, name, backup, more, inputs, MoverOptions.NONE);
  }

  /** The same with mover pods. */
  public RestoreOutcome restore(
      Operation op,
      String name,
      String backup,
      String more,
      RestoreInputs inputs,
      MoverOptions mover) {
    return restore(cluster, op, name, backup, more, inputs, mover);
  }

  private RestoreOutcome restore(
      Cluster user,
      Operation op,
      String name,
      String backup,
      String more,
      RestoreInputs inputs,
      MoverOptions mover) {
    String spec = "{'backupName':'" + backup + "'" + more + "}";
    var document =
        new Restore(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(
                spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                Restore.Spec.class,
                "spec"),
            null);
    RestoreOptions options =
        RestoreOptions.of(document, "test")
            .inputs(inputs)
            .mover(mover)
            .yes(true)
            .scratch(folder)
            .patience(Duration.ofMinutes(1));
    try (VolumeRepositories repositories = repositories()) {
      return new RestoreRun(user, store, options, Progress.SILENT, repositories).run(op);
    }
  }

  @Override
  public void close() {
    cluster.close();
    sandbox.close();
  }
}
