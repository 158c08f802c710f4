package dev.holdfast.cli;

import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/** {@code holdfast completion bash|zsh|fish}. */
@Command(
    name = "completion",
    description = {
      "Print a completion script for a shell.",
      "bash, zsh: source <(holdfast completion bash)   fish: holdfast completion fish | source"
    })
final class CompletionCommand implements Callable<Integer> {

  /** Labels of values that are paths, or may be. */
  private static final Set<String> FILES = Set.of("FILE", "DIR", "LOCATION");

  @Parameters(
      paramLabel = "SHELL",
      completionCandidates = Shells.class,
      description = "bash, zsh or fish.")
  String shell = "";

  /** For completion. */
  static final class Shells extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Shells() {
      super(List.of("bash", "zsh", "fish"));
    }
  }

  private final Session session;
  private final Supplier<CommandLine> tree;

  /**
   * @param tree makes the complete tree of verbs
   */
  CompletionCommand(Session session, Supplier<CommandLine> tree) {
    this.session = session;
    this.tree = tree;
  }

  @Override
  public Integer call() {
    switch (shell) {
      case "bash", "zsh" -> session.out().print(AutoComplete.bash("holdfast", tree.get()));
      case "fish" -> session.out().print(fish(tree.get()));
      default ->
          throw new Failure.Invalid(
              "There is no completion for '" + shell + "'", "use bash, zsh or fish");
    }
    return ExitCode.OK;
  }

  /** One {@code complete} line for each verb and each flag, offered where its verb was typed. */
  private static String fish(CommandLine root) {
    List<String> lines = new ArrayList<>();
    lines.add("complete -c holdfast -f");
    flags(root, "", lines);
    root.getSubcommands().values().stream()
        .distinct()
        .forEach(noun -> {
          String name = noun.getCommandName();
          lines.add(line("__fish_use_subcommand", "-a " + name, description(noun)));
          flags(noun, "__fish_seen_subcommand_from " + name, lines);
          noun.getSubcommands().values().stream()
              .distinct()
              .forEach(verb -> {
                String seen = "__fish_seen_subcommand_from " + name;
                lines.add(line(seen, "-a " + verb.getCommandName(), description(verb)));
                flags(
                    verb,
                    seen + "; and __fish_seen_subcommand_from " + verb.getCommandName(),
                    lines);
              });
        });
    return String.join("\n", lines) + "\n";
  }

  private static void flags(CommandLine command, String condition, List<String> lines) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (option.hidden() || option.inherited()) {
        continue;
      }
      StringBuilder flag = new StringBuilder();
      for (String name : option.names()) {
        flag.append(name.startsWith("--") ? "-l " : "-s ");
        flag.append(name.replaceFirst("^-+", "")).append(' ');
      }
      flag.append(value(option));
      lines.add(line(condition, flag.toString().strip(), option.description()));
    }
  }

  /** What fish offers behind a flag: its words, files, or nothing. */
  private static String value(OptionSpec option) {
    if (option.arity().min() == 0) {
      return "";
    }
    Iterable<String> words = option.completionCandidates();
    if (words != null) {
      return "-xa '" + String.join(" ", words) + "'";
    }
    return FILES.contains(option.paramLabel()) ? "-rF" : "-x";
  }

  private static String description(CommandLine command) {
    String[] description = command.getCommandSpec().usageMessage().description();
    return description.length == 0 ? "" : description[0];
  }

  private static String line(String condition, String what, String... description) {
    String text = String.join(" ", description).replace("$$", "$").replace("'", "\\'");
    return "complete -c holdfast "
        + (condition.isEmpty() ? "" : "-n '" + condition + "' ")
        + what
        + (text.isEmpty() ? "" : " -d '" + text + "'");
  }
}
