package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import org.jspecify.annotations.Nullable;

/**
 * The path of an item in the archive: {@code resources/<resource[.group]>/[<version>[-preferred
 * version]/](cluster|namespaces/<ns>)/<name>.json}.
 *
 * @param folder the version's folder, {@code v1} or {@code v1-preferredversion}; null for the path
 *     without
 */
record ArchivePath(ItemKey key, @Nullable String folder) {

  /** The first entry. */
  static final String VERSION = "metadata/version";

  private static final String RESOURCES = "resources";
  private static final String PREFERRED = "-preferredversion";
  private static final String JSON = ".json";

  /**
   * @throws Failure.Invalid if a part of the key is empty or not one path segment
   */
  static ArchivePath of(ItemKey key, String version, boolean preferred) {
    for (String part : new String[] {key.type().toString(), version, key.name()}) {
      if (!segment(part)) {
        throw new Failure.Invalid("'" + key + "' in version '" + version + "' cannot be stored");
      }
    }
    if (key.namespaced() && !segment(key.namespace())) {
      throw new Failure.Invalid("'" + key + "' cannot be stored: its namespace is no name");
    }
    return new ArchivePath(key, preferred ? version + PREFERRED : version);
  }

  /**
   * Reads an entry's path; null if it is not an item's.
   *
   * @throws Failure.Corrupt if it leads out of the archive: absolute, {@code ..}, a backslash
   */
  static @Nullable ArchivePath parse(String path) {
    String relative = path.startsWith("./") ? path.substring(2) : path;
    String[] parts = relative.split("/", -1);
    for (String part : parts) {
      if (!segment(part)) {
        throw new Failure.Corrupt(
            "The archive has an entry '" + shown(path) + "', whose path is not a plain one",
            "somebody tampered with it; nothing was read from it",
            null);
      }
    }
    if (!parts[0].equals(RESOURCES) || parts.length < 4) {
      return null;
    }
    boolean plain = parts[2].equals("cluster") || parts[2].equals("namespaces");
    int scope = plain ? 2 : 3;
    boolean namespaced = parts[scope].equals("namespaces");
    if (!namespaced && !parts[scope].equals("cluster")) {
      return null;
    }
    int name = scope + (namespaced ? 2 : 1);
    if (parts.length != name + 1 || !parts[name].endsWith(JSON)) {
      return null;
    }
    String item = parts[name].substring(0, parts[name].length() - JSON.length());
    if (item.isEmpty()) {
      return null;
    }
    ItemKey key =
        new ItemKey(GroupResource.parse(parts[1]), namespaced ? parts[scope + 1] : "", item);
    return new ArchivePath(key, plain ? null : parts[2]);
  }

  String unversioned() {
    return RESOURCES + "/" + key.type() + "/" + tail();
  }

  String versioned() {
    return RESOURCES + "/" + key.type() + "/" + folder + "/" + tail();
  }

  /** Whether this is the copy that every item of a preferred version has. */
  boolean preferredCopy() {
    return folder != null && folder.endsWith(PREFERRED);
  }

  /**
   * @throws Failure.Corrupt if the object has another name or namespace than the path says
   */
  void refuseOther(ItemHead head) {
    if (!head.name().equals(key.name()) || !head.namespace().equals(key.namespace())) {
      throw new Failure.Corrupt(
          key
              + " holds another object: "
              + head.kind()
              + " '"
              + shown(
                  head.namespace().isEmpty() ? head.name() : head.namespace() + "/" + head.name())
              + "'",
          "somebody tampered with the archive, or it was damaged before it was written",
          null);
    }
  }

  private String tail() {
    return (key.namespaced() ? "namespaces/" + key.namespace() : "cluster")
        + "/"
        + key.name()
        + JSON;
  }

  private static boolean segment(String part) {
    return !part.isEmpty()
        && !part.equals(".")
        && !part.equals("..")
        && part.length() < 1024
        && part.indexOf('/') < 0
        && part.indexOf('\\') < 0
        && part.chars().noneMatch(c -> c < 0x20);
  }

  static String shown(String text) {
    String cut = text.length() > 120 ? text.substring(0, 120) + "…" : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }
}
