package dev.holdfast.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Times;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/**
 * {@code holdfast-claim.json}: who is writing a backup. It is written before anything else and
 * refreshed while the backup runs.
 *
 * @param formatVersion 1
 * @param run a UUID, one per attempt
 * @param writer who: {@code holdfast/VERSION user@host pid}
 * @param started RFC 3339, UTC, whole seconds
 * @param refreshed the same
 */
public record Claim(
    @JsonInclude(JsonInclude.Include.ALWAYS) int formatVersion,
    String run,
    String writer,
    String started,
    String refreshed) {

  /** A claim that was not refreshed for this long belongs to a writer that is gone. */
  public static final Duration DEAD_AFTER = Duration.ofHours(1);

  /** How often a writer refreshes its claim: often enough to survive a store that is down long. */
  public static final Duration REFRESH_EVERY = Duration.ofMinutes(5);

  public static Claim create(String run, String writer, Instant now) {
    return new Claim(FormatVersion.CURRENT, run, writer, Times.text(now), Times.text(now));
  }

  public Claim refreshed(Instant now) {
    return new Claim(formatVersion, run, writer, started, Times.text(now));
  }

  /** When it was last refreshed; long ago if the document does not say. */
  public Instant lastRefresh() {
    try {
      return Instant.parse(refreshed == null ? "" : refreshed);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }

  /**
   * Whether the writer is gone.
   *
   * @param modified when the store says the object was last written; counts as a refresh
   * @param now of the same clock as {@code modified} where there is a choice
   */
  public boolean dead(Instant modified, Instant now) {
    Instant last = lastRefresh().isAfter(modified) ? lastRefresh() : modified;
    return last.plus(DEAD_AFTER).isBefore(now);
  }

  /**
   * Whether the holder itself must stop: its refreshes failed for so long that others may take it
   * for dead.
   */
  public boolean lapsed(Instant now) {
    return lastRefresh().plus(DEAD_AFTER).minus(REFRESH_EVERY).isBefore(now);
  }

  public byte[] toBytes() {
    return GoJson.line(this);
  }

  /**
   * @throws Failure.Unsupported if a newer Holdfast wrote it
   * @throws Failure.Corrupt if it is damaged
   */
  public static Claim read(byte[] json, String what) {
    FormatVersion.check(Json.object(json, what).path("formatVersion").asInt(), "", what);
    Claim claim = Json.read(json, Claim.class, what);
    if (claim.run == null || claim.run.isEmpty()) {
      throw new Failure.Corrupt(what + " names no run");
    }
    return claim;
  }
}
