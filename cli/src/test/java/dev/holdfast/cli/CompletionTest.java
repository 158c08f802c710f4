package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code holdfast completion}, in the shells themselves. */
class CompletionTest {

  @TempDir Path folder;
  private Programs programs;

  @BeforeEach
  void prepare() {
    programs = Programs.in(folder);
  }

  private void script(String shell) throws IOException {
    Terminal.Result result = Terminal.in(folder).run("completion", shell);
    assertThat(result.code()).as(result.err()).isZero();
    Files.writeString(folder.resolve("completion"), result.out());
  }

  private String shell(String... words) {
    Programs.Ended ended = programs.run(folder, words);
    assertThat(ended.code()).as(ended.output()).isZero();
    return ended.output();
  }

  @ParameterizedTest
  @CsvSource({
    "'backup ver', verify",
    "'restore create --from-b', --from-backup",
    "'--kubeconf', --kubeconfig",
    "'restore plan --existing-resource-policy rec', recreate",
    "'backup create --encrypt se', secrets",
    "'backup get -o ya', yaml",
    "'completion fi', fish",
  })
  void bashCompletes(String typed, String completed) throws IOException {
    programs.need("bash");
    script("bash");
    Files.writeString(
        folder.resolve("ask.sh"),
        """
        source ./completion
        COMP_LINE="holdfast $1" COMP_WORDS=(holdfast $1)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
        "$(complete -p holdfast | sed 's/.*-F \\([^ ]*\\).*/\\1/')" 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}"
        """);
    assertThat(shell("bash", "--norc", "ask.sh", typed).strip()).isEqualTo(completed);
  }

  @Test
  void bashOffersEveryVerb() throws IOException {
    programs.need("bash");
    script("bash");
    assertThat(
            shell(
                "bash",
                "--norc",
                "-c",
                "source ./completion; COMP_WORDS=(holdfast backup ''); COMP_CWORD=2;"
                    + " _complete_holdfast 2>/dev/null; echo ${COMPREPLY[@]}"))
        .contains(
            "create", "get", "describe", "logs", "download", "verify", "diff", "delete", "prune");
  }

  /** As somebody types it: into an interactive shell, with the tabulator key. */
  @Test
  void zshCompletes() throws IOException {
    programs.need("zsh");
    script("zsh");
    Files.writeString(
        folder.resolve("ask.zsh"),
        """
        zmodload zsh/zpty
        zpty -b shell zsh -f -i
        zpty -w shell "PS1= HOME=$PWD; source $PWD/completion; print rea''dy"
        zpty -r -m shell out '*ready*'
        zpty -w -n shell $'holdfast backup ver\\t'
        zpty -r -m shell out '*backup verify*' && print verify
        zpty -w -n shell $'\\x15holdfast restore plan --existing-resource-policy rec\\t'
        zpty -r -m shell out '*recreate*' && print recreate
        zpty -d shell
        """);
    assertThat(shell("zsh", "-f", "ask.zsh")).isEqualTo("verify\nrecreate\n");
  }

  @ParameterizedTest
  @CsvSource({
    "'backup ver', verify",
    "'restore create --from-b', --from-backup",
    "'restore plan --existing-resource-policy rec', recreate",
    "'backup get --output ya', yaml",
    "'backup get --location ./hom', ./homeport/",
  })
  void fishCompletes(String typed, String completed) throws IOException {
    programs.need("fish");
    script("fish");
    Files.createDirectory(folder.resolve("homeport"));
    assertThat(
            shell("fish", "-N", "-c", "source completion; complete -C 'holdfast " + typed + "'")
                .lines()
                .map(line -> line.split("\t", 2)[0]))
        .containsExactly(completed);
  }
}
