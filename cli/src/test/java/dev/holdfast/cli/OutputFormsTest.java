package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.cli.Terminal.Result;
import dev.holdfast.cli.output.Console;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code -o table|json|yaml|name}: each verb that has a result, in each form. */
class OutputFormsTest {

  /** What prints text, asks for a file with {@code -o}, or takes restic's {@code --json}. */
  private static final Set<String> WITHOUT =
      Set.of(
          "holdfast backup logs",
          "holdfast backup download",
          "holdfast restore logs",
          "holdfast volume dump",
          "holdfast volume restore",
          "holdfast sandbox start",
          "holdfast mover",
          "holdfast demo",
          "holdfast completion");

  @TempDir static Path folder;
  private static Shore shore;
  private static Terminal terminal;

  @BeforeAll
  static void start() {
    shore = new Shore(folder);
    terminal = Terminal.in(folder).always("--yes");
    done("location", "create", "here", "--path", folder.resolve("backups") + "", "--default");
    terminal.always("--kubeconfig", shore.kubeconfig() + "");
    done("backup", "create", "shop", "-n", "shop");
    shore.delete("configmaps/shop/web");
    done("restore", "create", "back", "--from-backup", "shop");
    shore.delete("configmaps/shop/web");
  }

  @AfterAll
  static void stop() {
    shore.close();
  }

  private static void done(String... words) {
    Result result = terminal.run(words);
    assertThat(result.code()).as("%s%n%s", String.join(" ", words), result.err()).isZero();
  }

  private static Result run(String typed, String format) {
    // Each form makes and deletes things of its own name.
    String line = typed.replace("FORM", format) + " -o " + format;
    Result result = terminal.run(line.split(" "));
    assertThat(result.code()).as("%s%n%s", line, result.err()).isIn(ExitCode.OK, ExitCode.DIFFERS);
    return result;
  }

  @ParameterizedTest
  @Tag("SF-23")
  @CsvSource(
      delimiter = '|',
      value = {
        "backup create made-FORM -n shop              | kind                    |"
            + " ^backup.velero.io/made-name$",
        "backup get                                   | items                   |"
            + " ^backup.velero.io/shop$",
        "backup get shop                              | metadata                |"
            + " ^backup.velero.io/shop$",
        "backup describe shop                         | stored                  |"
            + " ^backup.velero.io/shop$",
        "backup describe shop --details               | resourceList            |"
            + " ^backup.velero.io/shop$",
        "backup verify shop                           | sound                   | \\A\\z",
        "backup diff shop                             | differences             |"
            + " ^configmaps/shop/web$",
        "backup prune --keep-last 9                   | decisions               | \\A\\z",
        "restore plan --from-backup shop              | counts                  |"
            + " ^configmaps/shop/web$",
        "restore create --dry-run --from-backup shop  | counts                  |"
            + " ^configmaps/shop/web$",
        "restore create r-FORM --from-backup shop --item configmaps/shop/prices | status |"
            + " ^restore.velero.io/r-name$",
        "restore resume back                          | status                  |"
            + " ^restore.velero.io/back$",
        "restore get                                  | items                   |"
            + " ^restore.velero.io/back$",
        "restore describe back --details              | items                   |"
            + " ^restore.velero.io/back$",
        "backup-location create l-FORM --path ./l     | spec                    |"
            + " ^backupstoragelocation.velero.io/l-name$",
        "backup-location set here --access-mode ReadWrite | spec                    |"
            + " ^backupstoragelocation.velero.io/here$",
        "backup-location get here                     | spec                    |"
            + " ^backupstoragelocation.velero.io/here$",
        "backup-location check here                   | steps                   |"
            + " ^backupstoragelocation.velero.io/here$",
        "version                                      | version                 | ^.+$",
      })
  void everyFormIsWhatItSaysAndNothingElse(String typed, String field, String name)
      throws IOException {
    JsonNode json = Json.MAPPER.readTree(run(typed, "json").out());
    assertThat(json.has(field)).as(json.toPrettyString()).isTrue();
    assertThat(new YAMLMapper().readTree(run(typed, "yaml").out()).has(field)).isTrue();
    assertThat(run(typed, "name").out()).containsPattern("(?m)" + name).doesNotContain(" ");
    assertThat(run(typed, "table").out()).doesNotStartWith("{");
  }

  @Test
  void whatIsDeletedIsTold() throws IOException {
    for (String format : List.of("json", "yaml", "name", "table")) {
      done("backup", "create", "gone-" + format, "-n", "shop");
      done("location", "create", "gone-" + format, "--path", "./x");
    }
    assertThat(Json.MAPPER.readTree(run("backup delete gone-FORM", "json").out()))
        .isEqualTo(Json.MAPPER.readTree("{\"deleted\":[\"gone-json\"]}"));
    assertThat(run("backup delete gone-FORM", "yaml").out()).isEqualTo("deleted:\n- gone-yaml\n");
    assertThat(run("backup delete gone-FORM", "name").out())
        .isEqualTo("backup.velero.io/gone-name\n");
    assertThat(run("backup delete gone-FORM", "table").out())
        .isEqualTo("backup gone-table deleted\n");
    assertThat(Json.MAPPER.readTree(run("location delete gone-FORM", "json").out()))
        .isEqualTo(Json.MAPPER.readTree("{\"deleted\":[\"gone-json\"]}"));
    assertThat(run("location delete gone-FORM", "name").out())
        .isEqualTo("backupstoragelocation.velero.io/gone-name\n");
  }

  @Test
  void pruneNamesWhatItDeletes() throws IOException {
    Terminal there =
        Terminal.in(folder)
            .always("--yes", "--kubeconfig", shore.kubeconfig() + "")
            .always("--location", folder.resolve("pruned") + "");
    for (String name : List.of("one", "two", "three")) {
      assertThat(there.run("backup", "create", name, "-n", "shop").code()).isZero();
    }
    String[] words = {"backup", "prune", "--keep-last", "1", "--dry-run", "-o", "name"};
    List<String> named = there.run(words).out().lines().toList();
    assertThat(named).hasSize(2).allMatch(line -> line.startsWith("backup.velero.io/"));
    JsonNode json =
        Json.MAPPER.readTree(there.run("backup", "prune", "--keep-last", "1", "-o", "json").out());
    assertThat(json.path("dryRun").asBoolean()).isFalse();
    assertThat(json.path("decisions")).hasSize(3);
    assertThat(there.run("backup", "get", "-o", "name").out().lines()).hasSize(1);
  }

  @Test
  void everyVerbWithAResultTakesIt() {
    Console nowhere =
        new Console(
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            new BufferedReader(Reader.nullReader()),
            0,
            0,
            false,
            Map.of(),
            Console.Bytes.NONE);
    List<String> lacking = new ArrayList<>();
    leaves(new Cli(nowhere, Operation.start()).tree(), lacking);
    assertThat(lacking).containsExactlyInAnyOrderElementsOf(WITHOUT);
  }

  private static void leaves(CommandLine command, List<String> lacking) {
    String name = command.getCommandSpec().qualifiedName();
    if (name.startsWith("holdfast repo")) {
      return;
    }
    boolean verb = command.getCommandSpec().userObject() instanceof java.util.concurrent.Callable;
    if (verb && !takesFormat(command)) {
      lacking.add(name);
    }
    command.getSubcommands().values().stream().distinct().forEach(sub -> leaves(sub, lacking));
  }

  private static boolean takesFormat(CommandLine command) {
    var option = command.getCommandSpec().findOption("--output");
    return option != null && option.paramLabel().equals("FORMAT");
  }
}
