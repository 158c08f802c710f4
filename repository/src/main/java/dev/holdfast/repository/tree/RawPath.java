package dev.holdfast.repository.tree;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A path as bytes, cleaned as Go's filepath.Clean does: no empty or {@code .} components, and
 * {@code ..} only at the start of a relative one.
 */
public final class RawPath {

  private static final RawName UP = RawName.of("..");

  private final boolean absolute;
  private final List<RawName> names;

  private RawPath(boolean absolute, List<RawName> names) {
    this.absolute = absolute;
    this.names = List.copyOf(names);
  }

  public static RawPath of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  public static RawPath of(byte[] bytes) {
    boolean absolute = bytes.length > 0 && bytes[0] == '/';
    List<RawName> names = new ArrayList<>();
    for (int from = 0, to; from < bytes.length; from = to + 1) {
      to = from;
      while (to < bytes.length && bytes[to] != '/') {
        to++;
      }
      add(names, RawName.of(Arrays.copyOfRange(bytes, from, to)), absolute);
    }
    return new RawPath(absolute, names);
  }

  private static void add(List<RawName> names, RawName name, boolean absolute) {
    if (name.equals(UP)) {
      if (!names.isEmpty() && !names.getLast().equals(UP)) {
        names.removeLast();
      } else if (!absolute) {
        names.add(name);
      }
    } else if (name.length() > 0 && !name.toString().equals(".")) {
      names.add(name);
    }
  }

  public boolean absolute() {
    return absolute;
  }

  /** Its components; none for the root and for the current directory. */
  public List<RawName> names() {
    return names;
  }

  /** The components that are names: without the leading {@code ..} of a relative path. */
  public List<RawName> below() {
    return names.subList(ups(), names.size());
  }

  /** The directory that holds the first component of {@link #below}. */
  public RawPath base() {
    return new RawPath(absolute, names.subList(0, ups()));
  }

  private int ups() {
    int ups = 0;
    while (ups < names.size() && names.get(ups).equals(UP)) {
      ups++;
    }
    return ups;
  }

  public RawPath child(RawName name) {
    List<RawName> longer = new ArrayList<>(names);
    longer.add(name);
    return new RawPath(absolute, longer);
  }

  /** Without its last component, which it must have. */
  public RawPath parent() {
    return new RawPath(absolute, names.subList(0, names.size() - 1));
  }

  /** This path seen from a directory: itself if it is absolute. */
  public RawPath in(RawPath directory) {
    if (absolute) {
      return this;
    }
    List<RawName> joined = new ArrayList<>(directory.names);
    names.forEach(name -> add(joined, name, directory.absolute));
    return new RawPath(directory.absolute, joined);
  }

  /** What a system call takes: {@code .} for the current directory. */
  public byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String separator = absolute ? "/" : "";
    for (RawName name : names) {
      bytes.writeBytes(separator.getBytes(StandardCharsets.US_ASCII));
      bytes.writeBytes(name.bytes());
      separator = "/";
    }
    if (bytes.size() == 0) {
      bytes.write(absolute ? '/' : '.');
    }
    return bytes.toByteArray();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawPath path && absolute == path.absolute && names.equals(path.names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  /** For people: invalid bytes are replaced. */
  @Override
  public String toString() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }
}
