package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** SSH's wire encoding (RFC 4251, section 5): strings behind their length in four bytes. */
final class SshWire {

  private SshWire() {}

  /** Writes. */
  static final class Out {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Out raw(byte[] value) {
      bytes.writeBytes(value);
      return this;
    }

    Out number(int value) {
      return raw(ByteBuffer.allocate(4).putInt(value).array());
    }

    Out string(byte[] value) {
      return number(value.length).raw(value);
    }

    Out string(String value) {
      return string(value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }
  }

  /** Reads; a value that is not there is {@link Failure.Corrupt} naming {@code what}. */
  static final class In {
    private final ByteBuffer bytes;
    private final String what;

    In(byte[] bytes, String what) {
      this.bytes = ByteBuffer.wrap(bytes);
      this.what = what;
    }

    byte[] raw(int length) {
      if (length < 0 || length > bytes.remaining()) {
        throw new Failure.Corrupt(what + " is damaged or cut off");
      }
      byte[] value = new byte[length];
      bytes.get(value);
      return value;
    }

    int number() {
      return ByteBuffer.wrap(raw(4)).getInt();
    }

    byte[] string() {
      return raw(number());
    }

    String text() {
      return new String(string(), StandardCharsets.UTF_8);
    }

    boolean empty() {
      return !bytes.hasRemaining();
    }
  }
}
