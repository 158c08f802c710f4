package dev.holdfast.cli.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Columns under upper-case headings, as kubectl prints them. Where a terminal is too narrow, first
 * columns go that say nothing in any row, then times lose their zone, their seconds and a year that
 * all share, then headings give way and at last the widest columns; elsewhere nothing is ever cut.
 */
public final class Table {

  private static final int GAP = 3;
  private static final int NARROW_GAP = 2;
  private static final int NARROWEST = 8;

  private static final String NONE = "<none>";

  /** What a time keeps: neither zone nor, later, seconds; then no year either. */
  private static final int SECONDS = 19;

  private static final int MINUTES = 16;
  private static final int YEAR = 5;

  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d( .*)?");

  private List<String> headings;
  private List<List<String>> rows = new ArrayList<>();
  private int gap = GAP;

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** One cell a heading; {@code <none>} stands for an empty one. */
  public Table row(String... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + headings);
    }
    rows.add(Arrays.stream(cells).map(cell -> cell.isEmpty() ? NONE : cell).toList());
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * @param terminalWidth columns, 0 for no limit
   */
  public void print(PrintWriter out, int terminalWidth, Style style) {
    if (terminalWidth > 0) {
      fit(terminalWidth);
    }
    int[] widths = widths(terminalWidth);
    out.println(style.bold(line(headings, widths, Style.PLAIN)));
    for (List<String> row : rows) {
      out.println(line(row, widths, style));
    }
  }

  private void fit(int terminalWidth) {
    if (natural() > terminalWidth) {
      dropEmptyColumns();
    }
    if (natural() > terminalWidth) {
      changeTimes(time -> time.substring(0, SECONDS));
    }
    if (natural() > terminalWidth) {
      gap = NARROW_GAP;
    }
    if (natural() > terminalWidth) {
      boolean oneYear = times().map(time -> time.substring(0, YEAR)).distinct().count() == 1;
      changeTimes(time -> time.substring(oneYear ? YEAR : 0, MINUTES));
    }
  }

  private Stream<String> times() {
    return rows.stream().flatMap(List::stream).filter(cell -> TIME.matcher(cell).matches());
  }

  private void changeTimes(UnaryOperator<String> change) {
    rows =
        rows.stream()
            .map(row ->
                row.stream()
                    .map(cell -> TIME.matcher(cell).matches() ? change.apply(cell) : cell)
                    .toList())
            .toList();
  }

  private void dropEmptyColumns() {
    List<List<String>> all = rows;
    List<Integer> kept =
        IntStream.range(0, headings.size())
            .filter(i -> i == 0 || all.stream().anyMatch(row -> !row.get(i).equals(NONE)))
            .boxed()
            .toList();
    headings = kept.stream().map(headings::get).toList();
    rows = all.stream().map(row -> kept.stream().map(row::get).toList()).toList();
  }

  private int natural() {
    return Arrays.stream(widths(0)).sum() + gap * (headings.size() - 1);
  }

  private String line(List<String> cells, int[] widths, Style style) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cut(cells.get(i), widths[i]);
      line.append(style.phase(cells.get(i), cell));
      if (i < widths.length - 1) {
        line.repeat(' ', widths[i] - cell.length() + gap);
      }
    }
    return line.toString().stripTrailing();
  }

  private int[] widths(int terminalWidth) {
    int columns = headings.size();
    int[] cells = new int[columns];
    int[] widths = new int[columns];
    for (int i = 0; i < columns; i++) {
      int column = i;
      cells[i] = rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
      widths[i] = Math.max(headings.get(i).length(), cells[i]);
    }
    if (terminalWidth > 0) {
      int room = terminalWidth - gap * (columns - 1);
      for (int i = columns - 1; i > 0; i--) {
        while (Arrays.stream(widths).sum() > room && widths[i] > Math.max(cells[i], NARROWEST)) {
          widths[i]--;
        }
      }
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
