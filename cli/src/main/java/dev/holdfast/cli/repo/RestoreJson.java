package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import dev.holdfast.repository.restore.RestoreRun;
import dev.holdfast.repository.restore.RestoreVerification;
import dev.holdfast.repository.tree.NodeType;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Tells a program how a restore gets on, in restic's messages. */
final class RestoreJson implements RestoreWatcher {

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Session session;
  private final Instant start;
  private Instant told;
  private long totalFiles;
  private long totalBytes;
  private long files;
  private long bytes;
  private long skipped;
  private long bytesSkipped;
  private long deleted;

  RestoreJson(Session session) {
    this.session = session;
    this.start = session.operation().now();
    this.told = start;
  }

  @Override
  public void begins(ReadSnapshot read, String target) {}

  @Override
  public synchronized void found(long moreFiles, long moreBytes) {
    totalFiles += moreFiles;
    totalBytes += moreBytes;
  }

  @Override
  public synchronized void written(long more) {
    bytes += more;
    Instant now = session.operation().now();
    if (!session.global().quiet() && Duration.between(told, now).compareTo(INTERVAL) >= 0) {
      told = now;
      ObjectNode json = Json.MAPPER.createObjectNode().put("message_type", "status");
      json.put("percent_done", totalBytes == 0 ? 0 : Math.min(1, (double) bytes / totalBytes));
      print(counts(json));
    }
  }

  @Override
  public synchronized void done(String path, NodeType type, long size, Action action) {
    switch (action) {
      case RESTORED, UPDATED, UNCHANGED -> files++;
      case SKIPPED -> {
        skipped++;
        bytesSkipped += size;
      }
      case DELETED -> deleted++;
    }
    if (session.global().verbose()) {
      print(
          Json.MAPPER
              .createObjectNode()
              .put("message_type", "verbose_status")
              .put("action", action.name().toLowerCase(Locale.ROOT))
              .put("item", path)
              .put("size", size));
    }
  }

  @Override
  public synchronized void failed(String path, String why) {
    ObjectNode json = Json.MAPPER.createObjectNode().put("message_type", "error");
    json.putObject("error").put("message", why);
    session.err().println(Json.string(json.put("during", "restore").put("item", path)));
  }

  @Override
  public synchronized void warning(String message) {
    session.err().println(message);
  }

  @Override
  public synchronized void finished(RestoreRun.Outcome outcome, boolean dryRun) {
    print(counts(Json.MAPPER.createObjectNode().put("message_type", "summary")));
  }

  @Override
  public void verifying(String target) {}

  @Override
  public synchronized void verified(RestoreVerification.Outcome outcome, String target) {
    print(
        Json.MAPPER
            .createObjectNode()
            .put("message_type", "verified")
            .put("files", outcome.files())
            .put("files_failed", outcome.failed()));
  }

  private ObjectNode counts(ObjectNode json) {
    json.put("seconds_elapsed", Duration.between(start, session.operation().now()).toSeconds())
        .put("total_files", totalFiles)
        .put("files_restored", files)
        .put("total_bytes", totalBytes)
        .put("bytes_restored", bytes);
    if (skipped > 0) {
      json.put("files_skipped", skipped).put("bytes_skipped", bytesSkipped);
    }
    return deleted > 0 ? json.put("files_deleted", deleted) : json;
  }

  private void print(ObjectNode json) {
    session.out().println(Json.string(json));
  }
}
