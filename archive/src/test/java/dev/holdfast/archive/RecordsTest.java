package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.Backup;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The small files: Go's bytes, and what old Veleros wrote. */
class RecordsTest {

  @Test
  void goEscapesWhatHtmlMinds() {
    Results results =
        new Results(
            Results.Section.NONE,
            new Results.Section(
                List.of("a<b>&c\u2028\u0001\t\"ü"),
                List.of(),
                Map.of("z", List.of("1"), "a", List.of("2"))));
    assertThat(text(Gzip.decompress(results.toBytes(), "it")))
        .isEqualTo(
            "{\"errors\":{\"velero\":[\"a\\u003cb\\u003e\\u0026c\\u2028\\u0001\\t\\\"ü\"],"
                + "\"namespaces\":{\"a\":[\"2\"],\"z\":[\"1\"]}},\"warnings\":{}}\n");
    assertThat(Results.read(results.toBytes(), "it")).isEqualTo(results);
    assertThat(results.errors().count()).isEqualTo(3);
  }

  @Test
  void theLogReadsAsLogrusWrites() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Clock clock = Clock.fixed(Instant.parse("2026-11-21T03:00:00.5Z"), ZoneOffset.UTC);
    try (RunLog log = new RunLog(out, clock, "backup", "velero/shop")) {
      log.info("plain", Map.of());
      log.warning("with \"quotes\"\nand lines", Map.of("resource", "pods", "name", "a b"));
      log.error("", Map.of());
    }
    assertThat(text(Gzip.decompress(out.toByteArray(), "it")))
        .isEqualTo(
            """
            time="2026-11-21T03:00:00Z" level=info msg=plain backup=velero/shop
            time="2026-11-21T03:00:00Z" level=warning msg="with \\"quotes\\"\\nand lines" backup=velero/shop name="a b" resource=pods
            time="2026-11-21T03:00:00Z" level=error msg="" backup=velero/shop
            """);
  }

  @Test
  @Tag("KUR-36")
  void recordsOlderThanVelero110AreReadAsTodays() {
    String old =
        """
        {"kind":"Backup","apiVersion":"velero.io/v1","metadata":{"name":"old"},
         "spec":{"defaultVolumesToRestic":true,"hooks":{}},"status":{"version":1,"phase":"Completed"}}
        """;
    Backup backup = Documents.readBackup(utf8(old), "old", "it");
    assertThat(backup.spec()).isNotNull();
    assertThat(text(Documents.backup(backup))).contains("\"defaultVolumesToFsBackup\": true");
    assertThatThrownBy(() ->
            Documents.readBackup(utf8(old.replace("\"version\":1", "\"version\":2")), "old", "it"))
        .isInstanceOf(Failure.Unsupported.class);
    assertThatThrownBy(() -> Documents.readBackup(utf8(old), "other", "it"))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("another backup's");
  }

  @Test
  @Tag("EMF-11")
  void aNewerLocationIsRefusedWithWhatToUse() {
    LocationDocument ours = LocationDocument.create("b9d2");
    assertThat(LocationDocument.read(ours.toBytes(), "it")).isEqualTo(ours);
    byte[] newer = utf8("{\"formatVersion\":3,\"leastReader\":\"2.1\",\"id\":\"b9d2\"}");
    assertThatThrownBy(() -> LocationDocument.read(newer, "location.json"))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("format version 3")
        .satisfies(e -> assertThat(((Failure) e).next()).isEqualTo("use Holdfast 2.1 or newer"));
  }

  @Test
  void namesThatCannotBeKeysAreRefused() {
    for (String name : List.of("", "..", "a/b", "A", "a_b", "x".repeat(254))) {
      assertThatThrownBy(() -> new BackupKeys(name)).isInstanceOf(Failure.Invalid.class);
      assertThatThrownBy(() -> new RestoreKeys(name)).isInstanceOf(Failure.Invalid.class);
    }
    BackupKeys keys = new BackupKeys("shop");
    assertThat(keys.encrypted(keys.archive()))
        .isEqualTo("backups/shop/holdfast-archive.tar.gz.age");
    assertThat(keys.encrypted(keys.resourceList()))
        .isEqualTo("backups/shop/holdfast-resource-list.json.gz.age");
    assertThat(keys.encrypted(keys.index())).isEqualTo("backups/shop/holdfast-index.zst.age");
    assertThat(new RestoreKeys("r").journal(keys, "u"))
        .isEqualTo("plugins/holdfast/backups/shop/u/restores/r/journal/");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
