package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.RequirementsDoc.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * docs/requirements.md names every requirement, claims what tests carry the number of, and nothing
 * else. {@code -Dholdfast.write=requirements} writes the names of the tests into it.
 */
class RequirementsDocTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));
  private static final Map<String, Integer> FAMILIES =
      Map.of("EMF", 26, "EBS", 42, "KUR", 52, "SF", 23, "TEN", 28);
  private static final Set<String> STATES = Set.of("proven", "part", "not yet", "never");

  private static final String WRITE =
      "-Dholdfast.write=requirements puts it right (CONTRIBUTING.md)";

  private static List<Row> rows;
  private static Map<String, Set<String>> tagged;

  @BeforeAll
  static void read() throws IOException {
    RequirementsDoc document = new RequirementsDoc(ROOT);
    tagged = RequirementsDoc.tagged(ROOT);
    if ("requirements".equals(System.getProperty("holdfast.write"))) {
      document.write(tagged);
    }
    rows = document.rows();
  }

  @Test
  void everyRequirementStandsInItOnce() {
    List<String> wanted = new ArrayList<>();
    FAMILIES.forEach((family, count) -> {
      for (int i = 1; i <= count; i++) {
        wanted.add(family + "-" + i);
      }
    });
    assertThat(wanted).hasSize(171);
    assertThat(rows).extracting(Row::line).containsExactlyInAnyOrderElementsOf(wanted);
    assertThat(rows).extracting(Row::state).isSubsetOf(STATES);
    assertThat(tagged.keySet()).as("numbers in the sources").isSubsetOf(wanted);
  }

  @Test
  void everyTestThatARowNamesCarriesItsNumber() {
    for (Row row : rows) {
      assertThat(row.tests())
          .as("%s in docs/requirements.md; %s", row.line(), WRITE)
          .isSubsetOf(tagged(row));
    }
  }

  /** One more test than is named is no false claim: it is told, as skipped. */
  @Test
  void everyTestThatCarriesANumberIsNamedInItsRow() {
    List<String> behind =
        rows.stream().filter(row -> !row.tests().equals(tagged(row))).map(Row::line).toList();
    assumeTrue(behind.isEmpty(), "Not all tests are named at " + behind + "; " + WRITE);
  }

  private static Set<String> tagged(Row row) {
    return tagged.getOrDefault(row.line(), Set.of());
  }

  @Test
  void whatIsClaimedIsTestedAndWhatIsNotSaysWhy() {
    for (Row row : rows) {
      switch (row.state()) {
        case "proven" -> assertThat(tagged(row)).as(row.line()).isNotEmpty();
        case "part" -> {
          assertThat(tagged(row)).as(row.line()).isNotEmpty();
          assertThat(row.remark()).as("%s: what is missing", row.line()).isNotEmpty();
        }
        default -> {
          assertThat(tagged(row)).as("%s is %s", row.line(), row.state()).isEmpty();
          assertThat(row.remark()).as("%s: why not", row.line()).isNotEmpty();
        }
      }
    }
  }
}
