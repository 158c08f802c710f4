package dev.holdfast.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The folders below a directory store, in the order of keys. Only files and folders count; whatever
 * disappears while it is read was not there.
 */
final class DirectoryTree {

  /**
   * @param attributes of the entry itself, links not followed
   */
  record Entry(Path path, String name, BasicFileAttributes attributes) {

    boolean folder() {
      return attributes.isDirectory();
    }

    /** A folder's keys begin with its name and a slash, which decides their order. */
    String sortKey() {
      return folder() ? name + "/" : name;
    }
  }

  private DirectoryTree() {}

  /**
   * @param top true for the store's root, whose scratch folder is not part of it
   */
  static List<Entry> entries(Path folder, boolean top) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
      for (Path path : paths) {
        String name = String.valueOf(path.getFileName());
        if (!(top && name.equals(AtomicFiles.SCRATCH))) {
          add(entries, path, name);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(Comparator.comparing(Entry::sortKey, Keys.ORDER));
    return entries;
  }

  private static void add(List<Entry> entries, Path path, String name) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isDirectory() || attributes.isRegularFile()) {
        entries.add(new Entry(path, name, attributes));
      }
    } catch (NoSuchFileException e) {
      // Deleted meanwhile.
    }
  }

  /** True if there is a file at any depth: a folder without one is what a killed writer left. */
  static boolean holdsObject(Path folder) throws IOException {
    for (Entry entry : entries(folder, false)) {
      if (!entry.folder() || holdsObject(entry.path())) {
        return true;
      }
    }
    return false;
  }

  /** Removes a folder that holds no object at any depth; false, and nothing gone, if it does. */
  static boolean removeEmpty(Path folder) throws IOException {
    if (holdsObject(folder)) {
      return false;
    }
    for (Entry entry : entries(folder, false)) {
      if (entry.folder() && !removeEmpty(entry.path())) {
        return false;
      }
    }
    return AtomicFiles.removedEmpty(folder);
  }
}
