package dev.holdfast.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hands bytes on to a port of this machine: always the same one, or as a proxy is told. */
final class Relay implements AutoCloseable {

  private final ServerSocket listener;
  private final int target;
  private final int answer;
  private final List<Socket> clients = new CopyOnWriteArrayList<>();
  private final List<String> targets = new CopyOnWriteArrayList<>();

  private Relay(int target, int answer) throws IOException {
    this.target = target;
    this.answer = answer;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  static Relay to(int port) throws IOException {
    return new Relay(port, 0);
  }

  /** One that answers CONNECT with this status. */
  static Relay proxy(int answer) throws IOException {
    return new Relay(0, answer);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** How many connections there have been. */
  int accepted() {
    return clients.size();
  }

  /** How many there are. */
  long open() {
    return clients.stream().filter(client -> !client.isClosed()).count();
  }

  /** What a proxy was told to connect to. */
  List<String> targets() {
    return targets;
  }

  /** Closes all connections. */
  void cut() {
    clients.forEach(Relay::close);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        clients.add(client);
        Thread.ofVirtual().start(() -> serve(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket()) {
      server.connect(
          target > 0
              ? new InetSocketAddress(InetAddress.getLoopbackAddress(), target)
              : asked(client));
      Thread back =
          Thread.ofVirtual()
              .start(() -> {
                copy(server, client);
                close(client);
              });
      copy(client, server);
      close(server);
      back.join();
    } catch (IOException e) {
      // refused, or one side has gone
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private InetSocketAddress asked(Socket client) throws IOException {
    StringBuilder head = new StringBuilder();
    InputStream in = client.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.read());
    }
    String wanted = head.toString().split(" ", 3)[1];
    targets.add(wanted);
    String status = "HTTP/1.1 " + answer + " As told\r\nContent-Length: 0\r\n\r\n";
    client.getOutputStream().write(status.getBytes(StandardCharsets.US_ASCII));
    if (answer != 200) {
      throw new IOException("refused");
    }
    int colon = wanted.lastIndexOf(':');
    return new InetSocketAddress(
        wanted.substring(0, colon), Integer.parseInt(wanted.substring(colon + 1)));
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // one side has gone
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
