package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

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
 * docs/requirements.md names every requirement, and for each the tests that carry its number, no
 * others. {@code -Dholdfast.write=requirements} writes the names of the tests into it.
 */
class RequirementsDocTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));
  private static final Map<String, Integer> FAMILIES =
      Map.of("EMF", 26, "EBS", 42, "KUR", 52, "SF", 23, "TEN", 28);
  private static final Set<String> STATES = Set.of("proven", "part", "not yet", "never");

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
  void everyRowNamesTheTestsThatCarryItsNumber() {
    for (Row row : rows) {
      assertThat(row.tests())
          .as(
              "%s in docs/requirements.md; -Dholdfast.write=requirements puts it right"
                  + " (CONTRIBUTING.md)",
              row.line())
          .isEqualTo(tagged.getOrDefault(row.line(), Set.of()));
    }
  }

  @Test
  void whatIsClaimedIsTestedAndWhatIsNotSaysWhy() {
    for (Row row : rows) {
      switch (row.state()) {
        case "proven" -> assertThat(row.tests()).as(row.line()).isNotEmpty();
        case "part" -> {
          assertThat(row.tests()).as(row.line()).isNotEmpty();
          assertThat(row.remark()).as("%s: what is missing", row.line()).isNotEmpty();
        }
        default -> {
          assertThat(row.tests()).as("%s is %s", row.line(), row.state()).isEmpty();
          assertThat(row.remark()).as("%s: why not", row.line()).isNotEmpty();
        }
      }
    }
  }
}
