package dev.holdfast.engine.volume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("EBS-16")
class MarkedInputTest {

  private static final byte[] MARK = "the end".getBytes(UTF_8);

  private static byte[] of(RandomGenerator random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Comes in pieces of any size. */
  private static InputStream pieces(RandomGenerator random, byte[] bytes) {
    return new FilterInputStream(new ByteArrayInputStream(bytes)) {
      @Override
      public int read(byte[] target, int from, int length) throws IOException {
        return super.read(target, from, Math.min(length, 1 + random.nextInt(100_000)));
      }
    };
  }

  @Test
  void handsOnAllButTheMarkAndMissesWhatIsCutOff() {
    Seeded.check(
        100,
        random -> {
          byte[] content = of(random, random.nextInt(300_000));
          byte[] marked = Arrays.copyOf(content, content.length + MARK.length);
          System.arraycopy(MARK, 0, marked, content.length, MARK.length);
          MarkedInput whole = new MarkedInput(pieces(random, marked), MARK);
          assertThat(whole.readAllBytes()).isEqualTo(content);
          assertThat(whole.whole()).isTrue();
          byte[] shorter = Arrays.copyOf(marked, random.nextInt(marked.length));
          MarkedInput cut = new MarkedInput(pieces(random, shorter), MARK);
          byte[] read = cut.readAllBytes();
          assertThat(content).startsWith(read);
          assertThat(cut.whole()).isFalse();
        });
  }
}
