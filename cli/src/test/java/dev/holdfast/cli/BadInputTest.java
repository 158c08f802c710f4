package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cli.Terminal.Result;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input from the user's side: each case ends with its exit code and a message that names what
 * is wrong, and nothing is lost or left behind.
 */
class BadInputTest {

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
            .always("--kubeconfig", shore.kubeconfig().toString(), "--location", location + "");
    assertThat(terminal.run("backup", "create", "good", "-n", "shop").code()).isZero();
  }

  @AfterAll
  static void stop() {
    shore.close();
  }

  private static void refused(Result result, int code, String... said) {
    assertThat(result.code()).as(result.err()).isEqualTo(code);
    assertThat(result.err())
        .contains("Error: ")
        .contains("\n  → ")
        .contains(said)
        .doesNotContain("\tat ");
  }

  private static Set<String> files() throws IOException {
    try (var walk = Files.walk(location)) {
      return walk.filter(Files::isRegularFile)
          .map(Path::toString)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Not_A_Name -n shop                       | 2  | 'Not_A_Name' is no valid backup name",
        "good -n shop                             | 1  | good",
        "x -n nowhere                             | 10 | 'nowhere'",
        "x -n shop -l a=b=c                       | 2  | --selector",
        "x -n shop -l a --or-selector b           | 2  | elector",
        "x -n shop --exclude-namespaces shop      | 2  | shop",
        "x --include-resources a --include-cluster-scoped-resources b | 2 | cluster",
        "x -n shop --ttl 3days                    | 2  | --ttl",
        "x -n shop --encrypt secrets              | 2  | --recipient",
        "x -n shop --encrypt some --recipient a   | 2  | --encrypt some",
        "x -n shop --encrypt all --recipient age1nonsense | 2 | recipient",
        "x -n shop --sign-key /none               | 10 | /none",
        "x -f /none.yaml                          | 10 | /none.yaml",
        "x -n shop --parallel 0                   | 2  | --parallel 0",
      })
  void aBackupThatCannotBeMadeLeavesNothing(String typed, int code, String said)
      throws IOException {
    Set<String> before = files();
    refused(terminal.run(("backup create " + typed).split(" +")), code, said);
    assertThat(files()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "                                          | 2  | --from-backup is missing",
        "--from-backup none                        | 10 | 'none'",
        "--from-backup good --namespace-mappings a | 2  | OLD:NEW",
        "--from-backup good --existing-resource-policy all | 2 | 'all'",
        "--from-backup good --existing-resource-policy recreate | 2 | --yes",
        "--from-backup good --existing-volumes replace | 2 | --yes",
        "--from-backup good --existing-volumes all | 2 | 'all'",
        "--from-backup good --item configmaps      | 2  | 'configmaps' is not an item",
        "--from-backup good --map-image nginx      | 2  | 'nginx' is not an image mapping",
        "--from-backup good --resource-modifiers /none | 10 | /none",
        "--from-backup good --resource-modifier-configmap none | 10 | ConfigMap none",
        "--from-backup good --parallel 0           | 2  | --parallel 0",
        "--from-backup good --identity /none       | 10 | /none",
        "--from-backup good -f /none.yaml          | 10 | /none.yaml",
      })
  void aRestoreThatMakesNoSenseIsRefused(String typed, int code, String said) {
    String words = "restore create " + (typed == null ? "" : typed);
    refused(terminal.run(words.strip().split(" +")), code, said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"describe", "logs", "download", "verify", "diff", "get"})
  void aBackupThatIsNotThereIsNamed(String verb) {
    refused(terminal.run("backup", verb, "none"), ExitCode.NOT_FOUND, "There is no backup 'none'");
  }

  @Test
  void aNamespaceThatTheBackupLacksIsSaid() {
    Result result =
        terminal.run(
            "restore", "create", "--from-backup", "good", "--include-namespaces", "elsewhere");
    assertThat(result.err()).contains("Warning: ").contains("elsewhere");
  }

  @Test
  void aDocumentOfTheWrongKindOrOfTwoIsRefused() throws IOException {
    Path file = folder.resolve("wrong.yaml");
    Files.writeString(file, "kind: ConfigMap\n---\nkind: Secret\n");
    refused(terminal.run("backup", "create", "-f", file.toString()), 2, "must hold one Backup");
    Files.writeString(file, "kind: Backup\nspec: [\n");
    refused(terminal.run("backup", "create", "-f", file.toString()), 2, "not valid YAML");
    Files.writeString(file, "just text");
    refused(terminal.run("backup", "create", "-f", file.toString()), 2, "no kind");
    Files.writeString(file, "kind: Backup\nmetadata: {name: x}\nspec: {storageLocation: other}\n");
    refused(
        terminal.run("backup", "create", "-f", file.toString()),
        2,
        "contradicts the document's storageLocation: other");
  }

  @Test
  void aResourceModifierThatDoesNotApplyIsNamed() throws IOException {
    Path file = folder.resolve("modifiers.yaml");
    Files.writeString(file, "version: v1\nresourceModifierRules: nonsense\n");
    refused(
        terminal.run(
            "restore", "create", "--from-backup", "good", "--resource-modifiers", file.toString()),
        2,
        "resourceModifierRules");
  }

  @Test
  void aMissingKubeconfigOrContextIsNamed() {
    Terminal bare = Terminal.in(folder).always("--location", location.toString());
    refused(bare.run("backup", "create", "x", "--kubeconfig", "/none"), 10, "/none");
    refused(
        bare.run(
            "backup", "create", "x", "--kubeconfig", shore.kubeconfig() + "", "--context", "no"),
        10,
        "no");
  }

  @Test
  void anExpiredTokenIsSaidSo() throws IOException {
    Path file = folder.resolve("expired");
    Files.writeString(
        file,
        Files.readString(shore.kubeconfig()).replaceAll("token: .*", "token: expired-long-ago"));
    Result result =
        Terminal.in(folder)
            .run("backup", "create", "x", "--kubeconfig", file + "", "--location", location + "");
    refused(result, 1, "does not accept the credentials", "log in again");
    assertThat(result.err()).doesNotContain("expired-long-ago");
  }

  @Test
  void anUnreachableServerIsSaidSo() throws IOException {
    try (Socket nobody = new Socket()) { // has a port, and nobody listens
      nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String address = "127.0.0.1:" + nobody.getLocalPort();
      refused(against("https://" + address), 1, address);
    }
  }

  @Test
  void aHangingServerIsGivenUp() throws IOException {
    try (ServerSocket silent = new ServerSocket(0)) {
      long start = System.nanoTime();
      refused(against("http://127.0.0.1:" + silent.getLocalPort()), 1, "127.0.0.1");
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(60);
    }
  }

  private static Result against(String server) throws IOException {
    Path file = folder.resolve("other-server");
    Files.writeString(
        file, Files.readString(shore.kubeconfig()).replaceAll("server: .*", "server: " + server));
    return Terminal.in(folder)
        .run(
            "backup",
            "create",
            "x",
            "--request-timeout",
            "2s",
            "--kubeconfig",
            file.toString(),
            "--location",
            location.toString());
  }

  @Test
  void aReadOnlyDirectoryIsSaidSo() throws IOException {
    assumeTrue(!"root".equals(System.getProperty("user.name")), "root may write everywhere");
    Path closed = Files.createDirectory(folder.resolve("closed"));
    assertThat(closed.toFile().setWritable(false)).isTrue();
    refused(
        terminal.run("backup", "create", "x", "-n", "shop", "--location", closed.toString()),
        1,
        closed.toString());
  }

  @Test
  void damagedBackupsEndWithFive() throws IOException {
    assertThat(terminal.run("backup", "create", "hurt", "-n", "shop").code()).isZero();
    Path archive = location.resolve("backups/hurt/hurt.tar.gz");
    byte[] whole = Files.readAllBytes(archive);

    Files.write(archive, Arrays.copyOf(whole, whole.length / 2));
    Result truncated = terminal.run("backup", "verify", "hurt");
    assertThat(truncated.code()).isEqualTo(ExitCode.DAMAGED);
    assertThat(truncated.out()).contains("damaged").contains("hurt.tar.gz");
    refused(terminal.run("restore", "create", "--from-backup", "hurt"), ExitCode.DAMAGED, "hurt");

    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 1;
    Files.write(archive, flipped);
    assertThat(terminal.run("backup", "verify", "hurt").code()).isEqualTo(ExitCode.DAMAGED);
    refused(terminal.run("restore", "create", "--from-backup", "hurt"), ExitCode.DAMAGED, "hurt");

    Files.writeString(archive, "this is not gzip");
    refused(terminal.run("restore", "create", "--from-backup", "hurt"), ExitCode.DAMAGED, "hurt");
  }

  @Test
  void anUnfinishedBackupCannotBeRestored() throws IOException {
    assertThat(terminal.run("backup", "create", "half", "-n", "shop").code()).isZero();
    Files.delete(location.resolve("backups/half/velero-backup.json"));
    refused(terminal.run("restore", "create", "--from-backup", "half"), ExitCode.NOT_FOUND, "half");
    assertThat(terminal.run("backup", "get", "-o", "name").out()).doesNotContain("half");
  }

  @Test
  void aNewerFormatIsRefusedWithWhatToDo() throws IOException {
    Path newer = folder.resolve("newer");
    Path document = newer.resolve("plugins/holdfast/location.json");
    Terminal there =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", newer.toString());
    assertThat(there.run("backup", "create", "b", "-n", "shop").code()).isZero();
    String json = Files.readString(document, StandardCharsets.UTF_8);
    Files.writeString(
        document,
        json.replaceAll("\"leastReader\":\"[^\"]*\"", "\"leastReader\":\"99.0\"")
            .replaceAll("\"(format[A-Za-z]*|version)\":\\s*\"?\\d+\"?", "\"$1\":99"));
    refused(there.run("restore", "create", "--from-backup", "b"), 1, "99");
  }

  @Test
  void aWrongIdentityEndsWithTwelve() throws Exception {
    assumeTrue(onPath("age-keygen"), "age-keygen is not on the path");
    Path key = folder.resolve("key.txt");
    Path other = folder.resolve("other.txt");
    String recipient = keygen(key);
    keygen(other);
    assertThat(
            terminal
                .run(
                    "backup",
                    "create",
                    "locked",
                    "-n",
                    "shop",
                    "--encrypt",
                    "all",
                    "--recipient",
                    recipient)
                .code())
        .isZero();
    refused(
        terminal.run("restore", "create", "--from-backup", "locked"),
        ExitCode.WRONG_KEY,
        "--identity");
    refused(
        terminal.run(
            "restore", "create", "--from-backup", "locked", "--identity", other.toString()),
        ExitCode.WRONG_KEY,
        "identit");
    shore.delete("configmaps/shop/web");
    assertThat(
            terminal
                .run("restore", "create", "--from-backup", "locked", "--identity", key.toString())
                .code())
        .isZero();
    assertThat(shore.has("configmaps/shop/web")).isTrue();
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }

  /** Makes a key pair and returns the public key. */
  private static String keygen(Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("age-keygen", "-o", file.toString()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.substring(said.indexOf("age1")).strip();
  }
}
