package dev.holdfast.repository.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Seeded;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tag that keeps what the root tree has no place for. */
@org.jspecify.annotations.NullUnmarked
class RootTagTest {

  @Test
  void isReadAsItWasWritten() {
    Seeded.check(
        500,
        random -> {
          Instant time =
              Instant.ofEpochSecond(
                  random.nextLong(-1L << 36, 1L << 38), random.nextInt(1_000_000_000));
          RootTag tag =
              new RootTag(random.nextInt(010000), random.nextInt(), random.nextInt(), time);
          assertThat(RootTag.among(List.of("backup=one", tag.toString()))).contains(tag);
        });
  }

  @Test
  void looksAsItsDocumentationSays() {
    Instant time = Instant.ofEpochSecond(1_795_269_319, 864_476_114);
    assertThat(new RootTag(02775, 0, 20002, time))
        .hasToString("root=2775:0:20002:1795269319.864476114");
  }

  @Test
  void whatSomebodyElseTaggedIsPassedOver() {
    List<String> others =
        List.of(
            "root", "root=", "root=8:0:0:0", "root=7:5000000000:0:0", "root=7:0:0:1.0000000001");
    assertThat(RootTag.among(others)).isEmpty();
  }
}
