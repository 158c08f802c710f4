package dev.holdfast.cluster;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The stdin of a command: each write is a message, sent before it returns. */
final class ExecInput extends OutputStream {

  private static final int STDIN = 0;
  private static final int CLOSED = 255;
  private static final int LARGEST = 1 << 15;

  private final Operation op;
  private final WebSocket socket;
  private final ExecListener listener;
  private final Duration timeout;
  private boolean closed;

  /**
   * @param timeout for the server to take a message; a command that does not read for longer counts
   *     as hung
   */
  ExecInput(Operation op, WebSocket socket, ExecListener listener, Duration timeout) {
    this.op = op;
    this.socket = socket;
    this.listener = listener;
    this.timeout = timeout;
  }

  boolean canEnd() {
    return socket.getSubprotocol().startsWith("v5.");
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    if (closed) {
      throw new IOException("stdin is closed");
    }
    for (int done = 0; done < length; ) {
      int now = Math.min(LARGEST, length - done);
      ByteBuffer message = ByteBuffer.allocate(now + 1);
      message.put((byte) STDIN).put(bytes, from + done, now).flip();
      send(message);
      done += now;
    }
  }

  private void send(ByteBuffer message) throws IOException {
    op.check();
    listener.requireRunning();
    try {
      var _ =
          socket
              .sendBinary(message, true)
              .get(op.remaining(timeout).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      op.check();
      listener.requireRunning();
      throw new IOException("the connection to the command broke", e.getCause());
    } catch (TimeoutException e) {
      op.check();
      throw new IOException("the command did not read its input for " + timeout.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed && canEnd() && listener.running()) {
      send(ByteBuffer.wrap(new byte[] {(byte) CLOSED, STDIN}));
    }
    closed = true;
  }
}
