package dev.holdfast.repository.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.pack.PackedBlob;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class BlobTableTest {

  private static Id id(RandomGenerator random, int kinds) {
    return Id.hash(new byte[] {(byte) random.nextInt(kinds), (byte) random.nextInt(kinds)});
  }

  @Test
  void findsWhatAMapFinds() {
    Seeded.check(
        20,
        random -> {
          BlobTable table = new BlobTable();
          Map<BlobType, Map<Id, List<BlobTable.Location>>> model = new HashMap<>();
          int kinds = 2 + random.nextInt(60);
          for (int i = 0; i < 3000; i++) {
            BlobType type = random.nextBoolean() ? BlobType.DATA : BlobType.TREE;
            var blob =
                new PackedBlob(type, id(random, kinds), random.nextInt(4), 40, random.nextInt(2));
            Id pack = id(random, 4);
            table.add(pack, blob);
            var copies =
                model
                    .computeIfAbsent(type, t -> new HashMap<>())
                    .computeIfAbsent(blob.id(), k -> new ArrayList<>());
            if (copies.stream()
                .noneMatch(c -> c.pack().equals(pack) && c.blob().offset() == blob.offset())) {
              copies.add(new BlobTable.Location(pack, blob));
            }
          }
          for (BlobType type : BlobType.values()) {
            for (int i = 0; i < 500; i++) {
              Id id = id(random, kinds + 5);
              List<BlobTable.Location> expected = model.get(type).getOrDefault(id, List.of());
              assertThat(table.findAll(type, id)).containsExactlyInAnyOrderElementsOf(expected);
              assertThat(table.contains(type, id)).isEqualTo(!expected.isEmpty());
            }
          }
        });
  }

  @Test
  void indexFilesSurvive() {
    Id pack = Id.hash(new byte[] {1});
    var blobs =
        List.of(
            new PackedBlob(BlobType.DATA, Id.hash(new byte[] {2}), 0, 40, 0),
            new PackedBlob(BlobType.TREE, Id.hash(new byte[] {3}), 40, 50, 100));
    List<PackedBlob> read = new ArrayList<>();
    IndexFile.read(IndexFile.write(Map.of(pack, blobs)), "index", (p, blob) -> read.add(blob));
    assertThat(read).isEqualTo(blobs);
  }

  @Test
  void refusesMalformedIndexFiles() {
    String good =
        new String(
            IndexFile.write(
                Map.of(
                    Id.hash(new byte[0]),
                    List.of(new PackedBlob(BlobType.DATA, Id.hash(new byte[0]), 0, 40, 0)))),
            StandardCharsets.UTF_8);
    for (String bad :
        List.of(
            "",
            "[]",
            "{",
            good.replace("\"data\"", "\"date\""),
            good.replace("40", "-1"),
            good.replace("\"length\":40", "\"length\":9999999999"),
            good.replace("\"id\"", "\"di\""))) {
      assertThatThrownBy(
              () -> IndexFile.read(bad.getBytes(StandardCharsets.UTF_8), "index", (p, b) -> {}))
          .isInstanceOf(Failure.Corrupt.class);
    }
  }
}
