package dev.holdfast.engine.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {

  @TempDir Path folder;

  @Test
  void givesBackWhatWasAddedWhateverItsSize() {
    Seeded.check(
        20,
        random -> {
          try (Spool spool = Spool.create(folder)) {
            Map<ItemKey, byte[]> expected = new HashMap<>();
            for (int i = 0; i < 300; i++) {
              var key =
                  ItemKey.of(
                      Seeded.pick(random, List.of("pods", "deployments.apps", "nodes")),
                      Seeded.pick(random, List.of("", "shop", "harbour")),
                      Seeded.text(random, "ab", 6));
              byte[] json = new byte[random.nextInt(50) == 0 ? 300_000 : random.nextInt(5000)];
              random.nextBytes(json);
              int number = spool.add(key, "v1", "Kind", json);
              assertThat(spool.key(number)).isEqualTo(key);
              expected.putIfAbsent(key, json);
              if (random.nextInt(20) == 0) {
                byte[] newer = new byte[random.nextInt(3000)];
                random.nextBytes(newer);
                spool.replace(number, newer);
                expected.put(key, newer);
              }
            }
            assertThat(spool.size()).isEqualTo(expected.size());
            assertThat(spool.bytes())
                .isEqualTo(expected.values().stream().mapToLong(b -> b.length).sum());
            expected.forEach((key, json) -> {
              int number = spool.find(key).orElseThrow();
              assertThat(spool.json(number)).isEqualTo(json);
              assertThat(spool.length(number)).isEqualTo(json.length);
            });
            assertThat(spool.find(ItemKey.of("pods", "shop", "absent"))).isEmpty();
          }
        });
  }

  @Test
  void manyThreadsMayAddAndReadAtOnce() {
    try (Spool spool = Spool.create(folder)) {
      Operation.start()
          .forEach(
              IntStream.range(0, 20_000).iterator(),
              16,
              i -> {
                byte[] json =
                    ("{\"n\":" + i + "}").repeat(1 + i % 50).getBytes(StandardCharsets.UTF_8);
                int number =
                    spool.add(ItemKey.of("pods", "ns" + i % 7, "p" + i), "v1", "Pod", json);
                assertThat(spool.json(number)).isEqualTo(json);
              });
      assertThat(spool.size()).isEqualTo(20_000);
      for (int i = 0; i < 20_000; i++) {
        assertThat(spool.json(spool.find(ItemKey.of("pods", "ns" + i % 7, "p" + i)).orElseThrow()))
            .startsWith(("{\"n\":" + i + "}").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void leavesNoFileWithSecretsBehindEvenWhenTheProcessIsKilled() throws Exception {
    try (Spool spool = Spool.create(folder)) {
      spool.add(ItemKey.of("secrets", "shop", "s"), "v1", "Secret", new byte[600_000]);
      try (var files = Files.list(folder)) {
        assertThat(files).as("an open scratch file has no name").isEmpty();
      }
    }
  }

  @Test
  void saysWhichFolderCannotBeWritten() {
    assertThatThrownBy(() -> Spool.create(folder.resolve("absent")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(folder.resolve("absent").toString());
  }

  @Test
  void memoryOfAnItemIsSmall() {
    // 100,000 items must fit into a heap of 192 MB together with everything else.
    List<Spool> kept = new ArrayList<>();
    long before = used();
    Spool spool = Spool.create(folder);
    kept.add(spool);
    byte[] json = new byte[1024];
    for (int i = 0; i < 100_000; i++) {
      spool.add(
          ItemKey.of("configmaps", "ns" + i % 100, "item-number-" + i), "v1", "ConfigMap", json);
    }
    assertThat(used() - before).isLessThan(25L << 20);
    kept.forEach(Spool::close);
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
