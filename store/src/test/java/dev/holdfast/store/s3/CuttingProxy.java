package dev.holdfast.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Stands between client and server and breaks connections, after so many bytes of an answer. */
final class CuttingProxy implements AutoCloseable {

  private final ServerSocket listener;
  private final int target;
  private final AtomicInteger cuts = new AtomicInteger();
  private final AtomicLong after = new AtomicLong();

  CuttingProxy(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** The next connections that carry so many bytes back are broken there. */
  void cut(int connections, long afterBytes) {
    after.set(afterBytes);
    cuts.set(connections);
  }

  int cutsLeft() {
    return cuts.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        Thread.ofVirtual().start(() -> forward(client, server, false));
        Thread.ofVirtual().start(() -> forward(server, client, true));
      } catch (IOException e) {
        // Closed, or the server is gone: the client sees a broken connection.
      }
    }
  }

  private void forward(Socket from, Socket to, boolean answers) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16 << 10];
      long sent = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sent += n;
        if (answers && sent > after.get() && cuts.getAndUpdate(c -> Math.max(0, c - 1)) > 0) {
          return;
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // Either side broke it.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
