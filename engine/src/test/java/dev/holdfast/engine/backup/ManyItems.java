package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.restore.RestoreOptions;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.engine.restore.RestoreRun;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.store.DirectoryStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program of its own: backs up as many Secrets as it is told, in the heap that it is given, or
 * restores them into a cluster that forgets them.
 */
final class ManyItems {

  private ManyItems() {}

  public static void main(String[] arguments) {
    int count = Integer.parseInt(arguments[1]);
    if (arguments.length > 2) {
      restore(Path.of(arguments[0]), count);
      return;
    }
    var document =
        new Backup(null, null, ObjectMeta.named("velero", "many"), Backup.Spec.empty(), null);
    try (var store = new DirectoryStore(Path.of(arguments[0]))) {
      BackupOutcome outcome =
          new BackupRun(
                  new Secrets(count), store, BackupOptions.of(document, "test"), Progress.SILENT)
              .run(Operation.start());
      System.out.println(outcome.phase() + " " + outcome.items());
    }
  }

  private static void restore(Path location, int count) {
    Restore.Spec spec =
        Json.read(
            "{\"backupName\":\"many\"}".getBytes(StandardCharsets.UTF_8),
            Restore.Spec.class,
            "spec");
    var document =
        new Restore(
            Restore.API_VERSION, Restore.KIND, ObjectMeta.named("velero", "back"), spec, null);
    try (var store = new DirectoryStore(location)) {
      Secrets cluster = new Secrets(count);
      RestoreOutcome outcome =
          new RestoreRun(cluster, store, RestoreOptions.of(document, "test"), Progress.SILENT)
              .run(Operation.start());
      System.out.println(
          (outcome.complete() ? "Completed " : "incomplete ") + cluster.created.get());
    }
  }

  /** Made up while they are listed; what is created is counted and forgotten. */
  private static final class Secrets extends ReadOnlyCluster {

    private static final ResourceType NAMESPACE =
        new ResourceType(
            "",
            "v1",
            "Namespace",
            "namespaces",
            "namespace",
            List.of(),
            false,
            List.of("create", "delete", "get"),
            true);

    final AtomicInteger created = new AtomicInteger();

    private static final ResourceType TYPE =
        new ResourceType(
            "",
            "v1",
            "Secret",
            "secrets",
            "secret",
            List.of(),
            true,
            List.of("create", "delete", "get", "list"),
            true);

    private final int count;
    private final String data = "c2VjcmV0".repeat(128);

    Secrets(int count) {
      this.count = count;
    }

    @Override
    public Discovery discover(Operation op) {
      return new Discovery("v1.36.2", List.of(NAMESPACE, TYPE), Map.of());
    }

    @Override
    public String list(
        Operation op, ResourceType type, String namespace, ListOptions options, ItemSink sink) {
      for (int i = 0; type.namespaced() && i < count; i++) {
        String name = "secret-number-" + i;
        String in = "namespace-" + i % 100;
        String json =
            """
            {"apiVersion":"v1","kind":"Secret","metadata":{"name":"%s","namespace":"%s",\
            "uid":"00000000-0000-0000-0000-%012d","resourceVersion":"%d"},"data":{"key":"%s"}}\
            """
                .formatted(name, in, i, i, data);
        sink.accept(new Item(type, in, name, json.getBytes(StandardCharsets.UTF_8)));
      }
      return "1";
    }

    @Override
    public Optional<Item> get(Operation op, ResourceType type, String namespace, String name) {
      if (type.namespaced()) {
        return Optional.empty();
      }
      String json =
          """
          {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"%s","uid":"u"},\
          "status":{"phase":"Active"}}\
          """
              .formatted(name);
      return Optional.of(new Item(type, "", name, json.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public Item create(
        Operation op, ResourceType type, String namespace, byte[] json, WriteOptions options) {
      ObjectNode object = Json.object(json, "what is created");
      ((ObjectNode) object.path("metadata")).put("uid", "uid-" + created.incrementAndGet());
      String name = object.path("metadata").path("name").asText();
      return new Item(type, namespace, name, Json.bytes(object));
    }
  }
}
