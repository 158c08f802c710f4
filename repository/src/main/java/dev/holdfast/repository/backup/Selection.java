package dev.holdfast.repository.backup;

import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.OpenFile;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.posix.Stat;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import java.util.Arrays;
import java.util.List;

/**
 * What a backup leaves out. What the user named himself is never left out.
 *
 * @param excludes tested against absolute paths of the file system
 * @param oneFileSystem directories on which another file system is mounted are saved empty
 * @param largerThan bytes; larger files are left out; {@link Long#MAX_VALUE} for none
 * @param markers a directory that holds one of them is saved with nothing but it
 */
public record Selection(
    List<PathPatterns> excludes, boolean oneFileSystem, long largerThan, List<Marker> markers) {

  /** Everything is saved. */
  public static final Selection ALL = new Selection(List.of(), false, Long.MAX_VALUE, List.of());

  /** The Cache Directory Tagging Specification's. */
  public static final Marker CACHE =
      new Marker(
          RawName.of("CACHEDIR.TAG"), RawName.of("Signature: 8a477f597d28d172789f06886806bc55"));

  public Selection {
    excludes = excludes.stream().filter(patterns -> !patterns.isEmpty()).toList();
    markers = List.copyOf(markers);
  }

  /**
   * A file whose presence says that a directory need not be saved.
   *
   * @param start what its content must begin with; empty for anything
   */
  public record Marker(RawName name, RawName start) {

    boolean marks(Directory directory, List<RawName> names) {
      if (!names.contains(name)) {
        return false;
      }
      if (start.length() == 0) {
        return true;
      }
      try (OpenFile file = directory.read(name)) {
        byte[] head = new byte[start.length()];
        return file.read(0, head, 0, head.length) == head.length
            && Arrays.equals(head, start.bytes());
      } catch (PosixException e) {
        return false;
      }
    }
  }

  /** Whether a path is left out whatever it is. */
  boolean excludes(String source) {
    for (PathPatterns patterns : excludes) {
      if (patterns.matches(source)) {
        return true;
      }
    }
    return false;
  }

  boolean tooLarge(Stat stat) {
    return stat.type() == NodeType.FILE && stat.size() > largerThan;
  }

  /** The names of a directory that remain: all, or a marker alone. */
  List<RawName> unmarked(Directory directory, List<RawName> names) {
    for (Marker marker : markers) {
      if (marker.marks(directory, names)) {
        return List.of(marker.name());
      }
    }
    return names;
  }
}
