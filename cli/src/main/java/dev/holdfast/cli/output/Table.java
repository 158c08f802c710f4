package dev.holdfast.cli.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Columns under upper-case headings, as kubectl prints them. On a terminal the widest columns give
 * way until a row fits; elsewhere nothing is ever cut.
 */
public final class Table {

  private static final String GAP = "   ";
  private static final int NARROWEST = 8;

  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** One cell a heading; {@code <none>} stands for an empty one. */
  public Table row(String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + headings);
    }
    rows.add(Arrays.stream(cells).map(cell -> cell.isEmpty() ? "<none>" : cell).toList());
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * @param terminalWidth columns, 0 for no limit
   */
  public void print(PrintWriter out, int terminalWidth, Style style) {
    int[] widths = widths(terminalWidth);
    out.println(style.bold(line(headings, widths, Style.PLAIN)));
    for (List<String> row : rows) {
      out.println(line(row, widths, style));
    }
  }

  private String line(List<String> cells, int[] widths, Style style) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cut(cells.get(i), widths[i]);
      line.append(style.phase(cell));
      if (i < widths.length - 1) {
        line.repeat(' ', widths[i] - cell.length()).append(GAP);
      }
    }
    return line.toString().stripTrailing();
  }

  private int[] widths(int terminalWidth) {
    int[] widths = new int[headings.size()];
    for (int i = 0; i < widths.length; i++) {
      int column = i;
      widths[i] =
          Math.max(
              headings.get(i).length(),
              rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0));
    }
    if (terminalWidth > 0) {
      int room = terminalWidth - GAP.length() * (widths.length - 1);
      while (Arrays.stream(widths).sum() > room && widest(widths) >= 0) {
        widths[widest(widths)]--;
      }
    }
    return widths;
  }

  /** The column that can best give way; names (the first) only after all others. */
  private static int widest(int[] widths) {
    int widest = -1;
    for (int i = 1; i < widths.length; i++) {
      if (widths[i] > NARROWEST && (widest < 0 || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    return widest < 0 && widths[0] > NARROWEST ? 0 : widest;
  }

  private static String cut(String cell, int width) {
    return cell.length() <= width ? cell : cell.substring(0, width - 1) + "…";
  }
}
