package dev.holdfast.repository.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Id;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class TreeTest {

  private static final OffsetDateTime TIME = OffsetDateTime.parse("2024-01-02T03:04:05.5Z");

  private static Node file(RawName name, List<Id> content) {
    return new Node(
        name,
        NodeType.FILE,
        0644,
        TIME,
        TIME,
        TIME,
        0,
        0,
        "",
        "",
        0,
        0,
        content.size(),
        1,
        null,
        List.of(),
        null,
        0,
        content,
        null,
        "");
  }

  @Test
  void anEmptyTreeIsThirteenBytes() {
    assertThat(new TreeWriter().finish()).asString().isEqualTo("{\"nodes\":[]}\n");
  }

  @Test
  void writesMembersInResticsOrder() {
    TreeWriter writer = new TreeWriter();
    Id id = Id.hash(new byte[] {1});
    writer.add(
        new Node(
            RawName.of("a<b"),
            NodeType.SYMLINK,
            134218239,
            TIME,
            TIME,
            TIME,
            1000,
            0,
            "ann",
            "",
            7,
            8,
            0,
            2,
            "t&".getBytes(StandardCharsets.UTF_8),
            List.of(new Node.Xattr("user.x", new byte[] {1, 2})),
            null,
            0,
            null,
            null,
            ""));
    writer.add(file(RawName.of("z"), List.of(id)));
    assertThat(writer.finish())
        .asString()
        .isEqualTo(
            "{\"nodes\":[{\"name\":\"a\\u003cb\",\"type\":\"symlink\",\"mode\":134218239,"
                + "\"mtime\":\"2024-01-02T03:04:05.5Z\",\"atime\":\"2024-01-02T03:04:05.5Z\",\"ctime\":\"2024-01-02T03:04:05.5Z\","
                + "\"uid\":1000,\"gid\":0,\"user\":\"ann\",\"inode\":7,\"device_id\":8,\"links\":2,\"linktarget\":\"t\\u0026\","
                + "\"extended_attributes\":[{\"name\":\"user.x\",\"value\":\"AQI=\"}],\"content\":null},"
                + "{\"name\":\"z\",\"type\":\"file\",\"mode\":420,"
                + "\"mtime\":\"2024-01-02T03:04:05.5Z\",\"atime\":\"2024-01-02T03:04:05.5Z\",\"ctime\":\"2024-01-02T03:04:05.5Z\","
                + "\"uid\":0,\"gid\":0,\"size\":1,\"links\":1,\"content\":[\""
                + id
                + "\"]}]}\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a\\b | a\\\\b",
        "a\tb | a\\tb",
        "a\u200bb | a\\u200bb",
        "é | é",
        "\u00a0 | \\u00a0",
        "\uFEFF | \\ufeff",
        "\ud83d\ude00 | \ud83d\ude00",
        "\u007f | \\x7f",
        "x\u0001 | x\\x01"
      },
      ignoreLeadingAndTrailingWhitespace = false)
  void quotesAsGo(String name, String quoted) {
    // the columns keep one space each side of the bar
    String raw = name.endsWith(" ") ? name.substring(0, name.length() - 1) : name;
    assertThat(GoQuote.quote(raw.getBytes(StandardCharsets.UTF_8))).isEqualTo(quoted.substring(1));
  }

  @Test
  void quotesBytesThatAreNotUtf8() {
    assertThat(GoQuote.quote(new byte[] {'a', (byte) 0xff, (byte) 0xed, (byte) 0xa0, (byte) 0x80}))
        .isEqualTo("a\\xff\\xed\\xa0\\x80");
  }

  /** As restic 0.19 writes it: one escape for each byte, and the bytes beside it. */
  @Test
  void aTargetThatIsNotUtf8IsWrittenTwice() {
    byte[] aim = {'t', (byte) 0xe2, (byte) 0x82, (byte) 0xfe, (byte) 0xc3, (byte) 0xa9, '<'};
    assertThat(GoJson.escape(GoJson.decode(aim))).isEqualTo("t\\ufffd\\ufffd\\ufffdé\\u003c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\", "\\q", "\\x1", "\\ud800", "a\"b", "\\U00110000", "\\u12"})
  void refusesMalformedNames(String text) {
    assertThatThrownBy(() -> GoQuote.unquote(text)).isInstanceOf(Failure.Corrupt.class);
  }

  private static byte[] randomName(RandomGenerator random) {
    byte[] name = new byte[1 + random.nextInt(12)];
    random.nextBytes(name);
    if (random.nextBoolean()) {
      name =
          Seeded.text(random, "ab\\\"\t\n<&>é\u200b\ud83d\ude00\u0085 ", 8)
              .getBytes(StandardCharsets.UTF_8);
    }
    return name;
  }

  @Test
  void everyNameSurvives() {
    Seeded.check(
        2000,
        random -> {
          byte[] name = randomName(random);
          assertThat(GoQuote.unquote(GoQuote.quote(name))).isEqualTo(name);
        });
  }

  @Test
  void everyTreeSurvives() {
    Seeded.check(
        200,
        random -> {
          TreeSet<RawName> names = new TreeSet<>();
          for (int i = random.nextInt(20); i > 0; i--) {
            names.add(RawName.of(randomName(random)));
          }
          TreeWriter writer = new TreeWriter();
          List<Node> nodes = new ArrayList<>();
          for (RawName name : names) {
            byte[] bytes = new byte[8];
            random.nextBytes(bytes);
            nodes.add(file(name, List.of(Id.hash(bytes), Id.hash(bytes))));
          }
          nodes.forEach(writer::add);
          byte[] text = writer.finish();
          assertThat(TreeReader.read(text, "tree")).isEqualTo(nodes);
        });
  }

  @Test
  void namesComeInTheOrderOfTheirBytes() {
    TreeWriter writer = new TreeWriter();
    writer.add(file(RawName.of("\uffee"), List.of()));
    writer.add(file(RawName.of("\ud83d\ude00"), List.of())); // UTF-16 would order it before
    assertThatThrownBy(() -> writer.add(file(RawName.of("a"), List.of())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void modesAreGos() {
    assertThat(Mode.fromStat(0100644)).isEqualTo(420);
    assertThat(Mode.fromStat(0040755)).isEqualTo(2147484141L);
    assertThat(Mode.fromStat(0041777)).isEqualTo(2148532735L);
    assertThat(Mode.fromStat(0120777)).isEqualTo(134218239L);
    assertThat(Mode.toPermissions(Mode.fromStat(0106755))).isEqualTo(06755);
  }

  @ParameterizedTest
  @CsvSource({
    "2024-01-02T03:04:05.123456789+01:00, 2024-01-02T03:04:05.123456789+01:00",
    "2024-01-02T03:04:05.120Z, 2024-01-02T03:04:05.12Z",
    "2024-01-02T03:04:00-05:30, 2024-01-02T03:04:00-05:30",
    "+12024-01-02T03:04:05Z, 9999-12-31T23:59:59.999999999Z"
  })
  void timesAreGos(String text, String expected) {
    assertThat(GoTime.format(OffsetDateTime.parse(text))).isEqualTo(expected);
  }
}
