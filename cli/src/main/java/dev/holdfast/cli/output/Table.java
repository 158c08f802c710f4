package dev.holdfast.cli.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Columns under upper-case headings, as kubectl prints them. Where a terminal is too narrow, first
 * columns go that say nothing in any row, then times lose their zone and seconds, then the widest
 * columns give way; elsewhere nothing is ever cut.
 */
public final class Table {

  private static final String GAP = "   ";
  private static final int NARROWEST = 8;

  private static final String NONE = "<none>";

  /** What a time keeps: without its zone, then without its seconds. */
  private static final int[] TIMES = {19, 16};

  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d .*");

  private List<String> headings;
  private List<List<String>> rows = new ArrayList<>();

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
    for (int kept : TIMES) {
      if (natural() > terminalWidth) {
        rows =
            rows.stream()
                .map(row -> row.stream().map(cell -> shorter(cell, kept)).toList())
                .toList();
      }
    }
  }

  private static String shorter(String cell, int kept) {
    boolean time = TIME.matcher(cell + " ").matches();
    return time && cell.length() > kept ? cell.substring(0, kept) : cell;
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
    return Arrays.stream(widths(0)).sum() + GAP.length() * (headings.size() - 1);
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
