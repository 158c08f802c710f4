package dev.holdfast.repository.snapshot;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots that belong together.
 *
 * @param snapshots oldest first, if they were grouped so
 */
public record SnapshotGroup(Key key, List<SavedSnapshot> snapshots) {

  public SnapshotGroup {
    snapshots = List.copyOf(snapshots);
  }

  /** What makes a group. */
  public record By(boolean host, boolean paths, boolean tags) {

    /** restic's default. */
    public static final By HOST_AND_PATHS = new By(true, true, false);

    /**
     * Reads {@code host,paths,tags} or a part of it; empty for one group.
     *
     * @throws Failure.Invalid for another word
     */
    public static By parse(String text) {
      By by = new By(false, false, false);
      for (String word : text.isEmpty() ? new String[0] : text.split(",", -1)) {
        by =
            switch (word) {
              case "host", "hosts" -> new By(true, by.paths, by.tags);
              case "path", "paths" -> new By(by.host, true, by.tags);
              case "tag", "tags" -> new By(by.host, by.paths, true);
              default ->
                  throw new Failure.Invalid(
                      "--group-by " + text + ": '" + word + "' is unknown",
                      "any of host,paths,tags");
            };
      }
      return by;
    }
  }

  /** What the snapshots of a group agree in; null where it was not asked for. Lists are sorted. */
  public record Key(
      @Nullable String host, @Nullable List<String> paths, @Nullable List<String> tags) {

    static Key of(Snapshot snapshot, By by) {
      return new Key(
          by.host ? (snapshot.hostname() == null ? "" : snapshot.hostname()) : null,
          by.paths ? snapshot.pathsOrEmpty().stream().sorted().toList() : null,
          by.tags ? snapshot.tagsOrEmpty().stream().sorted().toList() : null);
    }

    /** In restic's shape: {@code {"hostname":…,"paths":…,"tags":…}}. */
    public ObjectNode json() {
      ObjectNode json = Json.MAPPER.createObjectNode();
      json.put("hostname", host == null ? "" : host);
      put(json, "paths", paths);
      put(json, "tags", tags);
      return json;
    }

    private static void put(ObjectNode json, String name, @Nullable List<String> values) {
      if (values == null || values.isEmpty()) {
        json.putNull(name);
      } else {
        values.forEach(json.withArrayProperty(name)::add);
      }
    }

    /** {@code host [a], paths [/b, /c]}. */
    @Override
    public String toString() {
      List<String> parts = new ArrayList<>();
      if (host != null) {
        parts.add("host [" + host + "]");
      }
      if (tags != null) {
        parts.add("tags [" + String.join(", ", tags) + "]");
      }
      if (paths != null) {
        parts.add("paths [" + String.join(", ", paths) + "]");
      }
      return String.join(", ", parts);
    }
  }

  /** Groups in the order of their first snapshots; snapshots stay in theirs. */
  public static List<SnapshotGroup> group(List<SavedSnapshot> snapshots, By by) {
    Map<Key, List<SavedSnapshot>> groups = new LinkedHashMap<>();
    for (SavedSnapshot snapshot : snapshots) {
      groups
          .computeIfAbsent(Key.of(snapshot.snapshot(), by), key -> new ArrayList<>())
          .add(snapshot);
    }
    List<SnapshotGroup> result = new ArrayList<>();
    groups.forEach((key, members) -> result.add(new SnapshotGroup(key, members)));
    return result;
  }
}
