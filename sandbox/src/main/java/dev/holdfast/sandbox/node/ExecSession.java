package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.api.Request;
import dev.holdfast.sandbox.api.Response;
import dev.holdfast.sandbox.api.WebSocket;
import dev.holdfast.sandbox.status.ApiError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code pods/exec} over a WebSocket: {@code v4.channel.k8s.io} and {@code v5.channel.k8s.io}, in
 * which the client can also close its stdin. Each message begins with its channel; the exit status
 * is a Status on the error channel. There is no terminal: with {@code tty} stderr joins stdout. A
 * client that goes ends the process.
 */
final class ExecSession {

  private static final List<String> PROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;

  /** Version 5: the next byte is a channel that ends. */
  private static final int CLOSED = 255;

  private static final Duration GOODBYE = Duration.ofSeconds(2);

  private static final Duration PULSE = Duration.ofSeconds(1);

  /** Whether what the client sent is being written to the process. */
  private volatile boolean feeding;

  private final Request request;
  private final ContainerRun container;
  private final List<String> command;

  private ExecSession(Request request, ContainerRun container, List<String> command) {
    this.request = request;
    this.container = container;
    this.command = command;
  }

  /** 101 and the session, or why not. */
  static Response answer(Request request, ContainerRun container) {
    List<String> command = request.query().getOrDefault("command", List.of());
    if (command.isEmpty()) {
      throw ApiError.badRequest("you must specify a command for the exec");
    }
    if (!request.flag("stdin") && !request.flag("stdout") && !request.flag("stderr")) {
      throw ApiError.badRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
    if (!request.wantsWebSocket()) {
      throw ApiError.badRequest("Upgrade request required");
    }
    String offered = request.header("sec-websocket-protocol");
    String protocol = protocol(offered == null ? "" : offered);
    if (protocol == null) {
      throw ApiError.badRequest("none of the offered protocols is known: " + offered);
    }
    ExecSession session = new ExecSession(request, container, command);
    return WebSocket.upgrade(
        request,
        protocol,
        new Response.Conversation() {
          @Override
          public void converse(InputStream in, OutputStream out) throws IOException {
            session.hold(new WebSocket(in, out));
          }
        });
  }

  private static @Nullable String protocol(String offered) {
    for (String each : offered.split(",", -1)) {
      if (PROTOCOLS.contains(each.strip())) {
        return each.strip();
      }
    }
    return null;
  }

  private void hold(WebSocket socket) throws IOException {
    boolean output = request.flag("stdout");
    socket.send(output ? STDOUT : request.flag("stderr") ? STDERR : ERROR, new byte[0], 0);
    Process process;
    try {
      process = start();
    } catch (IOException e) {
      fail(socket, "error executing command in container: " + e.getMessage());
      return;
    }
    try {
      converse(socket, process);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      kill(process);
    }
  }

  private Process start() throws IOException {
    String program = command.getFirst();
    if (!program.contains("/") && !onPath(program)) {
      throw new IOException(
          "failed to start exec: exec: \"" + program + "\": executable file not found in $PATH");
    }
    return container.start(command);
  }

  private static boolean onPath(String program) {
    return List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
        .stream()
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private void converse(WebSocket socket, Process process)
      throws IOException, InterruptedException {
    if (!request.flag("stdin")) {
      process.getOutputStream().close();
    }
    Thread reader = Threads.start("stdin", () -> listen(socket, process));
    boolean terminal = request.flag("tty");
    Pump out = new Pump(process.getInputStream(), socket, STDOUT, request.flag("stdout"));
    Pump err =
        new Pump(
            process.getErrorStream(),
            socket,
            terminal ? STDOUT : STDERR,
            request.flag(terminal ? "stdout" : "stderr"));
    while (!process.waitFor(PULSE.toMillis(), TimeUnit.MILLISECONDS)) {
      if (feeding) { // nobody reads while stdin is full: only this tells that the client has gone
        socket.ping();
      }
    }
    if (container.lost()) {
      throw new IOException("the node is lost");
    }
    int code = process.exitValue();
    out.drain(GOODBYE);
    err.drain(GOODBYE);
    byte[] status = Json.bytes(status(code));
    socket.send(ERROR, status, status.length);
    socket.close(1000);
    reader.join(GOODBYE);
  }

  /** Until the client goes. */
  private void listen(WebSocket socket, Process process) {
    OutputStream stdin = process.getOutputStream();
    try {
      for (byte[] message = socket.read(); message != null; message = socket.read()) {
        int channel = message.length == 0 ? -1 : message[0] & 0xff;
        if (channel == STDIN) {
          feeding = true;
          write(stdin, message);
          feeding = false;
        } else if (channel == CLOSED && message.length > 1 && message[1] == STDIN) {
          stdin.close();
        }
      }
    } catch (IOException e) {
      // the connection broke
    }
    kill(process);
  }

  /** A process that no longer reads loses nothing that it wanted. */
  private static void write(OutputStream stdin, byte[] message) {
    try {
      stdin.write(message, 1, message.length - 1);
      stdin.flush();
    } catch (IOException e) {
      // it has closed its input
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static ObjectNode status(int code) {
    ObjectNode status = Json.MAPPER.createObjectNode();
    status.putObject("metadata");
    if (code == 0) {
      return status.put("status", "Success");
    }
    status.put("status", "Failure");
    status.put(
        "message",
        "command terminated with non-zero exit code: command terminated with exit code " + code);
    status.put("reason", "NonZeroExitCode");
    status
        .putObject("details")
        .putArray("causes")
        .addObject()
        .put("reason", "ExitCode")
        .put("message", String.valueOf(code));
    return status;
  }

  private static void fail(WebSocket socket, String why) throws IOException {
    ObjectNode status = Json.MAPPER.createObjectNode();
    status.putObject("metadata");
    status.put("status", "Failure").put("message", "Internal error occurred: " + why);
    status.put("reason", "InternalError");
    status.putObject("details").putArray("causes").addObject().put("message", why);
    status.put("code", 500);
    byte[] bytes = Json.bytes(status);
    socket.send(ERROR, bytes, bytes.length);
    socket.close(1000);
  }
}
