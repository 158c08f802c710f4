package dev.holdfast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * docs/requirements.md: a table row for each requirement, with the names of the tests that carry
 * its number. The names come from the sources, everything else is written by hand.
 */
final class RequirementsDoc {

  private static final Pattern ROW =
      Pattern.compile("\\| ((?:EMF|EBS|KUR|SF|TEN)-\\d+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|");
  private static final Pattern TESTS =
      Pattern.compile("^((?:`\\w+`(?: \\([^)]*\\))?,? ?)*)(?:; )?");
  private static final Pattern TAG = Pattern.compile("@Tag\\(\"((?:EMF|EBS|KUR|SF|TEN)-\\d+)\"\\)");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");

  private final Path file;

  RequirementsDoc(Path root) {
    this.file = root.resolve("docs/requirements.md");
  }

  /**
   * A row of the table.
   *
   * @param line {@code EMF-5}
   * @param state proven, part, not yet or never
   * @param tests classes that are said to prove it
   * @param remark what is missing, or why not; may be empty
   */
  record Row(String line, String what, String state, Set<String> tests, String remark) {

    /** The row with the tests that carry its number. */
    Row provenBy(Set<String> tagged) {
      boolean first = !tagged.isEmpty() && state.equals("not yet");
      return new Row(line, what, first ? "part" : state, tagged, remark);
    }

    String text() {
      String names = tests.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
      String between = names.isEmpty() || remark.isEmpty() ? "" : "; ";
      return "| %s | %s | %s | %s |".formatted(line, what, state, names + between + remark);
    }
  }

  List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String text : Files.readAllLines(file)) {
      row(text, rows);
    }
    return rows;
  }

  /** Writes the names of the tests anew, and leaves the rest as it is. */
  void write(Map<String, Set<String>> tagged) throws IOException {
    StringBuilder document = new StringBuilder();
    for (String text : Files.readAllLines(file)) {
      List<Row> rows = new ArrayList<>();
      row(text, rows);
      document.append(
          rows.isEmpty()
              ? text
              : rows.getFirst()
                  .provenBy(tagged.getOrDefault(rows.getFirst().line(), Set.of()))
                  .text());
      document.append('\n');
    }
    Files.writeString(file, document);
  }

  private static void row(String text, List<Row> rows) {
    Matcher row = ROW.matcher(text.strip());
    if (row.matches()) {
      String proof = row.group(4).strip();
      Matcher tests = TESTS.matcher(proof);
      if (!tests.find()) {
        throw new IllegalStateException(text);
      }
      rows.add(
          new Row(
              row.group(1),
              row.group(2).strip(),
              row.group(3).strip(),
              names(tests.group(1)),
              proof.substring(tests.end()).strip()));
    }
  }

  private static Set<String> names(String list) {
    return NAME.matcher(list)
        .results()
        .map(one -> one.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The test classes of all modules that carry a requirement's number, by that number. */
  static Map<String, Set<String>> tagged(Path root) throws IOException {
    Map<String, Set<String>> tagged = new TreeMap<>();
    try (Stream<Path> modules = Files.list(root)) {
      for (Path tests : modules.map(module -> module.resolve("src/test/java")).toList()) {
        if (Files.isDirectory(tests)) {
          try (Stream<Path> sources = Files.walk(tests)) {
            for (Path source : sources.filter(one -> one.toString().endsWith(".java")).toList()) {
              String name = source.getFileName().toString().replace(".java", "");
              TAG.matcher(Files.readString(source))
                  .results()
                  .forEach(
                      tag -> tagged.computeIfAbsent(tag.group(1), _ -> new TreeSet<>()).add(name));
            }
          }
        }
      }
    }
    return tagged;
  }
}
