package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import io.fabric8.kubernetes.api.model.ExecConfig;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client-go credential plug-in ({@code users[].user.exec}): a program that prints an
 * ExecCredential of client.authentication.k8s.io, v1 or v1beta1. Run without a shell and without a
 * terminal.
 */
final class ExecPlugin {

  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final ExecConfig config;
  private final Path folder;

  /**
   * @param folder of the kubeconfig: relative commands with a slash start there
   */
  ExecPlugin(ExecConfig config, Path folder) {
    this.config = config;
    this.folder = folder;
  }

  /** PEM texts, null where there is none. */
  record Answer(@Nullable String token, @Nullable String certificate, @Nullable String key) {
    @Override
    public String toString() {
      return "credentials"; // never into a log
    }
  }

  /**
   * @param cluster for messages
   * @throws Failure.Denied if it cannot be run, fails, or answers nonsense
   */
  Answer run(String cluster) {
    String command = String.valueOf(config.getCommand());
    try {
      Process process = start(command);
      var output = read(process.getInputStream());
      var complaint = read(process.getErrorStream());
      if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw refused(command, cluster, "it did not end within " + TIMEOUT.toSeconds() + " s");
      }
      if (process.exitValue() != 0) {
        String said = new String(complaint.join(), StandardCharsets.UTF_8).strip();
        String brief = said.length() > 300 ? said.substring(0, 300) + "…" : said;
        throw refused(command, cluster, "exit code " + process.exitValue() + " " + brief);
      }
      return answer(command, cluster, output.join());
    } catch (IOException e) {
      String hint = config.getInstallHint() == null ? "" : "; " + config.getInstallHint().strip();
      throw refused(command, cluster, "it cannot be started" + hint);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  private Process start(String command) throws IOException {
    List<String> line = new ArrayList<>();
    boolean relative = command.contains(File.separator) && !new File(command).isAbsolute();
    line.add(relative ? folder.resolve(command).toString() : command);
    if (config.getArgs() != null) {
      line.addAll(config.getArgs());
    }
    ProcessBuilder builder = new ProcessBuilder(line);
    if (config.getEnv() != null) {
      config.getEnv().forEach(v -> builder.environment().put(v.getName(), v.getValue()));
    }
    builder.environment().put("KUBERNETES_EXEC_INFO", info());
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    return builder.start();
  }

  private String info() {
    ObjectNode info = Json.MAPPER.createObjectNode();
    info.put("apiVersion", config.getApiVersion()).put("kind", "ExecCredential");
    info.putObject("spec").put("interactive", false);
    return Json.string(info);
  }

  static CompletableFuture<byte[]> read(InputStream stream) {
    CompletableFuture<byte[]> all = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try (stream) {
            all.complete(stream.readAllBytes());
          } catch (IOException e) {
            all.complete(new byte[0]);
          } catch (Throwable e) {
            all.completeExceptionally(e); // else it would be waited for without end
          }
        });
    return all;
  }

  private Answer answer(String command, String cluster, byte[] output) {
    JsonNode status;
    try {
      JsonNode credential = Json.MAPPER.readTree(output);
      if (credential == null || !credential.path("kind").asText().equals("ExecCredential")) {
        throw refused(command, cluster, "it printed no ExecCredential");
      }
      status = credential.path("status");
    } catch (IOException e) {
      throw refused(command, cluster, "it printed no JSON");
    }
    Answer answer =
        new Answer(
            text(status, "token"),
            text(status, "clientCertificateData"),
            text(status, "clientKeyData"));
    if (answer.token() == null && (answer.certificate() == null || answer.key() == null)) {
      throw refused(command, cluster, "it gave neither a token nor a certificate");
    }
    return answer;
  }

  private static @Nullable String text(JsonNode status, String field) {
    String text = status.path(field).asText();
    return text.isEmpty() ? null : text;
  }

  private static Failure refused(String command, String cluster, String why) {
    return new Failure.Denied(
        "The credential plug-in '" + command + "' gave no credentials for " + cluster + ": " + why,
        "run it yourself, or log in again as you do for kubectl",
        null);
  }
}
