package dev.holdfast.cluster;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a WebSocket, RFC 6455, after the handshake, on a blocking connection. One
 * thread reads; any may write or close, which ends what waits.
 */
final class WebSocket implements AutoCloseable {

  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private static final int LAST = 0x80;
  private static final int MASKED = 0x80;

  /** Of a frame whose content is not handed on. */
  private static final int LONGEST_CONTROL = 125;

  /** A longer message comes in pieces. */
  private static final int LONGEST_PIECE = 1 << 16;

  /** Of a frame that we send, mask included. */
  private static final int HEADER = 14;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Dialer.Line line;
  private final SessionInputBuffer buffer;
  private final InputStream in;
  private final OutputStream out;
  private final String protocol;
  private final SecureRandom random;
  private byte[] frame = new byte[0];
  private long left;
  private boolean last;
  private volatile long heard = System.nanoTime();

  /**
   * @param read what came after the handshake
   * @param protocol that the server chose
   * @param random for masks
   */
  WebSocket(Dialer.Line line, SessionInputBuffer read, String protocol, SecureRandom random)
      throws IOException {
    this.line = line;
    this.buffer = read;
    this.in = line.in();
    this.out = line.out();
    this.protocol = protocol;
    this.random = random;
  }

  /** The subprotocol. */
  String protocol() {
    return protocol;
  }

  /** {@link System#nanoTime} of the last sign of life. */
  long heard() {
    return heard;
  }

  /**
   * What came.
   *
   * @param last whether it ends its message
   */
  record Piece(byte[] bytes, boolean last) {}

  /**
   * The next piece of a message. Pings are answered meanwhile.
   *
   * @throws EOFException if the server ends the connection, with what it said
   */
  Piece next() throws IOException {
    while (left == 0) {
      int first = number(1);
      int second = number(1);
      heard = System.nanoTime();
      int opcode = first & 0x0f;
      long length = length(second);
      switch (opcode) {
        case CONTINUATION, TEXT, BINARY -> {
          left = length;
          last = (first & LAST) != 0;
          if (length == 0) {
            return new Piece(new byte[0], last);
          }
        }
        case PING -> {
          byte[] text = control(length);
          send(PONG, text, 0, text.length, null);
        }
        case PONG -> control(length);
        case CLOSE -> throw new EOFException(farewell(control(length)));
        default -> throw new ProtocolException("an unknown WebSocket frame: " + opcode);
      }
    }
    byte[] bytes = bytes((int) Math.min(left, LONGEST_PIECE));
    left -= bytes.length;
    return new Piece(bytes, last && left == 0);
  }

  private long length(int second) throws IOException {
    long length =
        switch (second) {
          case 126 -> number(2);
          case 127 -> Integer.toUnsignedLong(number(4)) << 32 | Integer.toUnsignedLong(number(4));
          default -> second;
        };
    if (second > 127 || length < 0) {
      throw new ProtocolException("a WebSocket frame that no server sends");
    }
    return length;
  }

  private byte[] control(long length) throws IOException {
    if (length > LONGEST_CONTROL) {
      throw new ProtocolException("a control frame of " + length + " bytes");
    }
    return bytes((int) length);
  }

  private static String farewell(byte[] payload) {
    if (payload.length < 2) {
      return "closed";
    }
    int code = ByteBuffer.wrap(payload).getShort() & 0xffff;
    String reason = new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    return code + (reason.isEmpty() ? "" : " " + reason);
  }

  /** So many bytes as a number, the first one being the highest. */
  private int number(int size) throws IOException {
    int number = 0;
    for (int i = 0; i < size; i++) {
      int next = buffer.read(in);
      if (next < 0) {
        throw new EOFException("it was closed");
      }
      number = number << 8 | next;
    }
    return number;
  }

  private byte[] bytes(int size) throws IOException {
    byte[] bytes = new byte[size];
    for (int filled = 0; filled < size; ) {
      int got = buffer.read(bytes, filled, size - filled, in);
      if (got < 0) {
        throw new EOFException("it was closed");
      }
      filled += got;
    }
    return bytes;
  }

  /**
   * Sends a message of a channel's number and so many bytes; waits until the connection has taken
   * it.
   */
  void send(int channel, byte[] bytes, int from, int length) throws IOException {
    send(BINARY, bytes, from, length, channel);
  }

  /** Asks for a sign of life. */
  void ping() throws IOException {
    send(PING, new byte[0], 0, 0, null);
  }

  private synchronized void send(
      int opcode, byte[] bytes, int from, int length, @Nullable Integer channel)
      throws IOException {
    int prefix = channel == null ? 0 : 1;
    int size = prefix + length;
    if (frame.length < HEADER + size) {
      frame = new byte[HEADER + size];
    }
    int at = head(opcode, size);
    int mask = random.nextInt();
    ByteBuffer.wrap(frame).putInt(at, mask);
    at += Integer.BYTES;
    if (channel != null) {
      frame[at] = channel.byteValue();
    }
    System.arraycopy(bytes, from, frame, at + prefix, length);
    mask(frame, at, size, mask);
    out.write(frame, 0, at + size);
    out.flush();
  }

  /** Writes the head of a frame but for its mask; its length. */
  private int head(int opcode, int size) {
    ByteBuffer head = ByteBuffer.wrap(frame).put((byte) (LAST | opcode));
    if (size < 126) {
      head.put((byte) (MASKED | size));
    } else if (size < 1 << 16) {
      head.put((byte) (MASKED | 126)).putShort((short) size);
    } else {
      head.put((byte) (MASKED | 127)).putLong(size);
    }
    return head.position();
  }

  private static void mask(byte[] bytes, int from, int length, int mask) {
    long twice = Integer.toUnsignedLong(mask) << 32 | Integer.toUnsignedLong(mask);
    int at = from;
    for (; at + Long.BYTES <= from + length; at += Long.BYTES) {
      LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ twice);
    }
    for (; at < from + length; at++) {
      bytes[at] ^= (byte) (mask >> 8 * (3 - (at - from & 3)));
    }
  }

  /** At once. */
  @Override
  public void close() {
    line.close();
  }
}
