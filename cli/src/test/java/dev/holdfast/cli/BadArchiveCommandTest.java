package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Terminal.Result;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Archives that somebody damaged or made up. Without our index and manifest a backup is taken for
 * Velero's, so that nothing but the archive itself can say that it is bad.
 */
class BadArchiveCommandTest {

  private static final String GOOD = "resources/configmaps/namespaces/shop/good.json";
  private static final String GOOD_JSON =
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"good\",\"namespace\":\"shop\"}}";

  @TempDir static Path folder;
  private static Shore shore;
  private static Path location;
  private static Terminal terminal;

  @BeforeAll
  static void start() {
    shore = new Shore(folder);
    location = folder.resolve("backups");
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", location + "");
    for (String name : List.of("veleros", "ours", "other")) {
      if (name.equals("other")) {
        shore.configMap("another", "x");
      }
      assertThat(terminal.run("backup", "create", name, "-n", "shop").code()).isZero();
    }
  }

  @AfterAll
  static void stop() {
    shore.close();
  }

  private static Path file(String backup, String name) {
    return location.resolve("backups/" + backup + "/" + name);
  }

  private static void deleteOurFiles(String backup) throws IOException {
    try (Stream<Path> files = Files.list(location.resolve("backups/" + backup))) {
      for (Path file :
          files.filter(f -> f.getFileName().toString().startsWith("holdfast-")).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Name, content, name, content, ... */
  private static void write(Path archive, String... entries) throws IOException {
    try (OutputStream file = Files.newOutputStream(archive);
        TarArchiveOutputStream tar =
            new TarArchiveOutputStream(new GZIPOutputStream(file), "UTF-8")) {
      for (int i = 0; i < entries.length; i += 2) {
        byte[] content = entries[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(entries[i], true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
  }

  private static void damaged(Result result, String... said) {
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.DAMAGED);
    assertThat(result.err()).contains("Error: ").contains(said).doesNotContain("\tat ");
    assertThat(shore.has("configmaps/shop/good")).isFalse();
  }

  private static Result restore(String backup) {
    return terminal.run("restore", "create", "--from-backup", backup);
  }

  @ParameterizedTest
  @Tag("EMF-11")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "../../etc/cron.d/x                            | x     | not a plain one",
        "/resources/configmaps/namespaces/shop/x.json  | x     | not a plain one",
        "resources/configmaps/namespaces/shop/x.json   | {no   | configmaps/shop/x",
        "resources/configmaps/namespaces/shop/x.json   | other | holds another object",
        "resources/configmaps/namespaces/shop/good.json | good | two entries",
        "resources/configmaps/namespaces/shop/x.json   | bomb  | an item has at most",
      })
  void nothingOfABadArchiveIsRestored(String path, String what, String said) throws IOException {
    deleteOurFiles("veleros");
    String content =
        switch (what) {
          case "other", "good" -> GOOD_JSON;
          case "bomb" -> " ".repeat(70 << 20);
          default -> what;
        };
    write(
        file("veleros", "veleros.tar.gz"),
        "metadata/version",
        "1.1.0\n",
        GOOD,
        GOOD_JSON,
        path,
        content);
    damaged(restore("veleros"), said);
  }

  /** The other backup holds one item more, so that each file of it fits only itself. */
  @ParameterizedTest
  @ValueSource(strings = {"holdfast-index.zst", "holdfast-manifest.json", "ours.tar.gz"})
  void whatIsOfAnotherBackupIsNoticed(String name) throws IOException {
    Path file = file("ours", name);
    byte[] own = Files.readAllBytes(file);
    Files.write(file, Files.readAllBytes(file("other", name.replace("ours", "other"))));
    assertThat(terminal.run("backup", "verify", "ours").code()).isEqualTo(ExitCode.DAMAGED);
    if (name.equals("holdfast-index.zst")) {
      damaged(terminal.run("backup", "diff", "ours"), "not what the index says");
    } else {
      damaged(restore("ours"), "ours");
    }
    Files.write(file, own);
    assertThat(terminal.run("backup", "verify", "ours").code()).isZero();
  }

  @Test
  void aNewerArchiveIsRefusedWithItsVersion() throws IOException {
    assertThat(terminal.run("backup", "create", "newer", "-n", "shop").code()).isZero();
    deleteOurFiles("newer");
    write(file("newer", "newer.tar.gz"), "metadata/version", "9.0.0\n", GOOD, GOOD_JSON);
    Result result = restore("newer");
    assertThat(result.code()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("Error: ").contains("9.0.0");
  }
}
