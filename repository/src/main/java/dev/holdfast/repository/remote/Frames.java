package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Frames on a pair of streams. Writing is thread-safe; one thread reads. */
final class Frames {

  /** No frame is longer: a blob of 8 MiB that does not compress, and a little. */
  static final int LONGEST = (8 << 20) + (1 << 20);

  private static final int BUFFER = 256 << 10;

  /** The kinds of frames, in the order of their numbers. */
  enum Kind {
    HELLO,
    START,
    MISSING,
    ANSWER,
    TREE,
    BLOB,
    READ,
    UNREAD,
    DONE,
    FAILED,
    END
  }

  record Frame(Kind kind, int number, byte[] payload) {}

  private final DataInputStream in;
  private final DataOutputStream out;
  private volatile boolean answered;

  Frames(InputStream in, OutputStream out) {
    this.in = new DataInputStream(new BufferedInputStream(in, BUFFER));
    this.out = new DataOutputStream(new BufferedOutputStream(out, BUFFER));
  }

  /** Sends a frame at once, so that whoever waits for it gets it; what nobody waits for follows. */
  void send(Kind kind, int number, byte[] payload) throws IOException {
    send(kind, number, payload, payload.length);
  }

  synchronized void send(Kind kind, int number, byte[] payload, int length) throws IOException {
    if (kind == Kind.START) {
      answered = false;
    }
    out.writeByte(kind.ordinal());
    out.writeInt(number);
    out.writeInt(length);
    out.write(payload, 0, length);
    if (kind != Kind.BLOB && kind != Kind.READ) {
      out.flush();
    }
  }

  /**
   * The next frame.
   *
   * @throws EOFException if the stream ends
   * @throws Failure.Corrupt if what comes is no frame
   */
  Frame next() throws IOException {
    int kind = in.readUnsignedByte();
    int number = in.readInt();
    int length = in.readInt();
    if (kind >= Kind.values().length || length < 0 || length > LONGEST) {
      throw new Failure.Corrupt("What comes from the other end is no mover's protocol");
    }
    byte[] payload = new byte[length];
    in.readFully(payload);
    answered = true;
    return new Frame(Kind.values()[kind], number, payload);
  }

  /** Whether a frame came since the last START was sent. */
  boolean answered() {
    return answered;
  }
}
