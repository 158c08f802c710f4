package dev.holdfast.repository.snapshot;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;

/**
 * A lock file (restic design, "Locks").
 *
 * @param time RFC 3339 with zone, of the last refresh
 */
@JsonPropertyOrder({"time", "exclusive", "hostname", "username", "pid", "uid", "gid"})
public record LockFile(
    String time,
    boolean exclusive,
    @Nullable String hostname,
    @Nullable String username,
    long pid,
    @Nullable Long uid,
    @Nullable Long gid) {}
