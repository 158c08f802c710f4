package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListScannerTest {

  private static final ResourceType SECRETS =
      new ResourceType(
          "", "v1", "Secret", "secrets", "secret", List.of(), true, List.of("list"), true);

  private static List<Cluster.Item> scan(String text, ListScanner[] used) throws IOException {
    List<Cluster.Item> items = new ArrayList<>();
    used[0] =
        new ListScanner(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), SECRETS, token -> {});
    used[0].read(items::add);
    return items;
  }

  @Test
  void splicesInWhatListsLeaveOut() throws IOException {
    ListScanner[] scanner = new ListScanner[1];
    var items =
        scan(
            "{\"kind\":\"SecretList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"abc\"},\"items\":["
                + " {\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"data\":{\"x\":1.50}} ,"
                + "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":\"n\",\"name\":\"b\\\"\"}}]}",
            scanner);
    assertThat(items).extracting(Cluster.Item::name).containsExactly("a", "b\"");
    assertThat(items).extracting(Cluster.Item::namespace).containsExactly("n", "n");
    assertThat(new String(items.getFirst().json(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"data\":{\"x\":1.50}}");
    assertThat(new String(items.get(1).json(), StandardCharsets.UTF_8))
        .startsWith("{\"apiVersion\":\"v1\",\"kind\"");
    assertThat(scanner[0].resourceVersion()).isEqualTo("7");
    assertThat(scanner[0].next()).isEqualTo("abc");
  }

  @Test
  void itemsSurviveWhereverReadsEnd() {
    Seeded.check(
        100,
        random -> {
          List<String> expected = new ArrayList<>();
          StringBuilder list =
              new StringBuilder("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[");
          for (int i = random.nextInt(30); i > 0; i--) {
            String item =
                "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s"
                    + i
                    + "\",\"namespace\":\"n\"},\"data\":"
                    + Json.string(
                        Seeded.text(
                            random, "ab\\\"{}[],:é\u2028\n", 90_000 / (1 + random.nextInt(900))))
                    + "}";
            list.append(expected.isEmpty() ? "" : ",").append(item);
            expected.add(item);
          }
          List<String> got = new ArrayList<>();
          new ListScanner(dribble(list.append("]}").toString(), random), SECRETS, token -> {})
              .read(item -> got.add(new String(item.json(), StandardCharsets.UTF_8)));
          assertThat(got).isEqualTo(expected);
        });
  }

  private static InputStream dribble(String text, RandomGenerator random) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
      @Override
      public synchronized int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, 1 + random.nextInt(5000)));
      }
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "{\"items\":[{\"metadata\":{\"name\":\"a\"}}", "{\"items\":[{\"a\":\"b"})
  void aListThatBreaksOffIsNoShortList(String text) {
    assertThatThrownBy(() -> scan(text, new ListScanner[1])).isInstanceOf(EOFException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"[]", "x", "{\"items\":[1]}", "{\"items\":[{}]}", "{\"items\" 1}", "{1:2}"})
  void refusesWhatIsNoList(String text) {
    assertThatThrownBy(() -> scan(text, new ListScanner[1])).isInstanceOf(Failure.Corrupt.class);
  }
}
