package dev.holdfast.repository.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Names of users and groups, as /etc/passwd and /etc/group have them; empty where they have none.
 */
final class Owners {

  private final Map<Integer, String> users = read(Path.of("/etc/passwd"));
  private final Map<Integer, String> groups = read(Path.of("/etc/group"));

  String user(int uid) {
    return users.getOrDefault(uid, "");
  }

  String group(int gid) {
    return groups.getOrDefault(gid, "");
  }

  /** name:password:id:… */
  private static Map<Integer, String> read(Path file) {
    Map<Integer, String> names = new HashMap<>();
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        String[] fields = line.split(":", -1);
        if (fields.length > 2 && fields[2].matches("[0-9]{1,10}")) {
          names.putIfAbsent(Integer.parseUnsignedInt(fields[2]), fields[0]);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Map.of(); // a container without the file: ids alone are stored, as restic does
    }
    return names;
  }
}
