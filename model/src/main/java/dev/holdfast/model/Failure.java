package dev.holdfast.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What can go wrong, as one sealed family: exit codes, results and HTTP answers derive from the
 * type. The message says what failed and why, in one sentence that a user can act on; {@link
 * #next()} says what to do. Neither ever contains a secret.
 */
public abstract sealed class Failure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final @Nullable String next;

  private Failure(String message, @Nullable String next, @Nullable Throwable cause) {
    super(message, cause);
    this.next = next;
  }

  /** What the user should do next, or null where the message says it all. */
  public final @Nullable String next() {
    return next;
  }

  /** The process exit code that this failure leads to (design, "The command and its codes"). */
  public int exitCode() {
    return 1;
  }

  /**
   * True if the same call may succeed later without anybody changing anything. Not overridden by
   * the types: JDK 25's first-tier compiler calls the overridden method, not the overriding one, in
   * virtual threads that were parked when the first failure of the type was loaded.
   */
  public final boolean transientFailure() {
    return this instanceof Throttled || this instanceof Unreachable;
  }

  /** The message and, where there is one, the next step. */
  public final String describe() {
    return next == null ? getMessage() : getMessage() + " — " + next;
  }

  @Override
  public final String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /**
   * The request itself is wrong: an argument, a document, a selector, a name. Nothing was changed.
   */
  public static final class Invalid extends Failure {
    private static final long serialVersionUID = 1L;

    public Invalid(String message) {
      super(message, null, null);
    }

    public Invalid(String message, @Nullable String next) {
      super(message, next, null);
    }

    public Invalid(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }

    @Override
    public int exitCode() {
      return 2;
    }
  }

  /** The other side refuses: no right, no or expired credentials (HTTP 401, 403). */
  public static final class Denied extends Failure {
    private static final long serialVersionUID = 1L;
    private final boolean credentials;

    public Denied(String message, @Nullable String next, @Nullable Throwable cause) {
      this(message, next, cause, false);
    }

    private Denied(
        String message, @Nullable String next, @Nullable Throwable cause, boolean credentials) {
      super(message, next, cause);
      this.credentials = credentials;
    }

    /** The credentials themselves are refused (HTTP 401). */
    public static Denied credentials(String message, @Nullable String next) {
      return new Denied(message, next, null, true);
    }

    /** Whether the credentials themselves are refused, so that no other request can succeed. */
    public boolean ofEverything() {
      return credentials;
    }
  }

  /** What was named does not exist. */
  public static final class Absent extends Failure {
    private static final long serialVersionUID = 1L;

    public Absent(String message) {
      super(message, null, null);
    }

    public Absent(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }

    @Override
    public int exitCode() {
      return 10;
    }
  }

  /** Something exists already, or changed meanwhile (HTTP 409, 412). */
  public static final class Conflict extends Failure {
    private static final long serialVersionUID = 1L;

    public Conflict(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }
  }

  /**
   * The other side understood and refuses the content (HTTP 422, 400): retrying it unchanged is
   * pointless.
   */
  public static final class Rejected extends Failure {
    private static final long serialVersionUID = 1L;

    public Rejected(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }
  }

  /** The other side asks us to slow down (HTTP 429, 503 with Retry-After). */
  public static final class Throttled extends Failure {
    private static final long serialVersionUID = 1L;
    private final @Nullable Duration retryAfter;

    public Throttled(String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
      super(message, null, cause);
      this.retryAfter = retryAfter;
    }

    /** How long the other side asked us to wait, if it said so. */
    public @Nullable Duration retryAfter() {
      return retryAfter;
    }
  }

  /**
   * No answer, a broken connection, a time-out, an HTTP 5xx. Whether the request took effect is
   * unknown.
   */
  public static final class Unreachable extends Failure {
    private static final long serialVersionUID = 1L;

    public Unreachable(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }
  }

  /** There is no room: a full disk, an exceeded quota. */
  public static final class Full extends Failure {
    private static final long serialVersionUID = 1L;

    public Full(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }
  }

  /** Data is damaged, truncated, or not what its checksum says. */
  public static final class Corrupt extends Failure {
    private static final long serialVersionUID = 1L;

    public Corrupt(String message) {
      super(message, null, null);
    }

    public Corrupt(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }

    @Override
    public int exitCode() {
      return 5;
    }
  }

  /** The data is there, but not with this password or identity. */
  public static final class WrongKey extends Failure {
    private static final long serialVersionUID = 1L;

    public WrongKey(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }

    @Override
    public int exitCode() {
      return 12;
    }
  }

  /** Somebody else holds the lock or the claim. */
  public static final class Locked extends Failure {
    private static final long serialVersionUID = 1L;

    public Locked(String message, @Nullable String next, @Nullable Throwable cause) {
      super(message, next, cause);
    }

    @Override
    public int exitCode() {
      return 11;
    }
  }

  /**
   * A format, version or feature that this Holdfast does not know; the message says which version
   * does.
   */
  public static final class Unsupported extends Failure {
    private static final long serialVersionUID = 1L;

    public Unsupported(String message, @Nullable String next) {
      super(message, next, null);
    }
  }

  /** The user (Ctrl-C) or a deadline ended the operation. */
  public static final class Cancelled extends Failure {
    private static final long serialVersionUID = 1L;

    public Cancelled(String message) {
      super(message, null, null);
    }

    @Override
    public int exitCode() {
      return 130;
    }
  }
}
