package dev.holdfast.cli.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Programs;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.cli.Terminal.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code --encrypt}, {@code --identity}, {@code --sign-key} and {@code --allowed-signers}, with
 * keys of {@code age-keygen} and {@code ssh-keygen}; and what {@code verify --show} prints, run by
 * {@code sh}.
 */
class EncryptionCommandTest {

  @TempDir static Path folder;
  private static Programs programs;
  private static Shore shore;
  private static Path location;
  private static Terminal terminal;
  private static String recipient;

  @BeforeAll
  static void start() {
    programs = Programs.in(folder).need("age-keygen", "ssh-keygen");
    shore = new Shore(folder);
    location = folder.resolve("backups");
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", location + "");
    recipient = programs.ageKey("key.txt");
    programs.ageKey("other.txt");
    programs.signingKey("signer", "me@example.com");
    programs.signingKey("stranger", "you@example.com");
    for (String what : List.of("secrets", "all")) {
      done(
          "backup",
          "create",
          what,
          "-n",
          "shop",
          "--encrypt",
          what,
          "--recipient",
          recipient,
          "--sign-key",
          path("signer"));
    }
    done("backup", "create", "plain", "-n", "shop");
  }

  @AfterAll
  static void stop() {
    if (shore != null) {
      shore.close();
    }
  }

  private static String path(String file) {
    return folder.resolve(file).toString();
  }

  private static Result done(String... words) {
    Result result = terminal.run(words);
    assertThat(result.code()).as("%s%n%s", String.join(" ", words), result.err()).isZero();
    return result;
  }

  private static void refused(Result result, int code, String... said) {
    assertThat(result.code()).as(result.err()).isEqualTo(code);
    assertThat(result.err())
        .contains("Error: ")
        .contains("\n  → ")
        .contains(said)
        .doesNotContain("\tat ")
        .doesNotContain("AGE-SECRET-KEY");
  }

