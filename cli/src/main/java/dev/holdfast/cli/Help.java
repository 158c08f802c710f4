package dev.holdfast.cli;

import dev.holdfast.cli.output.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * What {@code --help} prints: usage, the verb's own flags, then the flags that every verb takes.
 */
final class Help {

  private static final int NAMES = 34;
  private static final int LONGEST_NAME = 15;
  private static final String INDENT = " ".repeat(NAMES);

  private Help() {}

  static void install(CommandLine root, int width, boolean colours) {
    ColorScheme scheme = CommandLine.Help.defaultColorScheme(colours ? Ansi.ON : Ansi.OFF);
    each(
        root,
        command -> {
          command.setColorScheme(scheme);
          UsageMessageSpec usage = command.getCommandSpec().usageMessage();
          usage.width(width > 0 ? Math.clamp(width, 60, 120) : 100);
          usage.abbreviateSynopsis(true);
          usage.sortOptions(false);
          Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
          sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING, _ -> "Usage: ");
          sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, help -> synopsis(help.commandSpec()));
          sections.put(
              UsageMessageSpec.SECTION_KEY_DESCRIPTION, help -> "\n" + help.description() + "\n");
          sections.put(UsageMessageSpec.SECTION_KEY_PARAMETER_LIST, _ -> "");
          sections.put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, Help::flags);
          sections.put(
              UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
              help -> help.subcommands().isEmpty() ? "" : "Commands:\n");
          sections.put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, Help::commands);
          command.setHelpSectionKeys(
              List.of(
                  UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
                  UsageMessageSpec.SECTION_KEY_SYNOPSIS,
                  UsageMessageSpec.SECTION_KEY_DESCRIPTION,
                  UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
                  UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
                  UsageMessageSpec.SECTION_KEY_OPTION_LIST,
                  UsageMessageSpec.SECTION_KEY_FOOTER));
        });
  }

  private static void each(CommandLine command, java.util.function.Consumer<CommandLine> action) {
    action.accept(command);
    command.getSubcommands().values().stream().distinct().forEach(sub -> each(sub, action));
  }

  private static String synopsis(CommandSpec spec) {
    StringBuilder line = new StringBuilder(spec.qualifiedName());
    if (!spec.subcommands().isEmpty()) {
      line.append(" COMMAND");
    }
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      String label = parameter.paramLabel();
      line.append(' ').append(parameter.arity().min() == 0 ? "[" + label + "]" : label);
      line.append(parameter.arity().max() > 1 ? "..." : "");
    }
    return line.append(" [FLAGS]\n").toString();
  }

  private static String flags(CommandLine.Help help) {
    List<OptionSpec> own = new ArrayList<>();
    List<OptionSpec> global = new ArrayList<>();
    boolean root = help.commandSpec().parent() == null;
    for (OptionSpec option : help.commandSpec().options()) {
      if (!option.hidden()) {
        (option.inherited() || root ? global : own).add(option);
      }
    }
    StringBuilder text = new StringBuilder();
    if (!own.isEmpty()) {
      text.append("Flags:\n").append(table(help, own)).append('\n');
    }
    if (help.commandSpec().subcommands().isEmpty() || root) {
      text.append(root ? "\nFlags of every command:\n" : "Global flags:\n");
      text.append(table(help, global));
    }
    return text.toString();
  }

  /** Names without aliases, and the first sentence of each. */
  private static String commands(CommandLine.Help help) {
    StringBuilder text = new StringBuilder();
    int widest = help.subcommands().keySet().stream().mapToInt(String::length).max().orElse(0);
    for (CommandLine.Help command : help.subcommands().values()) {
      String name = command.commandSpec().name();
      String[] description = command.commandSpec().usageMessage().description();
      text.append("  ").append(help.colorScheme().commandText(name));
      int indent = Math.min(widest, LONGEST_NAME) + 5;
      text.repeat(' ', indent - 2 - name.length());
      int width = help.commandSpec().usageMessage().width() - indent;
      List<String> lines = Words.wrap(description.length == 0 ? "" : description[0], width);
      text.append(String.join("\n" + " ".repeat(indent), lines)).append('\n');
    }
    return text.toString();
  }

  private static String table(CommandLine.Help help, List<OptionSpec> options) {
    int width = help.commandSpec().usageMessage().width();
    StringBuilder text = new StringBuilder();
    for (OptionSpec option : options) {
      String names = "  " + String.join(", ", option.names()) + label(option);
      String pad = names.length() < NAMES - 1 ? " ".repeat(NAMES - names.length()) : "\n" + INDENT;
      String description = String.join(" ", option.description()).replace("$$", "$");
      text.append(help.colorScheme().optionText(names)).append(pad);
      text.append(String.join("\n" + INDENT, Words.wrap(description, width - NAMES))).append('\n');
    }
    return text.toString();
  }

  private static String label(OptionSpec option) {
    if (option.arity().max() == 0) {
      return "";
    }
    return option.arity().min() == 0 ? "[=" + option.paramLabel() + "]" : " " + option.paramLabel();
  }
}
