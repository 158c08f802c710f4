package dev.holdfast.cli.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A block of commands in a document: between {@code ```sh} and {@code ```}. A {@code ```text} block
 * that follows is what the commands print; numbers and blanks may differ, and {@code …} stands for
 * anything. {@code ```sh background} marks what a reader runs in another terminal and leaves there.
 * {@code # ends with 4} after a command says which exit code it has, where that is not 0.
 *
 * @param line of the document where it begins
 * @param expected lines that must be printed in this order
 */
record CommandBlock(String file, int line, boolean background, String text, List<String> expected) {

  private static final Pattern ENDS_WITH = Pattern.compile("^(.*\\S)\\s+# ends with (\\d+).*$");

  /** All blocks of a document; a block without a language is an error. */
  static List<CommandBlock> of(Path root, String file) throws IOException {
    List<CommandBlock> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(root.resolve(file));
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("```")) {
        continue;
      }
      String info = lines.get(i).substring(3).strip();
      int end = i + 1;
      while (!lines.get(end).startsWith("```")) {
        end++;
      }
      List<String> body = List.copyOf(lines.subList(i + 1, end));
      if (info.equals("text") && !blocks.isEmpty()) {
        blocks.addLast(blocks.removeLast().printing(body));
      } else if (info.startsWith("sh")) {
        blocks.add(
            new CommandBlock(
                file, i + 1, info.endsWith(" background"), String.join("\n", body), List.of()));
      } else if (info.isEmpty()) {
        throw new IllegalStateException(file + ":" + (i + 1) + ": a block without a language");
      }
      i = end;
    }
    return blocks;
  }

  private CommandBlock printing(List<String> lines) {
    List<String> all =
        Stream.concat(expected.stream(), lines.stream().filter(line -> !line.isBlank()))
            .filter(line -> !line.strip().equals("…"))
            .toList();
    return new CommandBlock(file, line, background, text, all);
  }

  String name() {
    return file + ":" + line + ": " + text.lines().findFirst().orElse("");
  }

  /** The commands as a script that stops at the first one with an exit code that is not told. */
  String script() {
    return text.lines()
        .map(command -> {
          var told = ENDS_WITH.matcher(command);
          return told.matches()
              ? "code=0; { %s; } || code=$?; [ $code = %s ]".formatted(told.group(1), told.group(2))
              : command;
        })
        .collect(Collectors.joining("\n"));
  }

  /** The first expected line that is not in this output, after those before it; empty for none. */
  String missing(String output) {
    List<String> printed = output.lines().toList();
    int from = 0;
    for (String wanted : expected) {
      Pattern pattern = pattern(wanted);
      int at = from;
      while (at < printed.size() && !pattern.matcher(printed.get(at)).find()) {
        at++;
      }
      if (at == printed.size()) {
        return wanted;
      }
      from = at + 1;
    }
    return "";
  }

  private static Pattern pattern(String wanted) {
    String regex =
        Pattern.compile("\\s+|[0-9][0-9.,]*|…|[^\\s0-9…]+")
            .matcher(wanted.strip())
            .replaceAll(part -> {
              String text = part.group();
              String replacement =
                  text.isBlank()
                      ? "\\s+"
                      : text.equals("…")
                          ? ".*"
                          : Character.isDigit(text.charAt(0)) ? "[0-9.,]+" : Pattern.quote(text);
              return java.util.regex.Matcher.quoteReplacement(replacement);
            });
    return Pattern.compile(regex);
  }
}
