package dev.holdfast.cli.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A network that takes longer: what a client sends arrives so much later, what the server answers
 * at once. Bytes pass as they are, so that TLS is between client and server.
 */
final class DelayProxy implements AutoCloseable {

  private final ServerSocket listener;
  private final String host;
  private final int port;
  private final long delay;

  DelayProxy(String host, int port, Duration delay) throws IOException {
    this.host = host;
    this.port = port;
    this.delay = delay.toNanos();
    this.listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> connect(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private record Piece(byte[] bytes, long due) {}

  private void connect(Socket client) {
    try (client;
        Socket server = new Socket(host, port)) {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      BlockingQueue<Piece> late = new LinkedBlockingQueue<>();
      Thread reader = Thread.ofVirtual().start(() -> take(client, late));
      Thread writer = Thread.ofVirtual().start(() -> give(server, late));
      copy(server.getInputStream(), client.getOutputStream());
      client.close();
      reader.join();
      writer.join();
    } catch (IOException e) {
      // one side has gone; the other one notices
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(Socket client, BlockingQueue<Piece> late) {
    byte[] buffer = new byte[1 << 16];
    try (client) {
      InputStream in = client.getInputStream();
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        late.add(new Piece(Arrays.copyOf(buffer, count), System.nanoTime() + delay));
      }
    } catch (IOException e) {
      // said by the empty piece
    }
    late.add(new Piece(new byte[0], 0));
  }

  private static void give(Socket server, BlockingQueue<Piece> late) {
    try (server) {
      OutputStream out = server.getOutputStream();
      for (Piece piece = late.take(); piece.bytes.length > 0; piece = late.take()) {
        for (long left = piece.due - System.nanoTime();
            left > 0;
            left = piece.due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        out.write(piece.bytes);
      }
    } catch (IOException e) {
      // the server has gone; its answers end
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      // it listens no more either way
    }
  }
}
