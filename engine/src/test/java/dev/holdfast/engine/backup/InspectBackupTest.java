package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.Verification;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.inspect.BackupDiff;
import dev.holdfast.engine.inspect.BackupDiff.Difference;
import dev.holdfast.engine.inspect.BackupDownload;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.engine.inspect.Contents;
import dev.holdfast.engine.inspect.VerifyRun;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking into backups that a run wrote, and into a real Velero's. */
@Tag("EBS-8")
class InspectBackupTest {

  private static final ItemKey LAMP = ItemKey.of("configmaps", "lighthouse", "lamp");

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private RecordedCluster cluster;
  private DirectoryStore store;

  @BeforeEach
  void start() {
    cluster = new RecordedCluster(Fixtures.path("velero-cases/cluster"));
    store = new DirectoryStore(folder.resolve("location"));
  }

  @Test
  void aBackupOfOursIsSoundAndADamagedOneIsNot() throws IOException {
    backup("one");
    Verification verification = new VerifyRun(store, "one").run(op, null, null);
    assertThat(verification.findings()).isEmpty();
    assertThat(verification.items()).isPositive();

    BackupKeys keys = new BackupKeys("one");
    byte[] archive = store.get(op, keys.archive()).readAllBytes();
    archive[archive.length / 2] ^= 1;
    store.put(op, keys.archive(), archive, DirectoryStore.PutOptions.NONE);
    assertThat(new VerifyRun(store, "one").run(op, null, null).findings())
        .anyMatch(f -> f.subject().equals(keys.archive()) && f.problem().contains("SHA-256"));
    assertThatThrownBy(() -> new VerifyRun(store, "none").run(op, null, null))
        .isInstanceOf(Failure.Absent.class);
  }

  @Test
  void velerosBackupIsReadWithoutAnIndex() throws IOException {
    DirectoryStore velero = new DirectoryStore(Fixtures.path("velero-cases/bucket"));
    assertThat(new VerifyRun(velero, "source").run(op, null, null).sound()).isTrue();
    BackupReader reader = BackupReader.open(op, velero, "source", null);
    try (Contents contents = reader.contents(folder)) {
      assertThat(contents.size()).isEqualTo(reader.resourceList().orElseThrow().size());
      int lamp = contents.find(LAMP).orElseThrow();
      assertThat(contents.json(lamp)).isPresent();
      assertThat(contents.summary(lamp).kind()).isEqualTo("ConfigMap");
      List<Difference> differences = new ArrayList<>();
      BackupDiff.between(op, contents, contents, differences::add);
      assertThat(differences).isEmpty();
    }
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    assertThat(BackupDownload.archive(reader, copy)).isEqualTo(copy.size());
    List<ItemKey> items = new ArrayList<>();
    ArchiveReader.read(
        new ByteArrayInputStream(copy.toByteArray()), Limits.DEFAULT, (key, _) -> items.add(key));
    assertThat(items).contains(LAMP);
  }

  @Test
  void itemsAreReadByRange() {
    backup("one");
    try (Contents contents = BackupReader.open(op, store, "one", null).contents(folder)) {
      OptionalInt lamp = contents.find(LAMP);
      byte[] json = contents.json(lamp.orElseThrow()).orElseThrow();
      assertThat(Json.object(json, "it").at("/metadata/name").asText()).isEqualTo("lamp");
      assertThat(contents.find(ItemKey.of("pods", "no", "such"))).isEmpty();
    }
  }

  @Test
  @Tag("EBS-9")
  void whatChangedIsToldByField() {
    backup("one");
    ObjectNode lamp = cluster.get(op, type(), "lighthouse", "lamp").map(this::object).orElseThrow();
    lamp.withObjectProperty("metadata").put("resourceVersion", "999999");
    cluster.put(LAMP.type(), lamp.deepCopy());
    backup("touched");
    lamp.withObjectProperty("data").put("colour", "green");
    cluster.put(LAMP.type(), lamp);
    ObjectNode extra = lamp.deepCopy();
    extra.withObjectProperty("metadata").put("name", "extra");
    cluster.put(LAMP.type(), extra);
    backup("two");

    assertThat(differences("one", "touched")).as("a server's bookkeeping").isEmpty();
    List<Difference> differences = differences("one", "two");
    assertThat(differences)
        .extracting(d -> d.fate() + " " + d.key())
        .containsExactlyInAnyOrder(
            "CHANGED configmaps/lighthouse/lamp", "ADDED configmaps/lighthouse/extra");
    assertThat(differences.getFirst().changes())
        .extracting(Object::toString)
        .containsExactly("+ data.colour: \"green\"");
    assertThat(differences("two", "one"))
        .extracting(d -> d.fate() + " " + d.key())
        .contains("REMOVED configmaps/lighthouse/extra");

    List<Difference> live = new ArrayList<>();
    try (Contents one = BackupReader.open(op, store, "one", null).contents(folder)) {
      BackupDiff.withCluster(op, one, cluster, live::add);
    }
    assertThat(live).containsExactlyInAnyOrderElementsOf(differences);
  }

  @Test
  void whatTheClusterDoesNotShowIsUnknown() {
    backup("one");
    cluster.deniedTypes.add("configmaps");
    List<Difference> live = new ArrayList<>();
    try (Contents one = BackupReader.open(op, store, "one", null).contents(folder)) {
      BackupDiff.withCluster(op, one, cluster, live::add);
    }
    assertThat(live)
        .isNotEmpty()
        .allMatch(d -> d.fate() == BackupDiff.Fate.UNKNOWN && !d.reason().isEmpty())
        .allMatch(d -> d.key().type().resource().equals("configmaps"));
  }

  private List<Difference> differences(String before, String after) {
    List<Difference> differences = new ArrayList<>();
    try (Contents one = BackupReader.open(op, store, before, null).contents(folder);
        Contents two = BackupReader.open(op, store, after, null).contents(folder)) {
      BackupDiff.between(op, one, two, differences::add);
    }
    return differences;
  }

  private dev.holdfast.model.ResourceType type() {
    return cluster.discover(op).find(LAMP.type()).orElseThrow();
  }

  private ObjectNode object(dev.holdfast.cluster.Cluster.Item item) {
    return Json.object(item.json(), "it");
  }

  private void backup(String name) {
    Backup document =
        new Backup(
            null,
            null,
            ObjectMeta.named("velero", name),
            Json.read(
                "{\"includedNamespaces\":[\"lighthouse\"]}".getBytes(StandardCharsets.UTF_8),
                Backup.Spec.class,
                "spec"),
            null);
    BackupOutcome outcome =
        new BackupRun(cluster, store, BackupOptions.of(document, "0.1.0"), Progress.SILENT).run(op);
    assertThat(outcome).isNotNull();
  }
}
