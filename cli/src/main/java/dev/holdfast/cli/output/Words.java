package dev.holdfast.cli.output;

import java.util.ArrayList;
import java.util.List;

/** Text in lines. */
public final class Words {

  private Words() {}

  /**
   * Lines of at most this many characters, broken at spaces; a longer word stays whole. An indent
   * at the start of a line goes on in those that it is broken into.
   */
  public static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.split("\n", -1)) {
      String indent =
          paragraph.substring(0, paragraph.length() - paragraph.stripLeading().length());
      StringBuilder line = new StringBuilder(indent);
      for (String word : paragraph.strip().split(" +", -1)) {
        if (line.length() > indent.length() && line.length() + 1 + word.length() > width) {
          lines.add(line.toString());
          line.setLength(indent.length());
        }
        line.append(line.length() == indent.length() ? "" : " ").append(word);
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
