package dev.holdfast.repository.index;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;

class IndexScanTest {

  private static Id id(RandomGenerator random) {
    byte[] bytes = new byte[Id.SIZE];
    random.nextBytes(bytes);
    return Id.of(bytes, 0);
  }

  private static byte[] index(RandomGenerator random) {
    Map<Id, List<PackedBlob>> packs = new HashMap<>();
    for (int p = random.nextInt(4); p > 0; p--) {
      List<PackedBlob> blobs = new ArrayList<>();
      for (int b = random.nextInt(5); b > 0; b--) {
        BlobType type = random.nextBoolean() ? BlobType.DATA : BlobType.TREE;
        int plain = random.nextBoolean() ? 0 : random.nextInt(1, Integer.MAX_VALUE);
        int offset = random.nextInt(1 << 30);
        blobs.add(new PackedBlob(type, id(random), offset, random.nextInt(1, 1 << 30), plain));
      }
      packs.put(id(random), blobs);
    }
    return IndexFile.write(packs);
  }

  private static List<String> parsed(byte[] bytes) {
    List<String> entries = new ArrayList<>();
    try {
      IndexFile.parse(bytes, "index", (pack, blob) -> entries.add(pack + " " + blob));
    } catch (Failure.Corrupt e) {
      return List.of("corrupt");
    }
    return entries;
  }

  @Test
  void whatWeWriteIsScanned() {
    Seeded.check(
        300,
        random -> {
          byte[] bytes = index(random);
          List<String> entries = new ArrayList<>();
          assertThat(IndexScan.read(bytes, (pack, blob) -> entries.add(pack + " " + blob)))
              .isTrue();
          assertThat(entries).isEqualTo(parsed(bytes));
        });
  }

  @Test
  void whatIsScannedIsWhatAParserReads() {
    Seeded.check(
        3000,
        random -> {
          byte[] bytes = index(random);
          for (int edits = random.nextInt(1, 3); edits > 0; edits--) {
            bytes[random.nextInt(bytes.length)] =
                (byte) "0123456789abcdef,:\"{}[]truxA \n".charAt(random.nextInt(30));
          }
          if (random.nextInt(5) == 0) {
            bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
          }
          List<String> entries = new ArrayList<>();
          if (IndexScan.read(bytes, (pack, blob) -> entries.add(pack + " " + blob))) {
            assertThat(entries)
                .as(new String(bytes, StandardCharsets.UTF_8))
                .isEqualTo(parsed(bytes));
          } else {
            assertThat(entries).isEmpty();
          }
        });
  }
}
