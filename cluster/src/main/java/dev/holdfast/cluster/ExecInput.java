package dev.holdfast.cluster;

import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The stdin of a command: each write is a message, sent before it returns. */
final class ExecInput extends OutputStream {

  private static final int STDIN = 0;
  private static final int CLOSED = 255;
  private static final int LARGEST = 1 << 15;

  /** Ends writes that wait for too long: a blocking connection cannot do that itself. */
  private static final ScheduledThreadPoolExecutor WATCH =
      new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("exec-watch").factory());

  static {
    WATCH.setRemoveOnCancelPolicy(true);
  }

  private final Operation op;
  private final WebSocket socket;
  private final ExecOutput output;
  private final Duration timeout;
  private boolean closed;

  /**
   * @param timeout for the server to take a message; a command that does not read for longer counts
   *     as hung
   */
  ExecInput(Operation op, WebSocket socket, ExecOutput output, Duration timeout) {
    this.op = op;
    this.socket = socket;
    this.output = output;
    this.timeout = timeout;
  }

  boolean canEnd() {
    return socket.protocol().startsWith("v5.");
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
      send(STDIN, bytes, from + done, now);
      done += now;
    }
  }

  private void send(int channel, byte[] bytes, int from, int length) throws IOException {
    op.check();
    output.requireRunning();
    long patience = Math.max(1, op.remaining(timeout).toMillis());
    Future<?> end = WATCH.schedule(socket::close, patience, TimeUnit.MILLISECONDS);
    try {
      socket.send(channel, bytes, from, length);
    } catch (IOException e) {
      op.check();
      if (end.isDone()) {
        throw new IOException(
            "the command did not read its input for " + timeout.toSeconds() + " s", e);
      }
      output.requireRunning();
      throw new IOException("the connection to the command broke", e);
    } finally {
      end.cancel(false);
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed && canEnd() && output.running()) {
      send(CLOSED, new byte[] {STDIN}, 0, 1);
    }
    closed = true;
  }
}
