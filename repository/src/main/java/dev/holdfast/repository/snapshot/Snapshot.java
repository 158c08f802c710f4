package dev.holdfast.repository.snapshot;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot file (restic design, "Snapshots"). Members that a newer restic added are kept when it
 * is written again.
 *
 * @param time RFC 3339 with zone
 * @param parent hexadecimal id, only for change detection
 * @param tree hexadecimal id of the root tree
 * @param original id of the first version, where metadata was changed since
 */
@JsonPropertyOrder({
  "time",
  "parent",
  "tree",
  "paths",
  "hostname",
  "username",
  "uid",
  "gid",
  "excludes",
  "tags",
  "original",
  "program_version",
  "summary"
})
public record Snapshot(
    String time,
    @Nullable String parent,
    String tree,
    @Nullable List<String> paths,
    @Nullable String hostname,
    @Nullable String username,
    @Nullable Long uid,
    @Nullable Long gid,
    @Nullable List<String> excludes,
    @Nullable List<String> tags,
    @Nullable String original,
    @JsonProperty("program_version") @Nullable String programVersion,
    @Nullable Summary summary,
    @JsonAnySetter @JsonAnyGetter @Nullable Map<String, JsonNode> others) {

  /** Since restic 0.17; counts and bytes. */
  public record Summary(
      @JsonProperty("backup_start") String backupStart,
      @JsonProperty("backup_end") String backupEnd,
      @JsonProperty("files_new") long filesNew,
      @JsonProperty("files_changed") long filesChanged,
      @JsonProperty("files_unmodified") long filesUnmodified,
      @JsonProperty("dirs_new") long dirsNew,
      @JsonProperty("dirs_changed") long dirsChanged,
      @JsonProperty("dirs_unmodified") long dirsUnmodified,
      @JsonProperty("data_blobs") long dataBlobs,
      @JsonProperty("tree_blobs") long treeBlobs,
      @JsonProperty("data_added") long dataAdded,
      @JsonProperty("data_added_packed") long dataAddedPacked,
      @JsonProperty("total_files_processed") long totalFilesProcessed,
      @JsonProperty("total_bytes_processed") long totalBytesProcessed) {}

  public List<String> tagsOrEmpty() {
    return tags == null ? List.of() : tags;
  }

  public List<String> pathsOrEmpty() {
    return paths == null ? List.of() : paths;
  }

  /** The same snapshot with other tags; the id of the first version stays known. */
  public Snapshot withTags(List<String> tags, String id) {
    return new Snapshot(
        time,
        parent,
        tree,
        paths,
        hostname,
        username,
        uid,
        gid,
        excludes,
        tags,
        original == null ? id : original,
        programVersion,
        summary,
        others);
  }

  /** The same snapshot with another tree, parent, original and tags; all else is kept. */
  public Snapshot with(
      String tree,
      @Nullable String parent,
      @Nullable String original,
      @Nullable List<String> tags) {
    return new Snapshot(
        time,
        parent,
        tree,
        paths,
        hostname,
        username,
        uid,
        gid,
        excludes,
        tags,
        original,
        programVersion,
        summary,
        others);
  }
}
