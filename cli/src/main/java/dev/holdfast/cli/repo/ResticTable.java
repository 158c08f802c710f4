package dev.holdfast.cli.repo;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Columns as restic prints them: headings, a rule, rows whose cells may have several lines, a rule,
 * a footer.
 */
final class ResticTable {

  private static final String GAP = "  ";

  private final List<String> headings = new ArrayList<>();
  private final List<Boolean> right = new ArrayList<>();
  private final List<List<List<String>>> rows = new ArrayList<>();
  private final List<String> footer = new ArrayList<>();
  private boolean spaced;

  ResticTable column(String heading) {
    headings.add(heading);
    right.add(false);
    return this;
  }

  /** A column of numbers. */
  ResticTable rightColumn(String heading) {
    column(heading);
    right.set(right.size() - 1, true);
    return this;
  }

  /** One list of lines a column. */
  ResticTable row(List<List<String>> cells) {
    if (cells.size() != headings.size()) {
      throw new IllegalArgumentException(cells.size() + " cells for " + headings);
    }
    rows.add(List.copyOf(cells));
    return this;
  }

  /** Puts an empty line between rows. */
  ResticTable spaced(boolean spaced) {
    this.spaced = spaced;
    return this;
  }

  ResticTable footer(String line) {
    footer.add(line);
    return this;
  }

  void print(PrintWriter out) {
    int[] widths = new int[headings.size()];
    for (int i = 0; i < widths.length; i++) {
      int column = i;
      widths[i] =
          Math.max(
              headings.get(i).length(),
              rows.stream()
                  .flatMap(row -> row.get(column).stream())
                  .mapToInt(String::length)
                  .max()
                  .orElse(0));
    }
    List<String> lines = new ArrayList<>();
    for (List<List<String>> row : rows) {
      int height = row.stream().mapToInt(List::size).max().orElse(1);
      if (spaced && !lines.isEmpty()) {
        lines.add("");
      }
      for (int line = 0; line < Math.max(1, height); line++) {
        int at = line;
        lines.add(
            line(row.stream().map(cell -> at < cell.size() ? cell.get(at) : "").toList(), widths));
      }
    }
    int width = java.util.Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1);
    String rule = "-".repeat(width);
    out.println(line(headings, widths));
    out.println(rule);
    lines.forEach(out::println);
    out.println(rule);
    footer.forEach(out::println);
  }

  private String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      int blanks = widths[i] - cells.get(i).length();
      line.repeat(' ', right.get(i) ? blanks : 0).append(cells.get(i));
      line.repeat(' ', right.get(i) ? 0 : blanks).append(i < widths.length - 1 ? GAP : "");
    }
    return line.toString().stripTrailing();
  }
}
