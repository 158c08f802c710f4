package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

/** The command line itself: help, mistakes, versions. No cluster, no location. */
class CommandLineTest {

  @TempDir Path home;
  private Terminal terminal;

  @BeforeEach
  void open() {
    terminal = Terminal.in(home);
  }

  @Test
  void versionIsPrintedAsVeleroPrintsIts() {
    Terminal.Result result = terminal.run("version");
    assertThat(result.code()).isZero();
    assertThat(result.out()).startsWith("Client:\n\tVersion: ").contains("\tJava: 25");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void versionIsPrintedInEveryForm() throws IOException {
    String version = terminal.run("version", "-o", "name").out().strip();
    assertThat(version).isNotEmpty().doesNotContain(" ");
    JsonNode json = Json.MAPPER.readTree(terminal.run("-o", "json", "version").out());
    assertThat(json.path("version").asText()).isEqualTo(version);
    assertThat(json.path("java").asText()).startsWith("25");
    assertThat(terminal.run("version", "-o", "yaml").out()).contains("version: ").contains(version);
  }

  /** What {@code Main} answers by itself is what the command would have printed. */
  @Test
  void theShortWayToTheVersionSaysTheSame() {
    assertThat(Version.current().text()).isEqualTo(terminal.run("version").out());
  }

  @ParameterizedTest
  @CsvSource({
    "get backups, backup get",
    "create backup, backup create",
    "describe restore, restore describe",
    "get backup-locations, backup-location get",
    "get locations, backup-location get",
    "logs backup, backup logs",
    "diff backup, backup diff",
    "plan restore, restore plan",
    "--location ./b -q get backups, backup get",
    "-o json get backups, backup get",
    "-v --output=name restore get, restore get",
  })
  void verbFirstIsTheSameAsNounFirst(String typed, String means) {
    String[] words = (typed + " --help").split(" ");
    assertThat(terminal.run(words).out()).startsWith("Usage: holdfast " + means);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bakcup get",
        "backup gte",
        "backup get --colour",
        "",
        "backup",
        "backup get -o xml",
        "sandbox start --port many",
        "backup verify",
        "backup prune --keep-last two",
        "bench --items many"
      })
  void mistakesAreUsageErrorsOfAtMostTwoLines(String typed) {
    String[] words = typed.isEmpty() ? new String[0] : typed.split(" ");
    Terminal.Result result = terminal.run(words);
    assertThat(result.code()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).startsWith("Error: ").contains("\n  → ");
    assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void theOffendingFlagIsNamed() {
    assertThat(terminal.run("backup", "get", "--colour").err()).contains("--colour");
    assertThat(terminal.run("backup", "get", "-o", "xml").err())
        .contains("--output")
        .contains("'xml': use table, json, yaml or name");
    assertThat(terminal.run("sandbox", "start", "--port", "many").err()).contains("--port");
    assertThat(terminal.run("sandbox", "start", "--port", "99999").err()).contains("99999 is no");
    assertThat(terminal.run("bench", "--items", "many").err()).contains("--items");
    assertThat(terminal.run("backup", "create", "--locatoin", "x").err())
        .contains("did you mean --location");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"backup get", "backup create x", "restore create --from-backup x", "restore plan"})
  void aServerIsRefusedClearly(String typed) {
    Terminal.Result result = terminal.run((typed + " --server --location ./b").split(" "));
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("--server is not available in this version");
  }

  @Test
  void everyVerbAndEveryFlagIsExplainedAndFitsTheTerminal() {
    CommandLine root = new Cli(console(80), dev.holdfast.model.Operation.start()).tree();
    List<String> poor = new ArrayList<>();
    each(
        root,
        command -> {
          if (command.getCommandSpec().usageMessage().description().length == 0) {
            poor.add(command.getCommandSpec().qualifiedName() + " has no description");
          }
          for (ArgSpec arg : command.getCommandSpec().args()) {
            if (arg.description().length == 0 && !arg.hidden()) {
              poor.add(command.getCommandSpec().qualifiedName() + " " + arg.paramLabel());
            }
          }
          command
              .getUsageMessage()
              .replaceAll("\u001b\\[[0-9;]*m", "")
              .lines()
              .filter(line -> line.length() > 80)
              .forEach(line -> poor.add("too long: " + line));
        });
    assertThat(poor).isEmpty();
  }

  @Test
  void globalFlagsMayStandBeforeTheVerb() {
    Terminal.Result result = terminal.run("--location", home.toString(), "-q", "backup", "get");
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
  }

  @Test
  void noStackTraceWithoutVerbose() {
    String[] words = {"backup", "describe", "nope", "--location", home.toString()};
    assertThat(terminal.run(words).err()).doesNotContain("\tat ");
    assertThat(terminal.always("--verbose").run(words).err()).contains("\tat ");
  }

  @Test
  void coloursOnlyOnATerminalAndNotWithNoColor() {
    assertThat(terminal.run("nope").err()).doesNotContain("\u001b[");
    assertThat(Terminal.in(home).interactive(80, "").run("nope").err()).contains("\u001b[31m");
    assertThat(Terminal.in(home).interactive(80, "").with("NO_COLOR", "1").run("nope").err())
        .doesNotContain("\u001b[");
  }

  private static dev.holdfast.cli.output.Console console(int width) {
    return new dev.holdfast.cli.output.Console(
        new java.io.PrintWriter(java.io.Writer.nullWriter()),
        new java.io.PrintWriter(java.io.Writer.nullWriter()),
        new java.io.BufferedReader(java.io.Reader.nullReader()),
        width,
        0,
        false,
        java.util.Map.of(),
        dev.holdfast.cli.output.Console.Bytes.NONE);
  }

  private static void each(CommandLine command, java.util.function.Consumer<CommandLine> action) {
    action.accept(command);
    command.getSubcommands().values().stream().distinct().forEach(sub -> each(sub, action));
  }
}
