package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a command: messages that begin with their channel's number, stdout, stderr, and
 * last a Status that says how it ended. Asks the connection for more only while there is room.
 */
final class ExecListener implements WebSocket.Listener {

  static final int MOST_QUEUED = 1 << 20;
  static final int MOST_STDERR = 1 << 16;

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int LARGEST_STATUS = 1 << 20;

  /** After so long without a sign of life the server is asked for one. */
  private final Duration silence;

  private final String what;
  private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream status = new ByteArrayOutputStream();
  private @Nullable WebSocket socket;
  private int queued;
  private int offset;
  private int channel = -1;
  private boolean paused;
  private long heard = System.nanoTime();
  private int exit = -1;
  private @Nullable Failure failure;

  /**
   * @param what for messages
   * @param silence after which the server is asked whether it is there; after twice that it is not
   */
  ExecListener(String what, Duration silence) {
    this.what = what;
    this.silence = silence;
  }

  @Override
  public synchronized void onOpen(WebSocket opened) {
    socket = opened;
    opened.request(1);
  }

  @Override
  public synchronized @Nullable CompletionStage<?> onBinary(
      WebSocket from, ByteBuffer data, boolean last) {
    heard = System.nanoTime();
    if (channel < 0 && data.hasRemaining()) {
      channel = data.get();
    }
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    switch (channel) {
      case STDOUT -> {
        if (bytes.length > 0) {
          queue.add(bytes);
          queued += bytes.length;
        }
      }
      case STDERR -> keep(bytes);
      case ERROR -> status.write(bytes, 0, Math.min(bytes.length, LARGEST_STATUS - status.size()));
      default -> {}
    }
    if (last) {
      if (channel == ERROR && status.size() > 0) {
        end();
      }
      channel = -1;
    }
    paused = queued >= MOST_QUEUED;
    if (!paused) {
      from.request(1);
    }
    notifyAll();
    return null;
  }

  private void keep(byte[] bytes) {
    errors.writeBytes(bytes);
    if (errors.size() > 2 * MOST_STDERR) {
      byte[] all = errors.toByteArray();
      errors.reset();
      errors.write(all, all.length - MOST_STDERR, MOST_STDERR);
    }
  }

  private void end() {
    try {
      JsonNode end = Json.object(status.toByteArray(), "The status of the command");
      if (end.path("status").asText().equals("Success")) {
        exit = 0;
        return;
      }
      for (JsonNode cause : end.at("/details/causes")) {
        if (cause.path("reason").asText().equals("ExitCode")) {
          exit = Integer.parseInt(cause.path("message").asText());
          return;
        }
      }
      fail(new Failure.Rejected(what + ": " + end.path("message").asText(), null, null));
    } catch (Failure.Corrupt | NumberFormatException e) {
      fail(
          new Failure.Unreachable(what + ": the server's last word cannot be understood", null, e));
    }
  }

  private void fail(Failure why) {
    if (failure == null && exit < 0) {
      failure = why;
    }
  }

  @Override
  public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
    synchronized (this) {
      heard = System.nanoTime();
    }
    from.request(1);
    return null;
  }

  @Override
  public synchronized @Nullable CompletionStage<?> onClose(
      WebSocket from, int code, String reason) {
    broken(code + (reason.isEmpty() ? "" : " " + reason), null);
    return null;
  }

  @Override
  public synchronized void onError(WebSocket from, Throwable error) {
    broken(String.valueOf(error.getMessage()), error);
  }

  /** Whatever comes after the status does no harm. */
  private void broken(String how, @Nullable Throwable cause) {
    fail(
        new Failure.Unreachable(
            what
                + ": the connection ended before the command's end was reported ("
                + how
                + "); whether it did its work is unknown",
            null,
            cause));
    notifyAll();
  }

  synchronized void abort() {
    fail(new Failure.Cancelled(what + ": cancelled"));
    if (socket != null) {
      socket.abort();
    }
    notifyAll();
  }

  synchronized void close() {
    fail(new Failure.Cancelled(what + ": closed"));
    if (socket != null) {
      socket.abort();
    }
  }

  synchronized boolean running() {
    return exit < 0 && failure == null;
  }

  /**
   * @throws IOException if the command has ended or the connection broke
   */
  synchronized void requireRunning() throws IOException {
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
    if (exit >= 0) {
      throw new IOException("the command has ended with exit status " + exit);
    }
  }

  synchronized int exit() {
    return exit;
  }

  synchronized String errors() {
    byte[] all = errors.toByteArray();
    int from = Math.max(0, all.length - MOST_STDERR);
    return new String(all, from, all.length - from, StandardCharsets.UTF_8);
  }

  /**
   * Bytes of stdout.
   *
   * @return -1 once the command's end was reported
   * @throws IOException with a {@link Failure} as its cause if that will not come
   */
  synchronized int read(Operation op, byte[] bytes, int from, int length) throws IOException {
    while (queue.isEmpty()) {
      if (exit >= 0) {
        return -1;
      }
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
      await(op);
    }
    byte[] first = queue.element();
    int now = Math.min(length, first.length - offset);
    System.arraycopy(first, offset, bytes, from, now);
    offset += now;
    queued -= now;
    if (offset == first.length) {
      var _ = queue.remove();
      offset = 0;
    }
    if (paused && queued < MOST_QUEUED / 2 && socket != null) {
      paused = false;
      socket.request(1);
    }
    return now;
  }

  /** One wait of the loop in {@link #read}. */
  @SuppressWarnings("WaitNotInLoop")
  private void await(Operation op) throws IOException {
    try {
      op.check();
      Duration wait = op.remaining(silence);
      wait(Math.max(1, wait.toMillis()));
      op.check();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", new Failure.Cancelled("Interrupted"));
    } catch (Failure.Cancelled e) {
      throw new IOException(e.getMessage(), e);
    }
    long quiet = System.nanoTime() - heard;
    if (quiet > 2 * silence.toNanos()) {
      broken("no sign of life for " + TimeUnit.NANOSECONDS.toSeconds(quiet) + " s", null);
      if (socket != null) {
        socket.abort();
      }
    } else if (quiet > silence.toNanos() && socket != null) {
      var _ = socket.sendPing(ByteBuffer.allocate(0));
    }
  }
}
