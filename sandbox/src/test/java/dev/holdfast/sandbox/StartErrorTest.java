package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A container whose program cannot be started, as a kubelet with containerd shows it. */
class StartErrorTest {

  private static Sandbox sandbox;
  private static Client client;
  private static int pods;

  @BeforeAll
  static void start() {
    sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(1));
    client = new Client(sandbox);
  }

  @AfterAll
  static void close() {
    sandbox.close();
  }

  private static JsonNode ended(String command) throws Exception {
    String path = "/api/v1/namespaces/default/pods";
    String name = "p" + ++pods;
    String pod =
        """
        {"metadata": {"name": "%s"}, "spec": {"restartPolicy": "Never",
          "containers": [{"name": "c", "image": "localhost/host", "command": %s}]}}
        """
            .formatted(name, command);
    assertThat(client.post(path, pod).code()).isEqualTo(201);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> client.get(path + "/" + name).at("/status/phase").equals("Failed"));
    return client.get(path + "/" + name).body().at("/status/containerStatuses/0/state/terminated");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no-such-program | exec: \"no-such-program\": executable file not found in $PATH",
        "/no/such/program | exec: \"/no/such/program\": stat /no/such/program: no such file or"
            + " directory",
        "/etc/passwd | exec: \"/etc/passwd\": permission denied",
      },
      quoteCharacter = '`')
  void aProgramThatIsNotThereNeverStarted(String program, String why) throws Exception {
    JsonNode terminated = ended("[\"" + program + "\"]");
    assertThat(terminated.path("reason").asText()).isEqualTo("StartError");
    assertThat(terminated.path("exitCode").asInt()).isEqualTo(128);
    assertThat(terminated.path("startedAt").asText()).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(terminated.path("message").asText()).endsWith(why);
  }

  @Test
  void aProgramMayEndWithTheShellsCodes() throws Exception {
    JsonNode terminated = ended("[\"sh\", \"-c\", \"exit 127\"]");
    assertThat(terminated.path("reason").asText()).isEqualTo("Error");
    assertThat(terminated.path("exitCode").asInt()).isEqualTo(127);
  }
}
