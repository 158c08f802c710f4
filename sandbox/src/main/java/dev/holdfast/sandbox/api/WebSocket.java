package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.status.ApiError;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of a WebSocket, RFC 6455, after the handshake: whole messages in and out. One
 * thread reads; any may write.
 */
public final class WebSocket {

  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  /** As a real server's limit for a frame of exec. */
  private static final int LARGEST = 32 << 20;

  private final DataInputStream in;
  private final OutputStream out;
  private boolean closed;

  public WebSocket(InputStream in, OutputStream out) {
    this.in = new DataInputStream(in);
    this.out = out;
  }

  /**
   * 101 and what follows.
   *
   * @param protocol empty for none
   */
  public static Response upgrade(
      Request request, String protocol, Response.Conversation conversation) {
    String key = request.header("sec-websocket-key");
    if (key == null) {
      throw ApiError.badRequest("Upgrade request required");
    }
    Map<String, List<String>> headers = new HashMap<>();
    headers.put("Upgrade", List.of("websocket"));
    headers.put("Connection", List.of("Upgrade"));
    headers.put("Sec-WebSocket-Accept", List.of(accept(key)));
    if (!protocol.isEmpty()) {
      headers.put("Sec-WebSocket-Protocol", List.of(protocol));
    }
    return Response.upgrade(headers, conversation);
  }

  /** {@code Sec-WebSocket-Accept} for a {@code Sec-WebSocket-Key}. */
  public static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The next message.
   *
   * @return null once the other side has closed in order
   * @throws IOException if the connection broke
   */
  public byte @Nullable [] read() throws IOException {
    byte[] message = new byte[0];
    while (true) {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      byte[] payload = payload(second);
      switch (first & 0x0f) {
        case CLOSE -> {
          close(1000);
          return null;
        }
        case PING -> frame(PONG, payload, payload.length);
        case PONG -> {}
        case CONTINUATION, TEXT, BINARY -> {
          message = message.length == 0 ? payload : joined(message, payload);
          if ((first & 0x80) != 0) {
            return message;
          }
        }
        default -> throw new IOException("Unknown WebSocket opcode " + (first & 0x0f));
      }
    }
  }

  private static byte[] joined(byte[] head, byte[] tail) throws IOException {
    if (head.length + tail.length > LARGEST) {
      throw new IOException("A WebSocket message is larger than " + LARGEST + " bytes");
    }
    byte[] whole = new byte[head.length + tail.length];
    System.arraycopy(head, 0, whole, 0, head.length);
    System.arraycopy(tail, 0, whole, head.length, tail.length);
    return whole;
  }

  private byte[] payload(int second) throws IOException {
    long length = second & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    if (length < 0 || length > LARGEST) {
      throw new IOException("A WebSocket frame of " + length + " bytes");
    }
    byte[] mask = new byte[4];
    if ((second & 0x80) != 0) {
      in.readFully(mask);
    }
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException("The connection ended within a WebSocket frame");
    }
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return payload;
  }

  /** Sends one binary message: a channel's number and its bytes. */
  public void send(int channel, byte[] bytes, int length) throws IOException {
    byte[] message = new byte[length + 1];
    message[0] = (byte) channel;
    System.arraycopy(bytes, 0, message, 1, length);
    frame(BINARY, message, message.length);
  }

  /** Sends one text message. */
  public void sendText(byte[] utf8) throws IOException {
    frame(TEXT, utf8, utf8.length);
  }

  /** Asks for a sign of life; fails once the other side is known to be gone. */
  public void ping() throws IOException {
    frame(PING, new byte[0], 0);
  }

  private synchronized void frame(int opcode, byte[] bytes, int length) throws IOException {
    if (closed) {
      return;
    }
    byte[] head =
        length < 126
            ? new byte[] {(byte) (0x80 | opcode), (byte) length}
            : length < 1 << 16
                ? new byte[] {(byte) (0x80 | opcode), 126, (byte) (length >> 8), (byte) length}
                : new byte[] {
                  (byte) (0x80 | opcode),
                  127,
                  0,
                  0,
                  0,
                  0,
                  (byte) (length >> 24),
                  (byte) (length >> 16),
                  (byte) (length >> 8),
                  (byte) length
                };
    out.write(head);
    out.write(bytes, 0, length);
    out.flush();
  }

  /** Sends a close frame, once; nothing is sent after it. */
  public synchronized void close(int code) throws IOException {
    frame(CLOSE, new byte[] {(byte) (code >> 8), (byte) code}, 2);
    closed = true;
  }
}
