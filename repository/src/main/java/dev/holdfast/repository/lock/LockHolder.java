package dev.holdfast.repository.lock;

import java.time.Instant;

/** Who holds locks: what we write into ours, and whether another's holder is still there. */
public interface LockHolder {

  /** A lock of ours, to be written now. */
  LockFile lock(boolean exclusive, Instant now);

  /**
   * Whether it is proven that nobody holds this lock any more. A lock that this says of is removed
   * without asking, so doubt means false.
   */
  boolean gone(LockFile lock, Instant now);

  /** Whether nobody seems to hold it: what {@code unlock} removes, with restic's rule. */
  boolean seemsGone(LockFile lock, Instant now);
}
