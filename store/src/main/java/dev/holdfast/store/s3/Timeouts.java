package dev.holdfast.store.s3;

import java.time.Duration;

/**
 * How long an S3 store may keep us waiting.
 *
 * @param connect for a connection
 * @param idle without a byte on an open connection
 * @param attempts per request, with jittered, growing pauses between them
 */
record Timeouts(Duration connect, Duration idle, int attempts) {

  static final Timeouts DEFAULT = new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(60), 5);
}
