package dev.holdfast.repository.backup;

import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a backup is made.
 *
 * @param paths what the snapshot says it saved: absolute paths
 * @param time what the snapshot says it was made; null for now
 * @param parent for change detection, or null
 * @param excludes the patterns as the user wrote them, for the record
 * @param program who made it, such as {@code holdfast 0.1.0}
 * @param packSize bytes at which a pack is closed
 * @param level zstd level, 0 for none
 * @param threads that read, hash and compress
 * @param connections packs that may be on their way to the store at once
 * @param dryRun nothing is written
 * @param skipIfUnchanged no snapshot is made if its tree would be the parent's
 */
public record BackupOptions(
    List<String> paths,
    @Nullable Instant time,
    @Nullable Id parent,
    List<String> tags,
    Repository.Identity identity,
    Selection selection,
    List<String> excludes,
    Comparison comparison,
    boolean withAtime,
    String program,
    int packSize,
    int level,
    int threads,
    int connections,
    boolean dryRun,
    boolean skipIfUnchanged) {

  /** restic's defaults. */
  public static BackupOptions of(String path, Repository.Identity identity) {
    return new Builder(List.of(path), identity).build();
  }

  /** The same with a parent. */
  public BackupOptions withParent(@Nullable Id parent) {
    return new Builder(this).parent(parent).build();
  }

  /** Begins with restic's defaults. */
  public static final class Builder {
    private final List<String> paths;
    private final Repository.Identity identity;
    private @Nullable Instant time;
    private @Nullable Id parent;
    private List<String> tags = List.of();
    private Selection selection = Selection.ALL;
    private List<String> excludes = List.of();
    private Comparison comparison = Comparison.FULL;
    private boolean withAtime;
    private String program = "holdfast";
    private int packSize = PackWriter.PACK_SIZE;
    private int level = 3;
    private int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
    private int connections = 2;
    private boolean dryRun;
    private boolean skipIfUnchanged;

    public Builder(List<String> paths, Repository.Identity identity) {
      this.paths = List.copyOf(paths);
      this.identity = identity;
    }

    private Builder(BackupOptions options) {
      this(options.paths, options.identity);
      time = options.time;
      parent = options.parent;
      tags = options.tags;
      selection = options.selection;
      excludes = options.excludes;
      comparison = options.comparison;
      withAtime = options.withAtime;
      program = options.program;
      packSize = options.packSize;
      level = options.level;
      threads = options.threads;
      connections = options.connections;
      dryRun = options.dryRun;
      skipIfUnchanged = options.skipIfUnchanged;
    }

    public Builder time(@Nullable Instant time) {
      this.time = time;
      return this;
    }

    public Builder parent(@Nullable Id parent) {
      this.parent = parent;
      return this;
    }

    public Builder tags(List<String> tags) {
      this.tags = List.copyOf(tags);
      return this;
    }

    /**
     * @param excludes the patterns as the user wrote them
     */
    public Builder selection(Selection selection, List<String> excludes) {
      this.selection = selection;
      this.excludes = List.copyOf(excludes);
      return this;
    }

    public Builder comparison(Comparison comparison) {
      this.comparison = comparison;
      return this;
    }

    public Builder withAtime(boolean withAtime) {
      this.withAtime = withAtime;
      return this;
    }

    public Builder program(String program) {
      this.program = program;
      return this;
    }

    public Builder packs(int packSize, int level) {
      this.packSize = packSize;
      this.level = level;
      return this;
    }

    public Builder parallel(int threads, int connections) {
      this.threads = threads;
      this.connections = connections;
      return this;
    }

    public Builder dryRun(boolean dryRun) {
      this.dryRun = dryRun;
      return this;
    }

    public Builder skipIfUnchanged(boolean skipIfUnchanged) {
      this.skipIfUnchanged = skipIfUnchanged;
      return this;
    }

    public BackupOptions build() {
      return new BackupOptions(
          paths,
          time,
          parent,
          tags,
          identity,
          selection,
          excludes,
          comparison,
          withAtime,
          program,
          packSize,
          level,
          threads,
          connections,
          dryRun,
          skipIfUnchanged);
    }
  }
}
