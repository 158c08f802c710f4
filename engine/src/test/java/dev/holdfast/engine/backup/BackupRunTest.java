package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.AllowedSigners;
import dev.holdfast.archive.ArchiveReader;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.ItemDecryption;
import dev.holdfast.archive.Limits;
import dev.holdfast.archive.LocationKeys;
import dev.holdfast.archive.SecretsReader;
import dev.holdfast.archive.Signature;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions.Encryption;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.store.DirectoryStore;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupRunTest {

  private static final String LIGHTHOUSE = "{'includedNamespaces':['lighthouse']}";
  private static final String HARBOUR = "{'includedNamespaces':['harbour']}";

  /** Made for these tests. */
  private static final String RECIPIENT =
      "age1rp7fth4nwjrjs66pdl2jx887vxhq7vtrkyu3gtglkf8qxkpjr3ksg6vmf2";

  private static final String IDENTITY =
      "AGE-SECRET-KEY-1V2NP9LL69QP6ANM2WV5QRDFSE5NZVA84469P7JAU0SH9SNVP8MNQNR0VSC";

  @TempDir Path folder;
  private RecordedCluster cluster;
  private DirectoryStore store;

  @BeforeEach
  void start() {
    cluster = new RecordedCluster(Fixtures.path("velero-cases/cluster"));
    store = new DirectoryStore(folder.resolve("location"));
  }

  private static Backup document(String name, String spec) {
    return new Backup(
        null,
        null,
        ObjectMeta.named("velero", name),
        Json.read(
            spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Backup.Spec.class, "spec"),
        null);
  }

  static BackupOptions options(String name, String spec) {
    return BackupOptions.of(document(name, spec), "0.1.0");
  }

  private BackupOutcome run(BackupOptions options) {
    return new BackupRun(cluster, store, options, Progress.SILENT).run(Operation.start());
  }

  private StoredBackup stored(String name) {
    return new StoredBackup(store, name);
  }

  @Test
  @Tag("EMF-9")
  @Tag("EMF-11")
  @Tag("EBS-8")
  void storesEverythingOnceWithItsRecordsAndAManifest() {
    BackupOutcome outcome = run(options("all", "{}"));
    StoredBackup stored = stored("all").checkWhole();
    assertThat(stored.keys())
        .containsExactlyInAnyOrder(
            "velero-backup.json",
            "all.tar.gz",
            "all-logs.gz",
            "all-results.gz",
            "all-resource-list.json.gz",
            "all-volumeinfo.json.gz",
            "all-podvolumebackups.json.gz",
            "all-volumesnapshots.json.gz",
            "all-itemoperations.json.gz",
            "holdfast-claim.json",
            "holdfast-index.zst",
            "holdfast-manifest.json");
    assertThat(stored.bytes(new BackupKeys("all").backupJson()))
        .isEqualTo(Documents.backup(outcome.document()));
    assertThat(stored.results()).isEqualTo(outcome.results());
    assertThat(stored.manifest().discovery()).isEqualTo(cluster.discover(Operation.start()));
    assertThat(stored.items().values())
        .allSatisfy(json -> assertThat(Json.object(json, "item").has("kind")).isTrue());
    assertThat(store.head(Operation.start(), LocationKeys.LOCATION)).isPresent();
  }

  @Test
  void itemsHaveTheServersOwnBytes() {
    run(options("shop", LIGHTHOUSE));
    ItemKey key = ItemKey.of("configmaps", "lighthouse", "lamp");
    assertThat(stored("shop").item(key)).isEqualTo(Json.bytes(cluster.object(key)));
  }

  @Test
  void theDocumentHasVelerosDefaults() {
    Backup.Spec spec = run(options("shop", LIGHTHOUSE)).document().spec();
    assertThat(Json.tree(spec == null ? "" : spec).toString())
        .contains("\"ttl\":\"720h0m0s\"", "\"csiSnapshotTimeout\":\"10m0s\"")
        .contains("\"itemOperationTimeout\":\"4h0m0s\"", "\"storageLocation\":\"default\"")
        .contains("volumesnapshots.snapshot.storage.k8s.io");
    Backup stored = stored("shop").document();
    assertThat(stored.metadata().annotationsOrEmpty())
        .containsEntry("velero.io/source-cluster-k8s-gitversion", "v1.36.2")
        .containsEntry("velero.io/source-cluster-k8s-minor-version", "36");
    assertThat(stored.metadata().labelsOrEmpty())
        .containsEntry("velero.io/storage-location", "default");
  }

  @Test
  @Tag("EBS-4")
  @Tag("SF-7")
  @Tag("SF-11")
  void relatedItemsComeAlongWithoutAReadEach() {
    run(options("port", HARBOUR));
    assertThat(stored("port").items().keySet().stream().map(ItemKey::toString))
        .contains(
            "persistentvolumes/harbour-pv-0",
            "priorityclasses.scheduling.k8s.io/harbour-critical",
            "clusterrolebindings.rbac.authorization.k8s.io/harbour-crane",
            "clusterroles.rbac.authorization.k8s.io/harbour-crane",
            "customresourcedefinitions.apiextensions.k8s.io/berths.port.example.org",
            "berths.port.example.org/harbour/north");
    assertThat(cluster.gets.get())
        .as("only what no list had: PV, class, role, binding, CRD")
        .isEqualTo(5);
    cluster.gets.set(0);
    run(options("full", "{}"));
    assertThat(cluster.gets.get()).as("a full backup has everything in its lists").isZero();
  }

  @Test
  void definitionsThatTheFiltersKeepOutAreCarriedBesideTheArchive() {
    run(
        options(
            "custom",
            "{'includedNamespaces':['harbour'],'includedResources':['berths.port.example.org']}"));
    StoredBackup stored = stored("custom").checkWhole();
    assertThat(stored.items()).hasSize(1);
    byte[] gzip = stored.bytes(new BackupKeys("custom").definitions());
    assertThat(Documents.readAll(gzip, "definitions"))
        .singleElement()
        .satisfies(
            d -> assertThat(d.at("/metadata/name").asText()).isEqualTo("berths.port.example.org"));
    run(options("port", HARBOUR));
    assertThat(stored("port").keys()).doesNotContain("holdfast-definitions.json.gz");
  }

  @Test
  @Tag("SF-15")
  void whatMayNotBeListedIsAWarningAndTheRestGoesOn() {
    cluster.deniedTypes.addAll(
        List.of("secrets", "namespaces", "clusterrolebindings.rbac.authorization.k8s.io"));
    BackupOutcome outcome = run(options("mine", LIGHTHOUSE));
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(outcome.results().warnings().all())
        .anyMatch(w -> w.contains("/secrets") && w.contains("may not be listed"))
        .anyMatch(w -> w.contains("/clusterrolebindings"))
        .anyMatch(w -> w.contains("namespaces cannot be listed"));
    assertThat(stored("mine").checkWhole().items().keySet().stream().map(ItemKey::toString))
        .contains("configmaps/lighthouse/lamp");
  }

  @Test
  @Tag("SF-15")
  void whatMayNotBeListedIsAnErrorIfItWasNamed() {
    cluster.deniedTypes.add("secrets");
    BackupOutcome outcome =
        run(
            options(
                "mine",
                "{'includedNamespaces':['harbour'],'includedResources':['secrets','configmaps']}"));
    assertThat(outcome.exitCode()).isEqualTo(3);
    assertThat(outcome.results().errors().all()).singleElement().asString().contains("/secrets");
    assertThat(stored("mine").items()).isNotEmpty();
  }

  /** What comes after is not forbidden but unknown: half a backup must not look whole. */
  @Test
  void aLoginThatEndsInTheMiddleFailsTheBackup() {
    cluster.failingTypes.put(
        "secrets", Failure.Denied.credentials("the token has expired", "log in again"));
    assertThatThrownBy(() -> run(options("mine", LIGHTHOUSE)))
        .isInstanceOf(Failure.Denied.class)
        .hasMessageContaining("expired");
    assertThat(phase(stored("mine"))).isEqualTo("Failed");
  }

  @Test
  void aTypeThatCannotBeListedIsAnErrorAndTheRestGoesOn() {
    cluster.failingTypes.put(
        "leases.coordination.k8s.io", new Failure.Unreachable("HTTP 503", null, null));
    BackupOutcome outcome = run(options("all", "{}"));
    assertThat(outcome.results().errors().all())
        .anyMatch(e -> e.contains("/leases.coordination.k8s.io") && e.contains("HTTP 503"));
    stored("all").checkWhole();
  }

  @Test
  void anApiGroupThatIsDownIsReportedAndTheRestGoesOn() {
    cluster.undiscovered.put("metrics.k8s.io/v1beta1", "HTTP 503");
    BackupOutcome outcome = run(options("shop", LIGHTHOUSE));
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .contains("metrics.k8s.io/v1beta1", "could not be discovered", "HTTP 503");
    stored("shop").checkWhole();
  }

  @Test
  @Tag("EBS-2")
  void oneApplicationIsChosenByItsLabel() {
    run(
        options(
            "crane",
            "{'includedNamespaces':['harbour'],'labelSelector':{'matchLabels':{'app':'crane'}}}"));
    assertThat(stored("crane").items().keySet().stream().map(ItemKey::toString))
        .contains("statefulsets.apps/harbour/crane", "secrets/harbour/crane-key")
        .noneMatch(item -> item.contains("gate"));
  }

  @Test
  @Tag("SF-8")
  void configMapsCanBeLeftOut() {
    run(options("slim", "{'includedNamespaces':['harbour'],'excludedResources':['cm']}"));
    assertThat(stored("slim").items().keySet())
        .noneMatch(key -> key.type().resource().equals("configmaps"))
        .anyMatch(key -> key.type().resource().equals("secrets"));
  }

  @Test
  void aServerThatAnswersNoListFailsTheBackupAndARecordSaysSo() {
    for (var type : cluster.discover(Operation.start()).preferred()) {
      if (!type.resource().equals("namespaces")) {
        cluster.failingTypes.put(
            type.groupResource().toString(), new Failure.Unreachable("HTTP 500", null, null));
      }
    }
    assertThatThrownBy(() -> run(options("all", "{}")))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("HTTP 500");
    StoredBackup stored = stored("all");
    assertThat(new Backups(store).list(Operation.start()))
        .singleElement()
        .extracting(Backups.Listed::phase)
        .isEqualTo("Failed");
    assertThat(stored.results().errors().all()).anyMatch(e -> e.contains("the backup failed"));
    assertThat(stored.keys())
        .contains("all-logs.gz", "all-results.gz", "velero-backup.json")
        .doesNotContain("all.tar.gz", "holdfast-manifest.json");
  }

  @Test
  @Tag("SF-12")
  void itemsBeingDeletedAndExcludedItemsAreLeftOut() {
    run(options("east", "{'includedNamespaces':['harbour-east','harbour']}"));
    assertThat(stored("east").items().keySet().stream().map(ItemKey::toString))
        .doesNotContain("configmaps/harbour-east/going", "configmaps/harbour/not-this-one")
        .contains("configmaps/harbour-east/pier", "configmaps/harbour/tides");
  }

  @Test
  void aClaimIsStoredWithoutWhereItsContentOnceCameFrom() {
    ItemKey key = ItemKey.of("persistentvolumeclaims", "harbour", "log-crane-0");
    ObjectNode claim = cluster.object(key);
    claim.withObject("/spec/dataSource").put("kind", "VolumeSnapshot").put("name", "old");
    claim.withObject("/spec/selector/matchLabels").put("app", "crane");
    claim.withObject("/metadata/labels").put("velero.io/restore-name", "r").put("app", "crane");
    run(options("port", HARBOUR));
    ObjectNode stored = Json.object(stored("port").item(key), "claim");
    assertThat(stored.at("/spec").has("dataSource")).isFalse();
    assertThat(stored.at("/spec").has("selector")).isFalse();
    assertThat(stored.at("/metadata/labels").toString()).isEqualTo("{\"app\":\"crane\"}");
  }

  @Test
  void volumesAndHooksThatAreNotSavedAreErrorsAndSkippedRecords() {
    BackupOutcome outcome = run(options("port", HARBOUR));
    assertThat(outcome.exitCode()).isEqualTo(3);
    assertThat(outcome.results().errors().all())
        .hasSize(2)
        .anyMatch(e -> e.contains("/log-crane-0") && e.contains("harbour-pv-0"))
        .anyMatch(e -> e.contains("/crane-0") && e.contains("hook"));
    List<VolumeInfo> volumes =
        VolumeInfo.read(stored("port").bytes(new BackupKeys("port").volumeInfo()), "volumes");
    assertThat(volumes)
        .singleElement()
        .satisfies(volume -> {
          assertThat(volume.skipped()).isTrue();
          assertThat(volume.pvName()).isEqualTo("harbour-pv-0");
          assertThat(volume.skippedReason()).contains("objects only");
        });
  }

  @Test
  void volumesThatAreNotWantedAreSkippedWithoutAnError() {
    BackupOutcome outcome =
        run(options("port", "{'includedNamespaces':['harbour'],'snapshotVolumes':false}"));
    assertThat(outcome.volumes()).singleElement().extracting(VolumeInfo::skipped).isEqualTo(true);
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("/crane-0", "hook");
  }

  @Test
  @Tag("KUR-37")
  void aWorkloadInTheMiddleOfARolloutIsAWarningThatNamesIt() {
    ItemKey key = ItemKey.of("deployments.apps", "harbour", "gate");
    cluster.object(key).withObject("/metadata").put("generation", 99);
    assertThat(run(options("port", HARBOUR)).results().warnings().all())
        .anyMatch(w -> w.contains("/gate") && w.contains("rollout"));
  }

  @Test
  void orderedResourcesComeFirstAndUnknownOnesAreReported() {
    BackupOutcome outcome =
        run(
            options(
                "ordered",
                "{'includedNamespaces':['harbour'],'orderedResources':"
                    + "{'pods':'harbour/gate-785c9dc75-hgq59,harbour/absent','nonsense':'a'}}"));
    List<String> pods = new ArrayList<>();
    stored("ordered")
        .index()
        .forEach(entry -> {
          if (entry.kind().equals("Pod")) {
            pods.add(entry.key().name());
          }
        });
    assertThat(pods).containsExactly("gate-785c9dc75-hgq59", "crane-0", "gate-785c9dc75-gff4r");
    assertThat(outcome.results().warnings().all())
        .anyMatch(w -> w.contains("'nonsense'"))
        .anyMatch(w -> w.contains("'harbour/absent'"));
  }

  @Test
  void aTypeThatNobodyServesIsReported() {
    BackupOutcome outcome =
        run(
            options(
                "typo",
                "{'includedNamespaces':['harbour'],'includedResources':['deploymnts','cm']}"));
    assertThat(outcome.results().warnings().all()).anyMatch(w -> w.contains("'deploymnts'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'includedNamespaces':['nowhere']}",
        "{'includedNamespaces':['a','b']}",
        "{'includedNamespaces':['harbour'],'labelSelector':{'matchExpressions':[{'key':'a','operator':'In'}]}}",
        "{'includedNamespaces':['harbour'],'excludedNamespaces':['harbour']}",
        "{'ttl':'-1h'}"
      })
  void whatMakesNoSenseIsRefusedBeforeAnythingIsWritten(String spec) {
    assertThatThrownBy(() -> run(options("shop", spec))).isInstanceOf(Failure.class);
    assertThat(folder.resolve("location")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Shop", "a/b", "..", "-a", "a_b"})
  void aNameThatIsNoneIsRefused(String name) {
    assertThatThrownBy(() -> run(options(name, LIGHTHOUSE)))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("cannot be the name of a backup");
    assertThat(folder.resolve("location")).doesNotExist();
  }

  @Test
  void aNameThatIsTakenIsRefusedAndTheBackupIsNotTouched() {
    run(options("shop", LIGHTHOUSE));
    Backup before = stored("shop").document();
    assertThatThrownBy(() -> run(options("shop", HARBOUR)))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("'shop' exists already");
    assertThat(stored("shop").checkWhole().document()).isEqualTo(before);
  }

  @Test
  void ofTwoRunsWithOneNameAtOneTimeOneFailsAndNamesTheOther() {
    List<Failure> refused = new ArrayList<>();
    cluster.beforeList =
        type -> {
          if (type.equals("pods") && refused.isEmpty()) {
            refused.add(
                catchThrowableOfType(
                    Failure.class,
                    () ->
                        new BackupRun(
                                new RecordedCluster(Fixtures.path("velero-cases/cluster")),
                                store,
                                options("shop", LIGHTHOUSE),
                                Progress.SILENT)
                            .run(Operation.start())));
          }
        };
    run(options("shop", LIGHTHOUSE));
    assertThat(refused).singleElement().isInstanceOf(Failure.Locked.class);
    assertThat(refused.getFirst().getMessage()).contains("is being written by holdfast/0.1.0");
    stored("shop").checkWhole();
  }

  @Test
  void aCancelledRunLeavesNothing() {
    Operation op = Operation.start();
    cluster.beforeList =
        type -> {
          if (type.equals("secrets")) {
            op.cancel("Interrupted by the user");
          }
        };
    var run = new BackupRun(cluster, store, options("shop", LIGHTHOUSE), Progress.SILENT);
    assertThatThrownBy(() -> run.run(op)).isInstanceOf(Failure.Cancelled.class);
    assertThat(stored("shop").keys()).isEmpty();
    cluster.beforeList = _ -> {};
    run(options("shop", LIGHTHOUSE));
    stored("shop").checkWhole();
  }

  /**
   * Whatever operation the store dies at, and however: a backup that exists is whole or says
   * Failed, and the name can be used again once the dead run's remains are collected.
   */
  @ParameterizedTest
  @EnumSource(DyingStore.Death.class)
  void aStoreThatDiesAtAnyMomentLeavesNoIncompleteBackup(DyingStore.Death death) {
    Operation past =
        Operation.start(
            Clock.offset(Clock.systemUTC(), Duration.ofHours(-2)), new SplittableRandom());
    boolean died = true;
    for (int n = 1; died; n++) {
      var location = new DirectoryStore(folder.resolve(death + "-" + n));
      var dying = new DyingStore(location, n, death);
      try {
        new BackupRun(cluster, dying, options("shop", LIGHTHOUSE), Progress.SILENT).run(past);
      } catch (Failure e) {
        assertThat(e).as("operation " + n).isInstanceOf(Failure.Unreachable.class);
      }
      died = dying.died();
      var stored = new StoredBackup(location, "shop");
      var backups = new Backups(location);
      if (stored.exists()) {
        if (phase(stored).equals("Failed")) {
          assertThat(stored.results().errors().count()).isPositive();
        } else {
          stored.checkWhole();
        }
        backups.delete(Operation.start(), "shop");
      } else if (Files.exists(folder.resolve(death + "-" + n))) {
        age(folder.resolve(death + "-" + n));
        backups.prune(Operation.start(), KeepPolicy.ALL, false);
      }
      assertThat(stored.keys()).as("operation " + n).isEmpty();
      new BackupRun(cluster, location, options("shop", LIGHTHOUSE), Progress.SILENT)
          .run(Operation.start());
      stored.checkWhole();
    }
  }

  private static String phase(StoredBackup stored) {
    Backup.Status status = stored.document().status();
    return status == null ? "" : String.valueOf(status.phase());
  }

  private static void age(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      var old = java.nio.file.attribute.FileTime.from(java.time.Instant.now().minusSeconds(7200));
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, old);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void secretsModeTakesSecretsOutOfTheArchive() {
    run(options("port", HARBOUR).encrypted(Encryption.SECRETS, List.of(RECIPIENT)));
    StoredBackup stored = stored("port").checkWhole();
    assertThat(stored.items().keySet()).noneMatch(key -> key.type().resource().equals("secrets"));
    Map<ItemKey, byte[]> secrets = new TreeMap<>();
    SecretsReader.read(
        new ByteArrayInputStream(stored.bytes(new BackupKeys("port").secrets())),
        ItemDecryption.identities(IDENTITY, "test"),
        Limits.DEFAULT,
        secrets::put);
    assertThat(secrets.keySet().stream().map(ItemKey::toString))
        .containsExactly("secrets/harbour/crane-key", "secrets/harbour/sealed");
    assertThat(stored.manifest().encryption()).isNotNull();
  }

  @Test
  void allModeLeavesNothingReadable() {
    run(options("port", HARBOUR).encrypted(Encryption.ALL, List.of(RECIPIENT)));
    StoredBackup stored = stored("port");
    assertThat(stored.keys())
        .containsExactlyInAnyOrder(
            "velero-backup.json",
            "holdfast-claim.json",
            "holdfast-manifest.json",
            "holdfast-index.zst.age",
            "holdfast-archive.tar.gz.age",
            "holdfast-logs.gz.age",
            "holdfast-results.gz.age",
            "holdfast-resource-list.json.gz.age",
            "holdfast-podvolumebackups.json.gz.age",
            "holdfast-volumesnapshots.json.gz.age",
            "holdfast-itemoperations.json.gz.age",
            "holdfast-volumeinfo.json.gz.age");
    var backups = new Backups(store);
    var identities = ItemDecryption.identities(IDENTITY, "test");
    Operation op = Operation.start();
    assertThat(backups.logs(op, "port", identities)).contains("level=info", "backup=velero/port");
    assertThatThrownBy(() -> backups.logs(op, "port", null)).isInstanceOf(Failure.WrongKey.class);
    Map<ItemKey, byte[]> items = new TreeMap<>();
    ArchiveReader.read(
        new ByteArrayInputStream(
            backups.record(op, "port", new BackupKeys("port").archive(), identities)),
        Limits.DEFAULT,
        items::put);
    assertThat(items).hasSizeGreaterThan(20);
  }

  @Test
  void aWrongRecipientOrKeyIsRefusedBeforeAnythingIsWritten() {
    assertThatThrownBy(
            () -> run(options("a", HARBOUR).encrypted(Encryption.ALL, List.of("age1nonsense"))))
        .isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> run(options("a", HARBOUR).encrypted(Encryption.SECRETS, List.of())))
        .isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> run(options("a", HARBOUR).signed(folder.resolve("absent"))))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("absent");
    assertThat(folder.resolve("location")).doesNotExist();
  }

  @Test
  void theManifestIsSigned() throws Exception {
    Path key = folder.resolve("key");
    Files.writeString(
        key,
        """
        -----BEGIN OPENSSH PRIVATE KEY-----
        b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
        QyNTUxOQAAACAGUwIIrrSFlBeEtXXSqQcusorSuPn55omnn9emj/iozgAAAIiv//d7r//3
        ewAAAAtzc2gtZWQyNTUxOQAAACAGUwIIrrSFlBeEtXXSqQcusorSuPn55omnn9emj/iozg
        AAAEDauIJuS5Z5R+17JfzcV5FzO8oi8bbebxpxNAbAFXwJXwZTAgiutIWUF4S1ddKpBy6y
        itK4+fnmiaef16aP+KjOAAAABHRlc3QB
        -----END OPENSSH PRIVATE KEY-----
        """);
    run(options("port", HARBOUR).signed(key));
    StoredBackup stored = stored("port").checkWhole();
    BackupKeys keys = new BackupKeys("port");
    AllowedSigners signers =
        AllowedSigners.parse(
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAZTAgiutIWUF4S1ddKpBy6yitK4+fnmiaef16aP+KjO test",
            "test");
    assertThat(
            Signature.verify(
                    stored.bytes(keys.manifest()), stored.bytes(keys.manifestSignature()), signers)
                .principal())
        .isNotNull();
  }

  @Test
  void aNewerLocationIsNotWrittenTo() {
    store.put(
        Operation.start(),
        LocationKeys.LOCATION,
        "{\"formatVersion\":99,\"leastReader\":\"9.0\",\"id\":\"x\"}"
            .getBytes(StandardCharsets.UTF_8),
        dev.holdfast.store.ObjectStore.PutOptions.NONE);
    assertThatThrownBy(() -> run(options("shop", LIGHTHOUSE)))
        .isInstanceOfSatisfying(
            Failure.Unsupported.class, e -> assertThat(e.describe()).contains("99", "9.0"));
    assertThat(stored("shop").keys()).isEmpty();
  }

  @Test
  void progressHearsEveryStageAndEveryWarning() {
    List<String> heard = new ArrayList<>();
    Progress progress =
        new Progress() {
          @Override
          public synchronized void phase(String name) {
            heard.add(name);
          }

          @Override
          public synchronized void error(String message) {
            heard.add("error " + message);
          }
        };
    new BackupRun(cluster, store, options("port", HARBOUR), progress).run(Operation.start());
    assertThat(heard.stream().filter(line -> !line.startsWith("error")))
        .containsExactly("select", "collect", "relate", "volumes", "archive", "publish");
    assertThat(heard).anyMatch(line -> line.startsWith("error persistentvolumeclaims/harbour/"));
  }
}
