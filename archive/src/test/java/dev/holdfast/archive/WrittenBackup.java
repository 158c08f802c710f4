package dev.holdfast.archive;

import dev.holdfast.model.Discovery;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Names;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A backup of ours in memory, as a backup run writes it. */
final class WrittenBackup implements BackupVerifier.Source {

  static final Instant TIME = Instant.parse("2026-11-21T03:00:00Z");

  /** With everything that JSON leaves out because it is empty. */
  static final Discovery DISCOVERY =
      new Discovery(
          "v1.36.2",
          List.of(
              new ResourceType(
                  "", "v1", "Secret", "secrets", "", List.of(), true, List.of(), true)),
          Map.of());

  final BackupKeys keys = new BackupKeys("shop");
  final Map<String, byte[]> objects = new TreeMap<>();
  final Map<ItemKey, byte[]> items;

  private final String mode;
  private final @Nullable ItemEncryption encryption;

  /**
   * @param mode {@code none}, {@code secrets} or {@code all}
   */
  WrittenBackup(
      Map<ItemKey, byte[]> items,
      String mode,
      @Nullable ItemEncryption encryption,
      Signature.@Nullable Signer signer) {
    this.items = items;
    this.mode = mode;
    this.encryption = encryption;
    Index index = writeArchive();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    index.write(file);
    put(keys.index(), file.toByteArray());
    writeRecords();
    Map<String, Manifest.Key> manifest = new LinkedHashMap<>();
    objects.forEach((key, bytes) ->
        manifest.put(keys.relative(key), new Manifest.Key(bytes.length, Names.sha256(bytes))));
    put(keys.claim(), Claim.create("run-1", "test", TIME).toBytes());
    byte[] bytes =
        Manifest.create(
                "shop",
                "uid-1",
                "run-1",
                "holdfast/test",
                TIME.toString(),
                "cluster",
                encryption == null ? null : new Manifest.Encryption(mode, encryption.recipients()),
                manifest,
                List.of(),
                DISCOVERY)
            .toBytes();
    put(keys.manifest(), bytes);
    if (signer != null) {
      put(keys.manifestSignature(), signer.sign(bytes));
    }
  }

  /** Three dozen items in several gzip members, Secrets among them. */
  static Map<ItemKey, byte[]> someItems() {
    Map<ItemKey, byte[]> items = new LinkedHashMap<>();
    for (int i = 0; i < 12; i++) {
      add(items, "v1", "Secret", ItemKey.of("secrets", "shop", "s" + i), i * 300);
      add(items, "v1", "Namespace", ItemKey.of("namespaces", "", "n" + i), 10);
      add(items, "apps/v1", "Deployment", ItemKey.of("deployments.apps", "shop", "d" + i), 40_000);
    }
    return items;
  }

  private static void add(
      Map<ItemKey, byte[]> items, String apiVersion, String kind, ItemKey key, int size) {
    StringBuilder noise = new StringBuilder();
    java.util.SplittableRandom random = new java.util.SplittableRandom(key.hashCode());
    while (noise.length() < size) {
      noise.append(Long.toHexString(random.nextLong()));
    }
    items.put(key, ArchiveRoundTripTest.json(apiVersion, kind, key, noise.toString()));
  }

  private Index writeArchive() {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    ByteArrayOutputStream secrets = new ByteArrayOutputStream();
    boolean apart = mode.equals("secrets");
    try (ArchiveWriter writer = new ArchiveWriter(archive, 2, TIME)) {
      if (apart) {
        try (SecretsWriter sealed = new SecretsWriter(secrets, encryption(), TIME)) {
          items.forEach((key, json) -> {
            if (key.type().resource().equals("secrets")) {
              sealed.add(key, "v1", true, json);
              writer.addEncrypted(key, json);
            }
          });
          sealed.finish();
        }
        put(keys.secrets(), secrets.toByteArray());
      }
      items.forEach((key, json) -> {
        if (!apart || !key.type().resource().equals("secrets")) {
          writer.add(key, "v1", true, json);
        }
      });
      Index index = writer.finish();
      put(keys.archive(), archive.toByteArray());
      return index;
    }
  }

  private void writeRecords() {
    ResourceList.Builder list = new ResourceList.Builder();
    items.forEach((key, json) -> {
      ItemHead head = ItemHead.read(json, "it");
      list.add(head.apiVersion(), head.kind(), key.namespace(), key.name());
    });
    put(keys.resourceList(), list.build().toBytes());
    put(keys.results(), Results.NONE.toBytes());
    put(keys.volumeInfo(), VolumeInfo.toBytes(List.of()));
    put(keys.podVolumeBackups(), Documents.NO_DOCUMENTS);
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (RunLog run = new RunLog(log, Clock.systemUTC(), "backup", "velero/shop")) {
      run.info("Backed up a total of " + items.size() + " items", Map.of());
    }
    put(keys.logs(), log.toByteArray());
    var document = Json.MAPPER.createObjectNode();
    document.put("kind", "Backup").put("apiVersion", "velero.io/v1");
    document.putObject("metadata").put("name", "shop").put("namespace", "velero");
    document
        .putObject("status")
        .put("version", 1)
        .put("phase", "Completed")
        .putObject("progress")
        .put("itemsBackedUp", items.size());
    put(
        keys.backupJson(),
        Documents.backup(Json.read(Json.bytes(document), Backup.class, "backup")));
  }

  private void put(String key, byte[] bytes) {
    if (mode.equals("all") && keys.replacedByEncryption().contains(key)) {
      objects.put(keys.encrypted(key), encryption().encrypt(bytes));
    } else {
      objects.put(key, bytes);
    }
  }

  private ItemEncryption encryption() {
    return java.util.Objects.requireNonNull(encryption);
  }

  byte[] bytes(String key) {
    return java.util.Objects.requireNonNull(objects.get(key), key);
  }

  Verification verify(@Nullable AllowedSigners signers, @Nullable ItemDecryption identities) {
    return new BackupVerifier(this, keys, objects.keySet(), signers, identities).verify();
  }

  /** Writes the backup's folder. */
  void copyTo(Path folder) throws IOException {
    for (Map.Entry<String, byte[]> object : objects.entrySet()) {
      Files.write(folder.resolve(keys.relative(object.getKey())), object.getValue());
    }
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public Optional<InputStream> open(String key) {
    return Optional.ofNullable(objects.get(key)).map(ByteArrayInputStream::new);
  }
}
