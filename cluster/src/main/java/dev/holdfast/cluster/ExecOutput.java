package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What comes from a command: messages that begin with their channel's number, stdout, stderr, and a
 * Status that says how it ended. An API server carries these streams side by side, so the Status
 * may overtake the last of stdout, which ends with the connection. A thread of its own reads them,
 * while there is room.
 */
final class ExecOutput {

  static final int MOST_QUEUED = 4 << 20;
  static final int MOST_STDERR = 1 << 16;

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int ERROR = 3;
  private static final int LARGEST_STATUS = 1 << 20;

  /** After the Status: a connection on which nothing comes for so long has nothing more. */
  private static final Duration LINGER = Duration.ofSeconds(10);

  /** After so long without a sign of life the server is asked for one. */
  private final Duration silence;

  private final String what;
  private final ArrayDeque<Part> queue = new ArrayDeque<>();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream status = new ByteArrayOutputStream();
  private final WebSocket socket;
  private int queued;
  private int exit = -1;

  /** Whether the connection has ended. */
  private boolean over;

  private @Nullable Failure failure;

  /** Bytes of stdout that were not read yet. */
  private static final class Part {
    final byte[] bytes;
    int from;

    Part(byte[] bytes, int from) {
      this.bytes = bytes;
      this.from = from;
    }
  }

  /**
   * @param what for messages
   * @param silence after which the server is asked whether it is there; after twice that it is not
   */
  ExecOutput(String what, WebSocket socket, Duration silence) {
    this.what = what;
    this.socket = socket;
    this.silence = silence;
  }

  /** Begins to read. */
  void start() {
    Thread.ofPlatform().daemon().name("exec").start(this::listen);
  }

  private void listen() {
    try {
      while (true) {
        WebSocket.Piece piece = socket.next();
        if (piece.bytes().length > 0) {
          message(piece.bytes()[0], piece);
        }
      }
    } catch (IOException e) {
      broken(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      broken("interrupted", e);
    } catch (RuntimeException | Error e) {
      lost(e);
    }
  }

  /** What came is not all here: a status that came before says nothing of it. */
  private synchronized void lost(Throwable why) {
    exit = -1;
    broken(why.toString(), why);
  }

  /** One message, which begins with this piece. */
  private void message(int channel, WebSocket.Piece first)
      throws IOException, InterruptedException {
    WebSocket.Piece piece = first;
    take(channel, piece.bytes(), 1);
    while (!piece.last()) {
      piece = socket.next();
      take(channel, piece.bytes(), 0);
    }
    if (channel == ERROR) {
      end();
    }
  }

  private synchronized void take(int channel, byte[] bytes, int from) throws InterruptedException {
    int length = bytes.length - from;
    switch (channel) {
      case STDOUT -> {
        while (queued >= MOST_QUEUED && !over && failure == null) {
          wait();
        }
        if (length > 0) {
          queue.add(new Part(bytes, from));
          queued += length;
        }
      }
      case STDERR -> keep(bytes, from, length);
      case ERROR -> status.write(bytes, from, Math.min(length, LARGEST_STATUS - status.size()));
      default -> {}
    }
    notifyAll();
  }

  private void keep(byte[] bytes, int from, int length) {
    errors.write(bytes, from, length);
    if (errors.size() > 2 * MOST_STDERR) {
      byte[] all = errors.toByteArray();
      errors.reset();
      errors.write(all, all.length - MOST_STDERR, MOST_STDERR);
    }
  }

  private synchronized void end() {
    if (status.size() == 0) {
      return;
    }
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
    } finally {
      notifyAll();
    }
  }

  private void fail(Failure why) {
    if (failure == null && exit < 0) {
      failure = why;
    }
  }

  /** After the status this is the end of stdout. */
  private synchronized void broken(String how, @Nullable Throwable cause) {
    over = true;
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
    over = true;
    socket.close();
    notifyAll();
  }

  synchronized void close() {
    fail(new Failure.Cancelled(what + ": closed"));
    over = true;
    socket.close();
    notifyAll();
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
   * @return -1 once the command's end was reported and the connection has ended
   * @throws IOException with a {@link Failure} as its cause if that will not come
   */
  synchronized int read(Operation op, byte[] bytes, int from, int length) throws IOException {
    while (queue.isEmpty()) {
      if (exit >= 0 && over) {
        return -1;
      }
      if (failure != null) {
        throw new IOException(failure.getMessage(), failure);
      }
      await(op);
    }
    int taken = 0;
    while (taken < length && !queue.isEmpty()) {
      Part first = queue.element();
      int now = Math.min(length - taken, first.bytes.length - first.from);
      System.arraycopy(first.bytes, first.from, bytes, from + taken, now);
      first.from += now;
      taken += now;
      if (first.from == first.bytes.length) {
        var _ = queue.remove();
      }
    }
    boolean full = queued >= MOST_QUEUED;
    queued -= taken;
    if (full) {
      notifyAll();
    }
    return taken;
  }

  /** One wait of the loop in {@link #read}. */
  @SuppressWarnings("WaitNotInLoop")
  private void await(Operation op) throws IOException {
    try {
      op.check();
      Duration wait = op.remaining(exit >= 0 ? LINGER : silence);
      wait(Math.max(1, wait.toMillis()));
      op.check();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", new Failure.Cancelled("Interrupted"));
    } catch (Failure.Cancelled e) {
      throw new IOException(e.getMessage(), e);
    }
    long quiet = System.nanoTime() - socket.heard();
    if (exit >= 0) {
      over |= quiet > LINGER.toNanos();
    } else if (quiet > 2 * silence.toNanos()) {
      broken("no sign of life for " + TimeUnit.NANOSECONDS.toSeconds(quiet) + " s", null);
      socket.close();
    } else if (quiet > silence.toNanos()) {
      Thread.startVirtualThread(this::ping); // it may wait, too
    }
  }

  private void ping() {
    try {
      socket.ping();
    } catch (IOException e) {
      // who reads will hear of it
    }
  }
}
