package dev.holdfast.engine.backup;

import dev.holdfast.engine.Progress;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.store.DirectoryStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A program of its own: backs up as many Secrets as it is told, in the heap that it is given. */
final class ManyItems {

  private ManyItems() {}

  public static void main(String[] arguments) {
    int count = Integer.parseInt(arguments[1]);
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

  /** Made up while they are listed. */
  private static final class Secrets extends ReadOnlyCluster {

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
      return new Discovery("v1.36.2", List.of(TYPE), Map.of());
    }

    @Override
    public String list(
        Operation op, ResourceType type, String namespace, ListOptions options, ItemSink sink) {
      for (int i = 0; i < count; i++) {
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
      return Optional.empty();
    }
  }
}
