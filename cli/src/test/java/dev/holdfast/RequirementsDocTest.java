package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/requirements.md names every requirement and claims no proof that is not there. */
class RequirementsDocTest {

  private static final Map<String, Integer> FAMILIES =
      Map.of("EMF", 26, "EBS", 42, "KUR", 52, "SF", 23, "TEN", 28);
  private static final Set<String> STATES = Set.of("proven", "part", "not yet", "never");
  private static final Pattern ROW =
      Pattern.compile("\\| ((?:EMF|EBS|KUR|SF|TEN)-\\d+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|");
  private static final Pattern TEST_CLASS = Pattern.compile("`([A-Z]\\w*Test)`");

  private record Row(String line, String state, String proof) {}

  @Test
  void everyRequirementStandsInItOnce() throws IOException {
    List<String> wanted = new ArrayList<>();
    FAMILIES.forEach((family, count) -> {
      for (int i = 1; i <= count; i++) {
        wanted.add(family + "-" + i);
      }
    });
    assertThat(wanted).hasSize(171);
    assertThat(rows()).extracting(Row::line).containsExactlyInAnyOrderElementsOf(wanted);
    assertThat(rows()).extracting(Row::state).isSubsetOf(STATES);
  }

  @Test
  void everyProofIsATestThatCarriesTheNumber() throws IOException {
    Map<String, String> tests = testSources();
    List<String> wrong = new ArrayList<>();
    for (Row row : rows()) {
      Matcher names = TEST_CLASS.matcher(row.proof());
      boolean any = false;
      while (names.find()) {
        any = true;
        String source = tests.getOrDefault(names.group(1), "");
        if (!source.contains("@Tag(\"" + row.line() + "\")")) {
          wrong.add(row.line() + ": " + names.group(1) + " does not exist or lacks the tag");
        }
      }
      boolean claimed = row.state().equals("proven") || row.state().equals("part");
      if (claimed && !any) {
        wrong.add(row.line() + ": " + row.state() + ", but no test is named");
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String text : Files.readAllLines(root().resolve("docs/requirements.md"))) {
      Matcher row = ROW.matcher(text.trim());
      if (row.matches()) {
        rows.add(new Row(row.group(1), row.group(3).trim(), row.group(4)));
      }
    }
    return rows;
  }

  /** The source of each test class of all modules, by its simple name. */
  private static Map<String, String> testSources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> modules = Files.list(root())) {
      for (Path module : modules.toList()) {
        Path tests = module.resolve("src/test/java");
        if (Files.isDirectory(tests)) {
          try (Stream<Path> files = Files.walk(tests)) {
            for (Path file : files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
              String name = file.getFileName().toString().replace(".java", "");
              sources.merge(name, Files.readString(file), String::concat);
            }
          }
        }
      }
    }
    return sources;
  }

  private static Path root() {
    return Path.of(System.getProperty("holdfast.root", "."));
  }
}
