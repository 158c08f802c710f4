package dev.holdfast.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an API server may do with the streams of a command, frame by frame. */
@Timeout(60)
@Tag("EBS-32")
class ExecOutputTest {

  private static final String SUCCESS = "\3{\"status\":\"Success\"}";

  private static void frame(OutputStream out, int opcode, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    out.write(0x80 | opcode);
    out.write(bytes.length);
    out.write(bytes);
    out.flush();
  }

  /** A real API server copies stdout and the status side by side. */
  @Test
  void aStatusThatOvertakesStdoutDoesNotCutItOff() throws Exception {
    Semaphore statusSeen = new Semaphore(0);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread peer =
          Thread.ofVirtual()
              .start(() -> {
                try (Socket connection = server.accept()) {
                  OutputStream out = connection.getOutputStream();
                  frame(out, 2, "\1the beginning, ");
                  frame(out, 2, SUCCESS);
                  statusSeen.acquireUninterruptibly();
                  frame(out, 2, "\1the end");
                  frame(out, 8, "\3\350");
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
      WebSocket webSocket =
          new WebSocket(
              new Dialer.Line(socket, null),
              new SessionInputBufferImpl(1 << 12),
              "v5.channel.k8s.io",
              new SecureRandom());
      ExecOutput output = new ExecOutput("test", webSocket, Duration.ofSeconds(30));
      output.start();
      Operation op = Operation.start();
      byte[] bytes = new byte[100];
      int length = output.read(op, bytes, 0, bytes.length);
      org.awaitility.Awaitility.await().until(() -> output.exit() == 0);
      statusSeen.release();
      for (int more = 0; more >= 0; more = output.read(op, bytes, length, 50)) {
        length += more;
      }
      assertThat(new String(bytes, 0, length, UTF_8)).isEqualTo("the beginning, the end");
      peer.join();
      output.close();
    }
  }

  /** What is lost after the status was on its way before it: it may not be taken for the end. */
  @Test
  void memoryThatEndsAfterTheStatusDoesNotCutStdoutOff() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket connection = server.accept()) {
      AtomicBoolean out = new AtomicBoolean();
      var buffer =
          new SessionInputBufferImpl(1 << 12) {
            @Override
            public int read(byte[] bytes, int from, int length, InputStream in) throws IOException {
              if (out.get()) {
                throw new OutOfMemoryError("injected");
              }
              return super.read(bytes, from, length, in);
            }
          };
      WebSocket webSocket =
          new WebSocket(
              new Dialer.Line(socket, null), buffer, "v5.channel.k8s.io", new SecureRandom());
      ExecOutput output = new ExecOutput("test", webSocket, Duration.ofSeconds(30));
      output.start();
      frame(connection.getOutputStream(), 2, "\1the beginning, ");
      frame(connection.getOutputStream(), 2, SUCCESS);
      org.awaitility.Awaitility.await().until(() -> output.exit() == 0);
      out.set(true);
      frame(connection.getOutputStream(), 2, "\1the end");
      Operation op = Operation.start();
      byte[] bytes = new byte[100];
      assertThat(output.read(op, bytes, 0, bytes.length)).isEqualTo(15);
      assertThatThrownBy(() -> output.read(op, bytes, 0, bytes.length))
          .isInstanceOf(IOException.class)
          .hasRootCauseInstanceOf(OutOfMemoryError.class);
      output.close();
    }
  }
}