  private static String stored(String backup) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(location.resolve("backups/" + backup))) {
      for (Path file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        boolean gzip = bytes.length > 2 && bytes[0] == 0x1f && (bytes[1] & 0xff) == 0x8b;
        all.append(file.getFileName()).append('\n');
        all.append(
            new String(
                gzip ? programs.output("gzip", "-dc", file.toString()) : bytes,
                StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void secretsAreNowhereInTheClearAndTheRestIs() throws IOException {
    assertThat(stored("plain")).contains("aHVzaC1odXNo");
    assertThat(stored("secrets")).doesNotContain("aHVzaC1odXNo").contains("12.50");
    assertThat(stored("all"))
        .doesNotContain("aHVzaC1odXNo")
        .doesNotContain("12.50")
        .doesNotContain("prices");
  }

  @Test
  void describeSaysWhatIsEncryptedToWhomAndWhoSigned() throws IOException {
    String fingerprint =
        new String(programs.output("ssh-keygen", "-l", "-f", path("signer.pub")), UTF_8)
            .split(" ", -1)[1];
    for (String what : List.of("secrets", "all")) {
      assertThat(done("backup", "describe", what, "--identity", path("key.txt")).out())
          .contains("Encryption:  " + what + ", to " + recipient + "\n")
          .contains("Signed by:   " + fingerprint);
    }
    assertThat(done("backup", "describe", "plain").out())
        .contains("Encryption:  <none>\n")
        .contains("Signed by:   <none>\n")
        .containsPattern("Size: +[0-9.]+ KiB in 1[0-9] files\n");
    var json =
        dev.holdfast.model.Json.MAPPER
            .readTree(done("backup", "describe", "secrets", "-o", "json").out())
            .path("stored");
    assertThat(json.path("encryption").path("mode").asText()).isEqualTo("secrets");
    assertThat(json.path("signedBy").asText()).isEqualTo(fingerprint);
    assertThat(json.path("bytes").asLong()).isEqualTo(size("secrets"));
  }

  private static long size(String backup) throws IOException {
    try (Stream<Path> files = Files.list(location.resolve("backups/" + backup))) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"secrets", "all"})
  void theRightIdentityBringsSecretsBack(String backup) {
    shore.delete("secrets/shop/key");
    done("restore", "create", "--from-backup", backup, "--identity", path("key.txt"));
    assertThat(shore.has("secrets/shop/key")).isTrue();
    assertThat(done("backup", "diff", backup, "--identity", path("key.txt")).out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "restore create --from-backup all",
        "restore plan --from-backup all",
        "restore plan --from-backup secrets",
        "restore create --from-backup secrets",
        "backup logs all",
        "backup diff all",
        "backup download all -o all.tar.gz",
      })
  void withoutOrWithAnotherIdentityItEndsWithTwelve(String typed) {
    List<String> words = new ArrayList<>(List.of(typed.split(" ")));
    refused(
        terminal.run(words.toArray(String[]::new)), ExitCode.WRONG_KEY, "encrypted", "--identity");
    words.addAll(List.of("--identity", path("other.txt")));
    refused(terminal.run(words.toArray(String[]::new)), ExitCode.WRONG_KEY, "identit");
    assertThat(Path.of("all.tar.gz")).doesNotExist();
  }

  @Test
  void whatIsEncryptedIsReadWithTheIdentity() throws IOException {
    assertThat(done("backup", "logs", "all", "--identity", path("key.txt")).out())
        .contains("level=info");
    Path file = folder.resolve("all-data.tar.gz");
    done("backup", "download", "all", "-o", file.toString(), "--identity", path("key.txt"));
    assertThat(new String(programs.output("tar", "tzf", file.toString()), UTF_8))
        .contains("resources/secrets/namespaces/shop/key.json");
  }

  @Test
  void verifyChecksTheSignatureAndWhatTheIdentityOpens() {
    String signers = programs.allowedSigners("me@example.com", "signer");
    for (String what : List.of("secrets", "all")) {
      Result without = done("backup", "verify", what);
      assertThat(without.out()).contains("unchecked").contains("is sound");
      Result whole =
          done(
              "backup",
              "verify",
              what,
              "--identity",
              path("key.txt"),
              "--allowed-signers",
              signers);
      assertThat(whole.out())
          .contains("is sound")
          .contains("signed by me@example.com")
          .doesNotContain("unchecked");
    }
    assertThat(done("backup", "verify", "secrets", "--allowed-signers", path("signer.pub")).out())
        .contains("signed by me@example.com");
  }

  @Test
  void aStrangersSignatureOrNoneDoesNotCount() {
    String strangers = programs.allowedSigners("you@example.com", "stranger");
    Result stranger = terminal.run("backup", "verify", "secrets", "--allowed-signers", strangers);
    assertThat(stranger.code()).isNotZero();
    assertThat(stranger.out() + stranger.err()).contains("not a known signer");
    Result unsigned = terminal.run("backup", "verify", "plain", "--allowed-signers", strangers);
    assertThat(unsigned.code()).isNotZero();
    assertThat(unsigned.out() + unsigned.err()).contains("sig");
  }

  @Test
  void aKeyWithAPassphraseOrNoKeyIsRefusedBeforeAnythingIsWritten() throws IOException {
    programs.output(
        "ssh-keygen", "-q", "-t", "ed25519", "-N", "a-passphrase", "-f", path("protected"));
    Files.writeString(folder.resolve("nonsense"), "nonsense\n");
    for (String key : List.of("protected", "nonsense", "signer.pub")) {
      refused(
          terminal.run("backup", "create", "unsigned", "-n", "shop", "--sign-key", path(key)),
          ExitCode.USAGE,
          key);
      assertThat(location.resolve("backups/unsigned")).doesNotExist();
    }
  }

  /** In a copy of the folder, with the two files that the commands name. */
  private static Path copy(String backup) throws IOException {
    Path copy = Files.createTempDirectory(folder, "copy");
    try (Stream<Path> files = Files.list(location.resolve("backups/" + backup))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Files.copy(folder.resolve("key.txt"), copy.resolve("key.txt"));
    Files.copy(
        Path.of(programs.allowedSigners("me@example.com", "signer")),
        copy.resolve("allowed_signers"));
    String shown = done("backup", "verify", backup, "--show").out();
    Files.writeString(copy.resolve("check.sh"), shown.replace("-I NAME", "-I me@example.com"));
    return copy;
  }

  @ParameterizedTest
  @Tag("KUR-38")
  @ValueSource(strings = {"plain", "secrets", "all"})
  void theCommandsThatShowPrintsVerifyTheSame(String backup) throws IOException {
    programs.need("age", "zstd", "tar", "sha256sum");
    Path copy = copy(backup);
    Programs.Ended ended = programs.run(copy, "sh", "-e", "check.sh");
    assertThat(ended.code()).as(ended.output()).isZero();
    assertThat(ended.output()).contains("resources/configmaps/namespaces/shop/prices.json: OK");
    if (!backup.equals("plain")) {
      assertThat(ended.output()).contains("Good \"holdfast-backup\" signature for me@example.com");
    }
    assertThat(copy.resolve("items/resources/secrets/namespaces/shop/key.json")).exists();
  }

  @ParameterizedTest
  @Tag("KUR-38")
  @CsvSource({
    "plain, plain.tar.gz",
    "plain, holdfast-index.zst",
    "secrets, holdfast-manifest.json",
    "secrets, holdfast-secrets.tar.zst.age",
    "all, holdfast-archive.tar.gz.age",
    "all, velero-backup.json",
  })
  void andTheyNoticeAChangedByte(String backup, String file) throws IOException {
    programs.need("age", "zstd", "tar", "sha256sum");
    Path copy = copy(backup);
    byte[] bytes = Files.readAllBytes(copy.resolve(file));
    bytes[bytes.length / 2] ^= 1;
    Files.write(copy.resolve(file), bytes);
    Programs.Ended ended = programs.run(copy, "sh", "-e", "check.sh");
    assertThat(ended.code()).as(ended.output()).isNotZero();
  }

  private static final java.nio.charset.Charset UTF_8 = StandardCharsets.UTF_8;
}
