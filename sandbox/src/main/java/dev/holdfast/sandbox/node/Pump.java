package dev.holdfast.sandbox.node;

import dev.holdfast.sandbox.api.WebSocket;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Sends what a process writes; if that cannot be sent, the stream is closed. */
final class Pump {

  private final InputStream from;
  private final WebSocket socket;
  private final int channel;
  private final boolean asked;
  private final Thread thread;

  /** When the last bytes came; 0 while they are being sent. */
  private volatile long idleSince = System.nanoTime();

  /**
   * @param asked whether the client wants it; else it is read and dropped
   */
  Pump(InputStream from, WebSocket socket, int channel, boolean asked) {
    this.from = from;
    this.socket = socket;
    this.channel = channel;
    this.asked = asked;
    thread = Threads.start("exec", this::run);
  }

  private void run() {
    byte[] buffer = new byte[1 << 15];
    try {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        idleSince = 0;
        if (asked) {
          socket.send(channel, buffer, read);
        }
        idleSince = System.nanoTime();
      }
    } catch (IOException e) {
      try {
        from.close();
      } catch (IOException alreadyClosed) {
        // which is what was wanted
      }
    }
  }

  /**
   * Waits for the rest after the process has ended. What it started may live on and hold the pipe
   * open: once nothing has come for the given time, nothing more is waited for.
   */
  void drain(Duration quiet) throws InterruptedException {
    idleSince = idleSince == 0 ? 0 : System.nanoTime();
    while (!thread.join(Duration.ofMillis(20))) {
      long idle = idleSince;
      if (idle != 0 && System.nanoTime() - idle > quiet.toNanos()) {
        return;
      }
    }
  }
}
