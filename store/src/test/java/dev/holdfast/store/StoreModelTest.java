package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.BackupStorageLocation.Spec;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random operations on random keys: a store behaves as a sorted map would. */
class StoreModelTest {

  private static final int OPERATIONS = 60;

  @TempDir Path folder;

  private final Operation op = Operation.start();

  @Test
  void directory() {
    Seeded.check(
        40,
        random -> {
          Path root = Files.createTempDirectory(folder, "store");
          try (ObjectStore store = new DirectoryStore(root)) {
            compare(random, store, true);
          }
        });
  }

  @Test
  void s3() {
    try (S3Server server = S3Server.start(S3Server.Options.MEMORY).bucket("model")) {
      int[] run = {0};
      Seeded.check(
          8,
          random -> {
            try (ObjectStore store = s3(server, "run-" + run[0]++)) {
              compare(random, store, false);
            }
          });
    }
  }

  private static ObjectStore s3(S3Server server, String prefix) {
    Map<String, String> config =
        Map.of(
            "region", "us-east-1",
            "s3ForcePathStyle", "true",
            "s3Url", server.endpoint().toString());
    String credentials =
        "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n"
            .formatted(server.accessKey(), server.secretKey());
    return Locations.open(
        new BackupStorageLocation(
            null,
            null,
            ObjectMeta.named("velero", "model"),
            new Spec(
                "aws",
                config,
                new BackupStorageLocation.Credential("c", "k"),
                new ObjectStorage("model", prefix, null, null),
                null,
                null,
                null,
                null),
            null),
        _ -> credentials.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @param hierarchical the store refuses {@code x} beside {@code x/y}; else no such keys come up,
   *     since S3Proxy keeps its objects in a file tree too
   */
  private void compare(RandomGenerator random, ObjectStore store, boolean hierarchical)
      throws IOException {
    store.put(op, "first", new byte[0], PutOptions.NONE);
    Map<String, byte[]> model = new TreeMap<>(Keys.ORDER);
    model.put("first", new byte[0]);
    for (int i = 0; i < OPERATIONS; i++) {
      String key = hierarchical ? key(random) : key(random) + "!";
      byte[] body =
          new byte[random.nextInt(10) == 0 ? random.nextInt(300_000) : random.nextInt(50)];
      random.nextBytes(body);
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          if (conflicts(model, key, hierarchical)) {
            assertConflict(() -> store.put(op, key, body, PutOptions.NONE));
          } else {
            store.put(op, key, new ByteArrayInputStream(body), PutOptions.NONE);
            model.put(key, body);
          }
        }
        case 2 -> {
          if (conflicts(model, key, hierarchical)) {
            assertConflict(() -> store.putIfAbsent(op, key, body));
          } else {
            assertThat(store.putIfAbsent(op, key, body))
                .isEqualTo(model.putIfAbsent(key, body) == null);
          }
        }
        case 3 -> {
          store.delete(op, key);
          model.remove(key);
        }
        case 4 -> assertThat(store.head(op, key).isPresent()).isEqualTo(model.containsKey(key));
        default -> compareRange(random, store, model);
      }
    }
    compareListings(store, model);
  }

  private static String key(RandomGenerator random) {
    List<String> segments = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      segments.add(
          Seeded.pick(random, List.of("a", "b", "a-b", "a.b", "a b", "A", "0", "a+", "é")));
    }
    return String.join("/", segments);
  }

  private static boolean conflicts(Map<String, byte[]> model, String key, boolean hierarchical) {
    return hierarchical
        && model.keySet().stream()
            .anyMatch(k -> k.startsWith(key + "/") || key.startsWith(k + "/"));
  }

  private static void assertConflict(Runnable call) {
    try {
      call.run();
    } catch (Failure.Conflict e) {
      return;
    }
    throw new AssertionError("It stored a key beside keys below it");
  }

  private void compareRange(RandomGenerator random, ObjectStore store, Map<String, byte[]> model)
      throws IOException {
    String key = Seeded.pick(random, List.copyOf(model.keySet()));
    byte[] whole = model.getOrDefault(key, new byte[0]);
    int offset = random.nextInt(whole.length + 2);
    int length = random.nextInt(whole.length + 2);
    try (InputStream in = store.get(op, key, offset, length)) {
      int end = Math.min(offset + length, whole.length);
      byte[] expected =
          offset >= end ? new byte[0] : java.util.Arrays.copyOfRange(whole, offset, end);
      assertThat(in.readAllBytes()).isEqualTo(expected);
    }
  }

  private void compareListings(ObjectStore store, Map<String, byte[]> model) throws IOException {
    Map<String, Long> listed = new java.util.LinkedHashMap<>();
    store.listAll(op, "", meta -> listed.put(meta.key(), meta.size()));
    assertThat(List.copyOf(listed.keySet())).isEqualTo(List.copyOf(model.keySet()));
    for (var entry : model.entrySet()) {
      assertThat(listed.get(entry.getKey())).isEqualTo((long) entry.getValue().length);
      try (InputStream in = store.get(op, entry.getKey())) {
        assertThat(Names.sha256(in.readAllBytes())).isEqualTo(Names.sha256(entry.getValue()));
      }
    }
    TreeSet<String> prefixes = new TreeSet<>();
    prefixes.add("");
    model
        .keySet()
        .forEach(key -> {
          for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
            prefixes.add(key.substring(0, slash + 1));
          }
        });
    for (String prefix : prefixes) {
      var listing = store.list(op, prefix);
      assertThat(listing.objects())
          .extracting(ObjectStore.Meta::key)
          .containsExactlyElementsOf(
              model.keySet().stream()
                  .filter(k -> k.startsWith(prefix) && k.indexOf('/', prefix.length()) < 0)
                  .toList());
      assertThat(listing.prefixes())
          .containsExactlyElementsOf(
              prefixes.stream()
                  .filter(p -> p.length() > prefix.length() && p.startsWith(prefix))
                  .filter(p -> p.indexOf('/', prefix.length()) == p.length() - 1)
                  .sorted(Keys.ORDER)
                  .toList());
    }
  }
}
