package dev.holdfast.sandbox.store;

import dev.holdfast.model.GroupResource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How changes stand in the files of a {@link DataDirectory}: frames, one behind the other, each of
 * 4 bytes length, 4 bytes CRC-32C, and so many bytes of payload, big-endian. A payload is one byte
 * that says what it is, the version (8 bytes), type, namespace and name, and for an object that is
 * put its other facts and its bytes.
 */
final class Frames {

  /** Before the payload: length and checksum. */
  static final int HEAD = 8;

  /** Longer than any object that the API takes: a length above it is damage. */
  static final int LONGEST = 64 << 20;

  private static final int PUT = 1;
  private static final int REMOVE = 2;
  private static final int END = 3;

  /**
   * What a payload says.
   *
   * @param version of the change; of an end: the newest version of all
   * @param type null for an end
   * @param put null for a removal or an end
   */
  record Entry(
      long version,
      @Nullable GroupResource type,
      String namespace,
      String name,
      @Nullable Stored put) {}

  private Frames() {}

  /** An object as it stands in a snapshot, with its own version. */
  static byte[] object(Stored object) {
    return frame(out -> put(out, object.version(), object));
  }

  static byte[] change(Change change) {
    Stored after = change.after();
    if (after != null) {
      return frame(out -> put(out, change.version(), after));
    }
    Stored removed = change.object();
    return frame(out -> head(out, REMOVE, change.version(), removed));
  }

  /** The last frame of a snapshot: without it a snapshot is not whole. */
  static byte[] end(long version) {
    return frame(out -> {
      out.writeByte(END);
      out.writeLong(version);
    });
  }

  @FunctionalInterface
  private interface Payload {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] frame(Payload payload) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try {
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeLong(0); // length and checksum, below
      payload.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory
    }
    byte[] frame = bytes.toByteArray();
    ByteBuffer.wrap(frame)
        .putInt(frame.length - HEAD)
        .putInt(checksum(frame, HEAD, frame.length - HEAD));
    return frame;
  }

  static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  private static void head(DataOutputStream out, int what, long version, Stored object)
      throws IOException {
    out.writeByte(what);
    out.writeLong(version);
    out.writeUTF(object.type().toString());
    out.writeUTF(object.namespace());
    out.writeUTF(object.name());
  }

  private static void put(DataOutputStream out, long version, Stored object) throws IOException {
    head(out, PUT, version, object);
    out.writeUTF(object.uid());
    out.writeBoolean(object.terminating());
    out.writeShort(object.labels().size());
    for (Map.Entry<String, String> label : object.labels().entrySet()) {
      out.writeUTF(label.getKey());
      out.writeUTF(label.getValue());
    }
    out.writeShort(object.owners().size());
    for (String owner : object.owners()) {
      out.writeUTF(owner);
    }
    out.writeInt(object.tail().length);
    out.write(object.tail());
  }

  /**
   * Reads a payload whose checksum was right.
   *
   * @throws IOException if it makes no sense
   */
  static Entry read(byte[] payload) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
    int what = in.readUnsignedByte();
    long version = in.readLong();
    if (what == END) {
      return new Entry(version, null, "", "", null);
    }
    GroupResource type = GroupResource.parse(in.readUTF());
    String namespace = in.readUTF();
    String name = in.readUTF();
    return switch (what) {
      case REMOVE -> new Entry(version, type, namespace, name, null);
      case PUT ->
          new Entry(version, type, namespace, name, stored(in, version, type, namespace, name));
      default -> throw new IOException("an entry of an unknown kind: " + what);
    };
  }

  private static Stored stored(
      DataInputStream in, long version, GroupResource type, String namespace, String name)
      throws IOException {
    String uid = in.readUTF();
    boolean terminating = in.readBoolean();
    int count = in.readUnsignedShort();
    Map<String, String> labels = HashMap.newHashMap(count);
    for (int i = 0; i < count; i++) {
      labels.put(in.readUTF(), in.readUTF());
    }
    count = in.readUnsignedShort();
    List<String> owners = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      owners.add(in.readUTF());
    }
    byte[] tail = in.readNBytes(in.readInt());
    return new Stored(
        type,
        namespace,
        name,
        uid,
        version,
        Map.copyOf(labels),
        List.copyOf(owners),
        terminating,
        tail);
  }
}
