package dev.holdfast.engine.restore;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ArchiveWriter;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A sandbox with a recorded cluster in it, a location with a recorded backup, and a client. */
final class Harness implements AutoCloseable {

  final Sandbox sandbox;
  final Cluster cluster;
  final Path location;
  final DirectoryStore store;
  private @Nullable Discovery discovery;

  private Harness(Path folder, Sandbox sandbox) {
    this.sandbox = sandbox;
    try {
      location = Files.createDirectories(folder.resolve("location"));
      copy(Fixtures.path("velero-cases/bucket"), location);
      Path kubeconfig = folder.resolve("kubeconfig");
      Files.writeString(kubeconfig, sandbox.kubeconfig());
      cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    store = new DirectoryStore(location);
  }

  /** The cluster that Velero was asked in. */
  static Harness recorded(Path folder) {
    return new Harness(
        folder, Sandbox.start(SandboxOptions.DEFAULT.load(Fixtures.path("velero-cases/cluster"))));
  }

  /** An empty cluster that serves what a current API server serves. */
  static Harness empty(Path folder) {
    return new Harness(folder, Sandbox.start());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  static Restore.Spec spec(String json) {
    return Json.read(json.getBytes(StandardCharsets.UTF_8), Restore.Spec.class, "the spec");
  }

  static RestoreOptions options(String name, String spec) {
    Restore document =
        new Restore(
            Restore.API_VERSION, Restore.KIND, ObjectMeta.named("velero", name), spec(spec), null);
    return RestoreOptions.of(document, "test").patience(Duration.ofSeconds(20));
  }

  RestoreOutcome restore(RestoreOptions options) {
    return new RestoreRun(cluster, store, options, Progress.SILENT).run(Operation.start());
  }

  RestoreOutcome restore(String name, String spec) {
    return restore(options(name, spec));
  }

  Optional<ObjectNode> find(String type, String namespace, String name) {
    Operation op = Operation.start();
    return discovery()
        .find(ItemKey.of(type, namespace, name).type())
        .flatMap(t -> cluster.get(op, t, namespace, name))
        .map(Target::tree);
  }

  ObjectNode get(String type, String namespace, String name) {
    return find(type, namespace, name)
        .orElseThrow(
            () -> new AssertionError("There is no " + type + " " + namespace + "/" + name));
  }

  /** Asked once; types that are defined later are not in it. */
  private Discovery discovery() {
    if (discovery == null) {
      discovery = cluster.discover(Operation.start());
    }
    return discovery;
  }

  void create(String type, String namespace, JsonNode item) {
    Operation op = Operation.start();
    var found = discovery().find(ItemKey.of(type, namespace, "x").type()).orElseThrow();
    var _ = cluster.create(op, found, namespace, Json.bytes(item), Cluster.WriteOptions.NONE);
  }

  void delete(String type, String namespace, String name) {
    var found = discovery().find(ItemKey.of(type, namespace, name).type()).orElseThrow();
    cluster.delete(Operation.start(), found, namespace, name, Cluster.DeleteOptions.NONE);
  }

  /** Waits until no controller has anything left to do. */
  void settle() {
    await().until(sandbox::settled);
  }

  /** Every object of the cluster: key → uid and resourceVersion. Equal if nothing was written. */
  Map<String, String> objects() {
    settle();
    Map<String, String> objects = new TreeMap<>();
    sandbox
        .snapshot()
        .forEach(o ->
            objects.put(
                o.type() + "/" + o.namespace() + "/" + o.name(), o.uid() + " " + o.version()));
    return objects;
  }

  /** An object, in JSON with single quotes. */
  static ObjectNode item(String json) {
    return Json.object(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "the test's item");
  }

  void namespace(String name) {
    create(
        "namespaces",
        "",
        item("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s'}}".formatted(name)));
    settle();
  }

  /** Writes a finished backup of these items into the location. */
  void backup(String name, List<ObjectNode> items) {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    try (ArchiveWriter writer = new ArchiveWriter(archive, 1)) {
      for (ObjectNode item : items) {
        String apiVersion = item.path("apiVersion").asText();
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : "." + apiVersion.substring(0, slash);
        ItemKey key =
            ItemKey.of(
                item.path("kind").asText().toLowerCase(Locale.ROOT) + "s" + group,
                item.path("metadata").path("namespace").asText(),
                item.path("metadata").path("name").asText());
        writer.add(key, apiVersion.substring(slash + 1), true, Json.bytes(item));
      }
      var _ = writer.finish();
    }
    document(name, "Completed");
    var _ =
        store.put(
            Operation.start(),
            new BackupKeys(name).archive(),
            archive.toByteArray(),
            PutOptions.NONE);
  }

  void document(String name, String phase) {
    Backup document =
        new Backup(
            Backup.API_VERSION,
            Backup.KIND,
            ObjectMeta.named("velero", name),
            Backup.Spec.empty(),
            Json.read(
                item("{'version':1,'formatVersion':'1.1.0','phase':'%s'}".formatted(phase))
                    .toString()
                    .getBytes(StandardCharsets.UTF_8),
                Backup.Status.class,
                "status"));
    var _ =
        store.put(
            Operation.start(),
            new BackupKeys(name).backupJson(),
            Documents.backup(document),
            PutOptions.NONE);
  }

  Plan plan(RestoreOptions options) {
    Cluster trusting = answering((method, _) -> method.equals("may") ? Boolean.TRUE : null);
    return new Planner(trusting, store, options, false, Progress.SILENT, null)
        .plan(Operation.start());
  }

  /** The plan with what admission says; the cluster itself says what the caller may do. */
  Plan serverDryRun(Cluster asked, RestoreOptions options) {
    return new Planner(asked, store, options, true, Progress.SILENT, null).plan(Operation.start());
  }

  /** The cluster with other answers: null asks the real one, an exception is thrown. */
  Cluster answering(BiFunction<String, Object[], @Nullable Object> answers) {
    return (Cluster)
        Proxy.newProxyInstance(
            Cluster.class.getClassLoader(),
            new Class<?>[] {Cluster.class},
            (_, method, arguments) -> {
              Object answer = arguments == null ? null : answers.apply(method.getName(), arguments);
              if (answer instanceof RuntimeException e) {
                throw e;
              }
              try {
                return answer != null ? answer : method.invoke(cluster, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public void close() {
    cluster.close();
    sandbox.close();
  }
}
