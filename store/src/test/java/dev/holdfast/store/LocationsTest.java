package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.BackupStorageLocation.Spec;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.store.LocationCheck.Finding;
import dev.holdfast.store.LocationCheck.Outcome;
import dev.holdfast.store.ObjectStore.PutOptions;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocationsTest {

  private static final ObjectStorage BUCKET = new ObjectStorage("bucket", null, null, null);

  @TempDir Path folder;

  private final Operation op = Operation.start();

  private static BackupStorageLocation location(
      String provider,
      Map<String, String> config,
      @Nullable ObjectStorage storage,
      @Nullable String accessMode) {
    return new BackupStorageLocation(
        BackupStorageLocation.API_VERSION,
        BackupStorageLocation.KIND,
        ObjectMeta.named("velero", "offsite"),
        new Spec(provider, config, null, storage, null, accessMode, null, null),
        null);
  }

  @Test
  void opensADirectoryBelowItsPrefix() {
    ObjectStorage prefix = new ObjectStorage(null, "/clusters/one/", null, null);
    BackupStorageLocation directory =
        location(
            BackupStorageLocation.DIRECTORY,
            Map.of("path", folder.resolve("d").toString()),
            prefix,
            null);
    try (ObjectStore store = Locations.open(directory, Credentials.FILES)) {
      store.put(op, "backups/a", new byte[1], PutOptions.NONE);
    }
    assertThat(folder.resolve("d/clusters/one/backups/a")).exists();
  }

  @Test
  void changesNothingInAReadOnlyLocation() throws IOException {
    Files.writeString(folder.resolve("k"), "x");
    BackupStorageLocation readOnly =
        location(
            BackupStorageLocation.DIRECTORY, Map.of("path", folder.toString()), null, "ReadOnly");
    try (ObjectStore store = Locations.open(readOnly, Credentials.FILES)) {
      assertThatThrownBy(() -> store.put(op, "k", new byte[1], PutOptions.NONE))
          .isInstanceOf(Failure.Denied.class)
          .hasMessageContaining("read-only");
      assertThatThrownBy(() -> store.putIfAbsent(op, "n", new byte[1]))
          .isInstanceOf(Failure.Denied.class);
      assertThatThrownBy(() -> store.delete(op, "k")).isInstanceOf(Failure.Denied.class);
      assertThat(store.head(op, "k")).isPresent();
      assertThat(LocationCheck.run(op, store, true))
          .filteredOn(f -> f.outcome() == Outcome.OK)
          .extracting(Finding::step)
          .containsExactly("list", "layout");
    }
    assertThat(folder.resolve("k")).hasContent("x");
  }

  @ParameterizedTest
  @CsvSource({"azure", "gcp", "velero.io/gcp", "alibabacloud"})
  void refusesOtherProvidersByName(String provider) {
    assertThatThrownBy(
            () -> Locations.open(location(provider, Map.of(), BUCKET, null), Credentials.FILES))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("offsite")
        .hasMessageContaining(provider);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3url=http://x|unknown config s3url",
        "s3Url=minio:9000|s3Url",
        "s3Url=http://user:pass@minio:9000|s3Url",
        "publicUrl=ftp://minio|publicUrl",
        "s3ForcePathStyle=yes|s3ForcePathStyle",
        "enableSharedConfig=maybe|enableSharedConfig",
        "signatureVersion=2|signatureVersion 2",
        "checksumAlgorithm=MD4|checksumAlgorithm MD4",
        "kmsKeyId=k;serverSideEncryption=AES256|aws:kms, not AES256",
        "customerKeyEncryptionFile=a;customerKeyEncryptionSecret=b|both customerKeyEncryptionFile",
        "customerKeyEncryptionFile=/no/such/file|/no/such/file",
        "credentialsFile=/no/such/file|/no/such/file",
        "caCert=%%%|caCert"
      })
  void namesTheKeyThatIsWrong(String config, String message) {
    Map<String, String> keys = new HashMap<>();
    for (String pair : config.split(";")) {
      int equals = pair.indexOf('=');
      keys.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    assertThatThrownBy(() -> Locations.open(location("aws", keys, BUCKET, null), Credentials.FILES))
        .isInstanceOfAny(Failure.Invalid.class, Failure.Absent.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(((Failure) e).describe()).doesNotContain("pass@"));
  }

  @Test
  void takesAllOfVelerosKeys() throws IOException {
    Path credentials =
        Files.writeString(
            folder.resolve("credentials"),
            "[default]\naws_access_key_id=a\naws_secret_access_key=b\n");
    Path customerKey = Files.write(folder.resolve("key"), new byte[32]);
    Map<String, String> config =
        Map.ofEntries(
            Map.entry("region", "minio"),
            Map.entry("s3ForcePathStyle", "true"),
            Map.entry("s3Url", "http://minio:9000"),
            Map.entry("publicUrl", "https://minio.example"),
            Map.entry("customerKeyEncryptionFile", customerKey.toString()),
            Map.entry("signatureVersion", "4"),
            Map.entry("profile", "default"),
            Map.entry("insecureSkipTLSVerify", "false"),
            Map.entry("enableSharedConfig", "true"),
            Map.entry("tagging", "a=b"),
            Map.entry("checksumAlgorithm", ""),
            Map.entry("credentialsFile", credentials.toString()));
    try (ObjectStore store =
        Locations.open(location("velero.io/aws", config, BUCKET, null), Credentials.FILES)) {
      assertThat(store.describe()).isEqualTo("s3://bucket at http://minio:9000");
      assertThatThrownBy(() -> store.signedGet(op, "k", java.time.Duration.ofMinutes(1)))
          .isInstanceOf(Failure.Unsupported.class);
    }
  }

  @Test
  void putsThePublicUrlIntoSignedUrlsOnly() throws IOException {
    Path credentials =
        Files.writeString(
            folder.resolve("credentials"),
            "[default]\naws_access_key_id=a\naws_secret_access_key=very-secret\n");
    Map<String, String> config =
        Map.of(
            "region", "minio",
            "s3ForcePathStyle", "true",
            "s3Url", "http://minio:9000",
            "publicUrl", "https://public.example/s3");
    BackupStorageLocation location =
        new BackupStorageLocation(
            null,
            null,
            ObjectMeta.named("velero", "offsite"),
            new Spec(
                "aws",
                config,
                new Credential(credentials.toString(), null),
                new ObjectStorage("bucket", "p", null, null),
                null,
                null,
                null,
                null),
            null);
    try (ObjectStore store = Locations.open(location, Credentials.FILES)) {
      String url = store.signedGet(op, "k", java.time.Duration.ofMinutes(10)).toString();
      assertThat(url)
          .startsWith("https://public.example/s3/bucket/p/k?")
          .contains("X-Amz-Expires=600")
          .doesNotContain("very-secret");
    }
  }

  @Test
  @Tag("EMF-8")
  void findsNothingWrongWithAGoodDirectory() {
    try (ObjectStore store = new DirectoryStore(folder)) {
      store.put(op, "backups/one/velero-backup.json", new byte[1], PutOptions.NONE);
      List<Finding> findings = LocationCheck.run(op, store, false);
      assertThat(findings)
          .extracting(Finding::step)
          .containsExactly(
              "list", "layout", "write", "read", "delete", "put-if-absent", "signed URL");
      assertThat(findings)
          .filteredOn(f -> f.outcome() != Outcome.OK)
          .extracting(Finding::step)
          .containsExactly("signed URL");
      assertThat(store.list(op, "").prefixes()).containsExactly("backups/");
    }
  }

  @Test
  @Tag("EMF-8")
  void findsWhatVeleroWouldRefuse() {
    try (ObjectStore store = new DirectoryStore(folder)) {
      for (String top : List.of("backups", "holiday", "kopia", "photos")) {
        store.put(op, top + "/x", new byte[1], PutOptions.NONE);
      }
      assertThat(LocationCheck.run(op, store, false))
          .filteredOn(f -> f.step().equals("layout"))
          .singleElement()
          .satisfies(f -> assertThat(f.outcome()).isEqualTo(Outcome.WARNING))
          .satisfies(f -> assertThat(f.message()).contains("holiday/, photos/"));
    }
  }

  @Test
  @Tag("EMF-8")
  void findsWhatAStoreDoesWrong() {
    assertThat(failed(FaultyStore.lists(), FaultyStore.unreachable())).containsExactly("list");
    assertThat(failed(FaultyStore.puts("object"), FaultyStore.denied())).containsExactly("write");
    assertThat(failed(FaultyStore.gets("object"), FaultyStore.truncate(1_500)))
        .containsExactly("read");
    assertThat(failed(FaultyStore.lists(), FaultyStore.hide(key -> key.endsWith("/object"))))
        .containsExactly("read");
    assertThat(
            failed(
                call -> call.verb() == FaultyStore.Verb.DELETE && call.key().endsWith("object"),
                FaultyStore.denied()))
        .containsExactly("delete");
    assertThat(failed(FaultyStore.puts("claim"), FaultyStore.unreachable()))
        .containsExactly("put-if-absent");
  }

  private List<String> failed(
      java.util.function.Predicate<FaultyStore.Call> when, FaultyStore.Fault fault) {
    try (FaultyStore store = new FaultyStore(new DirectoryStore(folder.resolve("checked")))) {
      store.put(op, "backups/x", new byte[1], PutOptions.NONE);
      store.on(when, fault);
      return LocationCheck.run(op, store, false).stream()
          .filter(f -> f.outcome() == Outcome.FAILED)
          .map(Finding::step)
          .toList();
    }
  }
}
