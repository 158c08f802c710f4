package dev.holdfast.repository.tree;

import dev.holdfast.model.Json;
import dev.holdfast.repository.Id;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tree as Go's encoding/json writes restic's struct, to the byte: the text is hashed, so a
 * single other byte would store every directory again when the two programs alternate.
 */
public final class TreeWriter {

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private byte[] text = new byte[4096];
  private int size;
  private @Nullable RawName last;

  public TreeWriter() {
    ascii("{\"nodes\":[");
  }

  /**
   * Appends a node.
   *
   * @throws IllegalArgumentException if its name does not come after the last one's
   */
  public void add(Node node) {
    if (last != null && last.compareTo(node.name()) >= 0) {
      throw new IllegalArgumentException(
          "'" + node.name() + "' does not come after '" + last + "'");
    }
    if (last != null) {
      put(',');
    }
    last = node.name();
    ascii("{\"name\":");
    string(GoQuote.quote(node.name().shared()));
    ascii(",\"type\":\"");
    ascii(node.type().text());
    put('"');
    number("mode", node.mode());
    time("mtime", node.mtime());
    time("atime", node.atime());
    time("ctime", node.ctime());
    ascii(",\"uid\":");
    ascii(Integer.toUnsignedString(node.uid()));
    ascii(",\"gid\":");
    ascii(Integer.toUnsignedString(node.gid()));
    optional("user", node.user());
    optional("group", node.group());
    number("inode", node.inode());
    number("device_id", node.deviceId());
    number("size", node.size());
    number("links", node.links());
    linkTarget(node.linkTarget());
    xattrs(node.xattrs());
    if (node.genericAttributes() != null) {
      ascii(",\"generic_attributes\":");
      bytes(Json.bytes(node.genericAttributes()));
    }
    number("device", node.device());
    content(node.content());
    if (node.subtree() != null) {
      ascii(",\"subtree\":");
      id(node.subtree());
    }
    optional("error", node.error());
    put('}');
  }

  public boolean isEmpty() {
    return last == null;
  }

  /** Bytes so far. */
  public int size() {
    return size;
  }

  /** The whole text, with the newline that ends it. */
  public byte[] finish() {
    ascii("]}\n");
    return Arrays.copyOf(text, size);
  }

  private void number(String name, long value) {
    if (value != 0) {
      member(name);
      ascii(Long.toUnsignedString(value));
    }
  }

  private void optional(String name, String value) {
    if (!value.isEmpty()) {
      member(name);
      string(value);
    }
  }

  private void time(String name, OffsetDateTime time) {
    member(name);
    put('"');
    ascii(GoTime.format(time));
    put('"');
  }

  private void linkTarget(byte @Nullable [] target) {
    if (target == null || target.length == 0) {
      return;
    }
    member("linktarget");
    try {
      string(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(target)).toString());
    } catch (CharacterCodingException e) {
      string(GoJson.decode(target));
      member("linktarget_raw");
      base64(target);
    }
  }

  private void xattrs(List<Node.Xattr> xattrs) {
    if (xattrs.isEmpty()) {
      return;
    }
    member("extended_attributes");
    char separator = '[';
    for (Node.Xattr xattr : xattrs) {
      put(separator);
      separator = ',';
      ascii("{\"name\":");
      string(xattr.name());
      ascii(",\"value\":");
      base64(xattr.value());
      put('}');
    }
    put(']');
  }

  private void content(@Nullable List<Id> content) {
    ascii(",\"content\":");
    if (content == null) {
      ascii("null");
      return;
    }
    put('[');
    for (int i = 0; i < content.size(); i++) {
      if (i > 0) {
        put(',');
      }
      id(content.get(i));
    }
    put(']');
  }

  private void id(Id id) {
    reserve(2 * Id.SIZE + 2);
    text[size++] = '"';
    hex(id.a());
    hex(id.b());
    hex(id.c());
    hex(id.d());
    text[size++] = '"';
  }

  private void hex(long value) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      text[size++] = HEX[(int) (value >>> shift) & 15];
    }
  }

  private void base64(byte[] value) {
    put('"');
    bytes(Base64.getEncoder().encode(value));
    put('"');
  }

  private void member(String name) {
    put(',');
    put('"');
    ascii(name);
    ascii("\":");
  }

  private void string(String value) {
    put('"');
    if (GoJson.isPlain(value)) {
      ascii(value);
    } else {
      bytes(StandardCharsets.UTF_8.encode(CharBuffer.wrap(GoJson.escape(value))));
    }
    put('"');
  }

  private void bytes(ByteBuffer value) {
    reserve(value.remaining());
    int length = value.remaining();
    value.get(text, size, length);
    size += length;
  }

  private void bytes(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, text, size, value.length);
    size += value.length;
  }

  @SuppressWarnings("deprecation") // the one call that copies ASCII without an encoder
  private void ascii(String value) {
    reserve(value.length());
    value.getBytes(0, value.length(), text, size);
    size += value.length();
  }

  private void put(char value) {
    reserve(1);
    text[size++] = (byte) value;
  }

  private void reserve(int more) {
    if (size + more > text.length) {
      text = Arrays.copyOf(text, Math.max(2 * text.length, size + more));
    }
  }
}
