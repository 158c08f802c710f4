package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Terminal.Result;
import dev.holdfast.sandbox.http.Faults.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * API servers that accept and never answer, or stop in the middle of an answer: each command ends
 * with an error within {@code --request-timeout}, or, where the server worked before, within the
 * few tries that the guide promises.
 */
class HangingServerTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /** Eight tries of a second each, with growing pauses, and a busy machine. */
  private static final Duration EIGHT_TRIES = Duration.ofMinutes(2);

  @TempDir Path folder;
  private Shore shore;
  private Path location;
  private Terminal terminal;

  @BeforeEach
  void start() {
    shore = new Shore(folder);
    location = folder.resolve("backups");
    terminal =
        Terminal.in(folder)
            .always("--location", location + "", "--request-timeout", TIMEOUT.toSeconds() + "s");
    assertThat(
            terminal
                .run("backup", "create", "good", "-n", "shop", "--kubeconfig", sandbox())
                .code())
        .isZero();
  }

  @AfterEach
  void stop() {
    shore.close();
  }

  private String sandbox() {
    return shore.kubeconfig().toString();
  }

  private static void gaveUp(Result result, Duration taken, Duration limit) {
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err())
        .contains("did not answer within 1 s")
        .contains("\n  → check that the API server works")
        .doesNotContain("\tat ");
    assertThat(taken).isGreaterThanOrEqualTo(TIMEOUT).isLessThan(limit);
  }

  /** Sends the same few bytes to everyone, and then nothing. */
  private static final class Silent implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();

    Silent(String answer) throws IOException {
      Thread.ofVirtual().start(() -> accept(answer.getBytes(StandardCharsets.UTF_8)));
    }

    private void accept(byte[] answer) {
      try {
        while (true) {
          Socket socket = server.accept();
          open.add(socket);
          Thread.ofVirtual().start(() -> answer(socket, answer));
        }
      } catch (IOException e) {
        // closed: the test is over
      }
    }

    private static void answer(Socket socket, byte[] answer) {
      try {
        InputStream in = socket.getInputStream();
        if (in.read() >= 0) {
          OutputStream out = socket.getOutputStream();
          out.write(answer);
          out.flush();
          in.transferTo(OutputStream.nullOutputStream());
        }
      } catch (IOException e) {
        // the client has gone
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  private String kubeconfig(Silent server) throws IOException {
    Path file = folder.resolve("silent");
    Files.writeString(
        file,
        Files.readString(shore.kubeconfig())
            .replaceAll("server: .*", "server: http://127.0.0.1:" + server.server.getLocalPort()));
    return file.toString();
  }

  private static final String BREAKS_OFF =
      """
      HTTP/1.1 200 OK\r
      Content-Type: application/json\r
      Content-Length: 5000\r
      \r
      {"kind":"APIGroupDiscoveryList",\
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backup create x -n shop",
        "restore create back --from-backup good",
        "restore plan --from-backup good",
        "backup diff good"
      })
  void whoNeverAnswersIsGivenUpAfterOneTry(String typed) throws IOException {
    for (String answer : new String[] {"", BREAKS_OFF}) {
      try (Silent server = new Silent(answer)) {
        long start = System.nanoTime();
        Result result = terminal.run((typed + " --kubeconfig " + kubeconfig(server)).split(" "));
        gaveUp(result, Duration.ofNanos(System.nanoTime() - start), EIGHT_TRIES);
        assertThat(server.open).as("eight tries take as many connections").hasSizeLessThan(8);
        assertThat(result.out()).isEmpty();
        assertThat(location.resolve("backups/x")).doesNotExist();
        assertThat(result.err().contains("there is no complete backup x"))
            .isEqualTo(typed.startsWith("backup create"));
        assertThat(terminal.run("restore", "get", "-o", "name").out()).isEmpty();
      }
    }
  }

  @Test
  void aListThatHangsIsNamedAsMissing() {
    shore.sandbox().faults().often(Kind.SILENCE, 1, one -> one.path().endsWith("/configmaps"));
    long start = System.nanoTime();
    Result result = terminal.run("backup", "create", "x", "-n", "shop", "--kubeconfig", sandbox());
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(EIGHT_TRIES);
    assertThat(result.code()).as(result.err()).isEqualTo(ExitCode.PARTIAL);
    assertThat(result.err())
        .contains("Error: configmaps in shop: cannot be listed, its items are not in the backup: ")
        .contains("did not answer within 1 s")
        .doesNotContain("\tat ");
    shore.sandbox().faults().clear();
    assertThat(terminal.run("backup", "describe", "x").out())
        .contains("PartiallyFailed")
        .contains("cannot be listed, its items are not in the backup");
  }

  @Test
  void aServerThatStopsDuringARestoreLosesNothing() {
    shore.delete("configmaps/shop/web");
    AtomicBoolean silent = new AtomicBoolean();
    shore
        .sandbox()
        .faults()
        .often(
            Kind.SILENCE,
            1,
            one -> {
              if (one.method().equals("POST") && one.path().endsWith("/configmaps")) {
                silent.set(true);
              }
              return silent.get();
            });
    long start = System.nanoTime();
    Result result =
        terminal.run(
            "restore", "create", "back", "--from-backup", "good", "--kubeconfig", sandbox());
    gaveUp(result, Duration.ofNanos(System.nanoTime() - start), EIGHT_TRIES);
    assertThat(result.err()).contains("restore create back --from-backup good");
    assertThat(silent).isTrue();
    shore.sandbox().faults().clear();
    Result again = terminal.run("restore", "resume", "back", "--kubeconfig", sandbox());
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(shore.has("configmaps/shop/web")).isTrue();
  }
}
