package dev.holdfast.cli.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code describe} prints: blocks of {@code Label: value} lines, values aligned within their
 * block, blocks apart by an empty line.
 */
public final class Description {

  private final PrintWriter out;
  private final List<String[]> block = new ArrayList<>();
  private boolean first = true;

  public Description(PrintWriter out) {
    this.out = out;
  }

  /** One line of the current block. */
  public Description line(String label, @Nullable Object value) {
    block.add(new String[] {label, String.valueOf(value)});
    return this;
  }

  /** One line for each entry, under the first's label; {@code <none>} if there is none. */
  public Description lines(String label, Map<String, String> values) {
    if (values.isEmpty()) {
      return line(label, "<none>");
    }
    String heading = label;
    for (var value : values.entrySet()) {
      block.add(new String[] {heading, value.getKey() + "=" + value.getValue()});
      heading = "";
    }
    return this;
  }

  /** Ends the block. */
  public Description end() {
    if (!block.isEmpty()) {
      separate();
      int widest = block.stream().mapToInt(line -> line[0].length()).max().orElse(0);
      for (String[] line : block) {
        String label = line[0].isEmpty() ? "" : line[0] + ":";
        out.println((label + " ".repeat(widest + 3 - label.length()) + line[1]).stripTrailing());
      }
      block.clear();
    }
    return this;
  }

  /** A block with a heading and indented lines of its own; nothing is aligned. */
  public Description section(String heading, List<String> lines) {
    end();
    separate();
    if (lines.isEmpty()) {
      out.println(heading + ":  <none>");
    } else {
      out.println(heading + ":");
      lines.forEach(line -> out.println("  " + line));
    }
    return this;
  }

  private void separate() {
    if (!first) {
      out.println();
    }
    first = false;
  }
}
