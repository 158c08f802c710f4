package dev.holdfast.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every mistake of docs/restic-format.md has a test, and every test that it names is there. */
class ResticFormatDocTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
  private static final int PITFALLS = 40;

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : List.of("repository", "cli")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        for (Path file : files.filter(one -> one.toString().endsWith("Test.java")).toList()) {
          sources.merge(
              file.getFileName().toString().replace(".java", ""),
              Files.readString(file),
              String::concat);
        }
      }
    }
    List<String> lines = Files.readAllLines(ROOT.resolve("docs/restic-format.md"));
    for (String line : lines) {
      Matcher named = NAMED.matcher(line);
      while (named.find()) {
        assertThat(sources.getOrDefault(named.group(1), ""))
            .as(named.group())
            .contains(" " + named.group(2) + "(");
      }
    }
    assertThat(lines.stream().filter(line -> line.matches("\\| \\d+ \\|.*")).toList())
        .hasSize(PITFALLS)
        .allMatch(line -> NAMED.matcher(line).find());
  }
}
