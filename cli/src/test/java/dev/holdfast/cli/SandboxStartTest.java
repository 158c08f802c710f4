package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sandbox start} says when it cannot start. */
class SandboxStartTest {

  @TempDir private Path folder;

  private Terminal terminal() {
    return Terminal.in(folder);
  }

  private void refuses(String message, String... options) {
    String[] command = new String[options.length + 2];
    command[0] = "sandbox";
    command[1] = "start";
    System.arraycopy(options, 0, command, 2, options.length);
    Terminal.Result result = terminal().run(command);
    assertThat(result.code()).as(result.err()).isNotZero();
    assertThat(result.err()).contains(message).doesNotContain("\tat ");
  }

  @Test
  void aPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      refuses("Port " + port + " of 127.0.0.1 is taken", "--port", String.valueOf(port));
    }
  }

  @Test
  void aKubeconfigThatCannotBeWrittenOrIsNotOurs() throws Exception {
    Path nowhere = folder.resolve("none").resolve("kubeconfig");
    refuses("Cannot write the kubeconfig " + nowhere, "--kubeconfig", nowhere.toString());
    Path foreign = Files.writeString(folder.resolve("config"), "apiVersion: v1\n");
    refuses("was not written by a sandbox", "--kubeconfig", foreign.toString());
    assertThat(foreign).hasContent("apiVersion: v1\n");
  }

  @Test
  void aFolderThatCannotBeLoaded() throws Exception {
    Path broken = Files.writeString(folder.resolve("pods.json"), "{\"items\": [ ");
    refuses(broken.toString(), "--load", folder.toString());
    Path absent = folder.resolve("absent");
    refuses(absent.toString(), "--load", absent.toString());
  }
}
