package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells a program how a backup gets on, in restic's messages: {@code status} once a second, {@code
 * verbose_status} for each file with {@code --verbose}, {@code error} on standard error, {@code
 * summary} at the end.
 */
final class BackupJson implements BackupWatcher {

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Session session;
  private final Instant start;
  private Instant told;
  private long totalFiles;
  private long totalBytes;
  private long files;
  private long bytes;
  private long errors;

  BackupJson(Session session) {
    this.session = session;
    this.start = session.operation().now();
    this.told = start;
  }

  @Override
  public boolean wantsTotals() {
    return !session.global().quiet();
  }

  @Override
  public synchronized void counted(long files, long bytes) {
    totalFiles = files;
    totalBytes = bytes;
  }

  @Override
  public synchronized void read(long size) {
    bytes += size;
    status();
  }

  @Override
  public synchronized void unread(long size) {
    bytes += size;
    status();
  }

  @Override
  public synchronized void done(String path, Node node, @Nullable Node old) {
    if (node.type() == NodeType.FILE) {
      files++;
    }
    if (session.global().verbose()) {
      boolean same =
          old != null
              && Objects.equals(node.content(), old.content())
              && Objects.equals(node.subtree(), old.subtree());
      print(
          message("verbose_status")
              .put("action", old == null ? "new" : same ? "unchanged" : "modified")
              .put("item", path)
              .put("data_size", node.size()));
    }
  }

  @Override
  public synchronized void failed(String path, String why) {
    errors++;
    ObjectNode json = message("error");
    json.putObject("error").put("message", why);
    session.err().println(Json.string(json.put("during", "archival").put("item", path)));
  }

  private void status() {
    Instant now = session.operation().now();
    if (session.global().quiet() || Duration.between(told, now).compareTo(INTERVAL) < 0) {
      return;
    }
    told = now;
    long elapsed = Duration.between(start, now).toSeconds();
    double share = totalBytes == 0 ? 0 : Math.min(1, (double) bytes / totalBytes);
    ObjectNode json = message("status").put("seconds_elapsed", elapsed);
    if (share > 0 && share < 1) {
      json.put("seconds_remaining", Math.round(elapsed * (1 - share) / share));
    }
    json.put("percent_done", share)
        .put("total_files", totalFiles)
        .put("files_done", files)
        .put("total_bytes", totalBytes)
        .put("bytes_done", bytes);
    if (errors > 0) {
      json.put("error_count", errors);
    }
    print(json);
  }

  @Override
  public void finished(SnapshotRun.Outcome outcome, boolean dryRun) {
    Snapshot.Summary summary = Objects.requireNonNull(outcome.snapshot().summary());
    Duration time =
        Duration.between(GoTime.parse(summary.backupStart()), GoTime.parse(summary.backupEnd()));
    ObjectNode json =
        message("summary")
            .put("files_new", summary.filesNew())
            .put("files_changed", summary.filesChanged())
            .put("files_unmodified", summary.filesUnmodified())
            .put("dirs_new", summary.dirsNew())
            .put("dirs_changed", summary.dirsChanged())
            .put("dirs_unmodified", summary.dirsUnmodified())
            .put("data_blobs", summary.dataBlobs())
            .put("tree_blobs", summary.treeBlobs())
            .put("data_added", summary.dataAdded())
            .put("data_added_packed", summary.dataAddedPacked())
            .put("total_files_processed", summary.totalFilesProcessed())
            .put("total_bytes_processed", summary.totalBytesProcessed())
            .put("backup_start", summary.backupStart())
            .put("backup_end", summary.backupEnd())
            .put("total_duration", time.toNanos() / 1e9);
    if (outcome.id() != null) {
      json.put("snapshot_id", outcome.id().toString());
    }
    if (dryRun) {
      json.put("dry_run", true);
    }
    print(json);
  }

  private static ObjectNode message(String type) {
    return Json.MAPPER.createObjectNode().put("message_type", type);
  }

  private void print(ObjectNode json) {
    session.out().println(Json.string(json));
  }
}
