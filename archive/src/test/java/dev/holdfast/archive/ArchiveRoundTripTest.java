package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is written is read again: front to back, and item by item through the index. */
@Tag("EBS-2")
class ArchiveRoundTripTest {

  private static final Instant TIME = Instant.parse("2026-11-21T03:00:00Z");

  @Test
  void whatWasWrittenIsRead() {
    Seeded.check(
        25,
        random -> {
          Map<ItemKey, byte[]> items = items(random, 1 + random.nextInt(60));
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          Index index = write(items, out, 1 + random.nextInt(3));
          byte[] archive = out.toByteArray();

          assertThat(read(archive)).containsExactlyEntriesOf(texts(items));
          Index again = reread(index);
          assertThat(again.size()).isEqualTo(items.size());
          assertThat(again.archiveSize()).isEqualTo(archive.length);
          RandomArchive single =
              new RandomArchive(
                  again,
                  (offset, length) ->
                      new ByteArrayInputStream(archive, (int) offset, (int) length));
          items.forEach((key, json) -> assertThat(single.item(key)).hasValue(json));
          Map<ItemKey, String> many = new LinkedHashMap<>();
          List<IndexEntry> all = new ArrayList<>();
          again.forEach(all::add);
          single.items(all, (entry, json) -> many.put(entry.key(), text(json)));
          assertThat(many).isEqualTo(texts(items));
          assertThat(single.item(ItemKey.of("pods", "no", "such"))).isEmpty();
        });
  }

  @Test
  void equalInputGivesEqualBytes() {
    Seeded.check(
        5,
        random -> {
          Map<ItemKey, byte[]> items = items(random, 40);
          ByteArrayOutputStream one = new ByteArrayOutputStream();
          ByteArrayOutputStream other = new ByteArrayOutputStream();
          write(items, one, 1);
          write(items, other, 4);
          assertThat(other.toByteArray()).isEqualTo(one.toByteArray());
        });
  }

  @Test
  void anItemIsTakenOnce() {
    try (ArchiveWriter writer = new ArchiveWriter(new ByteArrayOutputStream(), 1)) {
      ItemKey key = ItemKey.of("pods", "shop", "web");
      byte[] json = json("v1", "Pod", key, "");
      writer.add(key, "v1", true, json);
      assertThatThrownBy(() -> writer.add(key, "v1", true, json))
          .isInstanceOf(Failure.Conflict.class);
      assertThatThrownBy(() -> writer.add(ItemKey.of("pods", "shop", "other"), "v1", true, json))
          .isInstanceOf(Failure.Corrupt.class)
          .hasMessageContaining("pods/shop/other");
      assertThatThrownBy(() ->
              writer.add(
                  ItemKey.of("pods", "shop", ".."),
                  "v1",
                  true,
                  json("v1", "Pod", ItemKey.of("pods", "shop", ".."), "")))
          .isInstanceOf(Failure.Invalid.class);
    }
  }

  @Test
  void anotherVersionStandsUnderItsFolderAlone() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ItemKey key = ItemKey.of("ingresses.networking.k8s.io", "shop", "web");
    try (ArchiveWriter writer = new ArchiveWriter(out, 1, TIME)) {
      writer.add(key, "v1beta1", false, json("networking.k8s.io/v1beta1", "Ingress", key, ""));
      writer.add(key, "v1", true, json("networking.k8s.io/v1", "Ingress", key, ""));
      writer.finish();
    }
    List<String> seen = new ArrayList<>();
    ArchiveReader.read(
        new ByteArrayInputStream(out.toByteArray()),
        Limits.DEFAULT,
        new EntrySink() {
          @Override
          public void item(ItemKey k, byte[] json) {
            seen.add(k + " " + ItemHead.read(json, "").apiVersion());
          }

          @Override
          public void version(ItemKey k, String version, byte[] json) {
            seen.add(k + " in " + version);
          }
        });
    assertThat(seen).containsExactly(key + " in v1beta1", key + " networking.k8s.io/v1");
  }

  static Index write(Map<ItemKey, byte[]> items, ByteArrayOutputStream out, int threads) {
    try (ArchiveWriter writer = new ArchiveWriter(out, threads, TIME)) {
      items.forEach((key, json) -> writer.add(key, "v1", true, json));
      return writer.finish();
    }
  }

  static Index reread(Index index) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    index.write(file);
    Index again = Index.read(new ByteArrayInputStream(file.toByteArray()));
    assertThat(again).containsExactlyElementsOf(index);
    return again;
  }

  static Map<ItemKey, String> read(byte[] archive) {
    Map<ItemKey, String> found = new LinkedHashMap<>();
    ArchiveReader.read(
        new ByteArrayInputStream(archive),
        Limits.DEFAULT,
        (key, json) -> found.put(key, text(json)));
    return found;
  }

  /** Items with long and odd names, some large enough that members are cut. */
  static Map<ItemKey, byte[]> items(RandomGenerator random, int count) {
    Map<ItemKey, byte[]> items = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      String type =
          Seeded.pick(
              random,
              List.of(
                  "pods",
                  "deployments.apps",
                  "namespaces",
                  "a" + "b".repeat(random.nextInt(60)) + ".group.example.org"));
      String namespace = random.nextInt(3) == 0 ? "" : "n" + "s".repeat(random.nextInt(62));
      String name = "i" + i + Seeded.text(random, "abcdefgh0123456789.-:ä€", random.nextInt(240));
      ItemKey key = ItemKey.of(type, namespace, name);
      int size = random.nextInt(20) == 0 ? 200_000 : 2_000;
      items.put(
          key, json("group.example.org/v1", "Thing", key, Seeded.text(random, "xyz{}\"", size)));
    }
    return items;
  }

  static byte[] json(String apiVersion, String kind, ItemKey key, String data) {
    var object = Json.MAPPER.createObjectNode();
    object.put("apiVersion", apiVersion).put("kind", kind);
    var metadata = object.putObject("metadata").put("name", key.name());
    if (key.namespaced()) {
      metadata.put("namespace", key.namespace());
    }
    metadata.put("uid", "0b0c9d8e-" + key.name().hashCode()).put("resourceVersion", "4711");
    object.put("data", data);
    return Json.bytes(object);
  }

  private static Map<ItemKey, String> texts(Map<ItemKey, byte[]> items) {
    Map<ItemKey, String> texts = new LinkedHashMap<>();
    items.forEach((key, json) -> texts.put(key, text(json)));
    return texts;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
