package dev.holdfast.cli;

/** What the process ends with (docs/guide.md, "Exit codes"). */
public final class ExitCode {

  /** Done; nothing to do included. */
  public static final int OK = 0;

  public static final int FAILED = 1;
  public static final int USAGE = 2;

  /** Done, but something is missing, and the results name it. */
  public static final int PARTIAL = 3;

  /** Differs: {@code diff}, {@code plan --exit-code}. */
  public static final int DIFFERS = 4;

  /** Damaged: {@code verify}, {@code check}. */
  public static final int DAMAGED = 5;

  public static final int NOT_FOUND = 10;
  public static final int LOCKED = 11;
  public static final int WRONG_KEY = 12;
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
