package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Backup;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of what a real Velero wrote is read whole, and written again with the same bytes. */
@Tag("KUR-36")
class VeleroBucketTest {

  @ParameterizedTest
  @MethodSource("dev.holdfast.archive.VeleroBuckets#all")
  void archiveHoldsWhatTheListSays(VeleroBuckets.Stored stored) {
    ResourceList.Builder list = new ResourceList.Builder();
    List<String> warnings = new ArrayList<>();
    byte[] archive = stored.bytes(stored.keys().archive());
    EntrySink sink =
        new EntrySink() {
          @Override
          public void item(dev.holdfast.model.ItemKey key, byte[] json) {
            ItemHead head = ItemHead.read(json, key.toString());
            list.add(head.apiVersion(), head.kind(), key.namespace(), key.name());
          }

          @Override
          public void warning(String message) {
            warnings.add(message);
          }
        };
    long items = ArchiveReader.read(new ByteArrayInputStream(archive), Limits.DEFAULT, sink);

    ResourceList theirs = ResourceList.read(stored.bytes(stored.keys().resourceList()), "the list");
    assertThat(list.build()).isEqualTo(theirs);
    Backup backup =
        Documents.readBackup(
            stored.bytes(stored.keys().backupJson()), stored.name(), "velero-backup.json");
    assertThat(Json.tree(backup).at("/status/progress/itemsBackedUp").asLong()).isEqualTo(items);
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.archive.VeleroBuckets#all")
  void recordsHaveVelerosBytes(VeleroBuckets.Stored stored) {
    BackupKeys keys = stored.keys();
    byte[] results = stored.bytes(keys.results());
    assertThat(text(Results.read(results, "results").toBytes())).isEqualTo(text(results));
    byte[] list = stored.bytes(keys.resourceList());
    assertThat(text(ResourceList.read(list, "list").toBytes())).isEqualTo(text(list));
    byte[] volumes = stored.bytes(keys.volumeInfo());
    assertThat(text(VolumeInfo.toBytes(VolumeInfo.read(volumes, "volumes"))))
        .isEqualTo(text(volumes));
    assertThat(Documents.readAll(stored.bytes(keys.podVolumeBackups()), "PVBs")).isEmpty();
    assertThat(text(stored.bytes(keys.podVolumeBackups()))).isEqualTo(text(Documents.NO_DOCUMENTS));
    assertThat(text(stored.bytes(keys.itemOperations()))).isEqualTo(text(Documents.all(List.of())));
    byte[] json = stored.bytes(keys.backupJson());
    assertThat(utf8(Documents.backup(Json.read(json, Backup.class, "it")))).isEqualTo(utf8(json));
  }

  private static String text(byte[] gzip) {
    return utf8(Gzip.decompress(gzip, "it"));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
