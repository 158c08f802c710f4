package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How many requests may run at once. The limit grows by an eighth for each full round of answers
 * while they come about as quickly as the quickest ones did, shrinks by a tenth when they take much
 * longer, and by half when the server says 429, once for all that were on their way. Reads and
 * writes are compared with their own kind only: a write that waits for a disk is no sign of
 * congestion. Thread-safe; the clock is given, so that tests need no time.
 */
final class AdaptiveLimit {

  /** What is compared with what. */
  enum Kind {
    READ,
    WRITE,
    /** As long as its content is long: lists, watches. */
    UNTIMED
  }

  private static final int START = 16;

  /** Slowness alone never goes below: queueing at the server is cheaper than idling. */
  private static final int LEAST_WHEN_SLOW = 8;

  /** Answers slower than this many times the best count as congestion. */
  private static final double TOLERANCE = 2.0;

  /**
   * The best time creeps up, so that a server that became slower for good is believed after some
   * hundred answers.
   */
  private static final double FORGET = 1.002;

  /** Below this, differences are noise of the scheduler. */
  private static final long NOISE = TimeUnit.MILLISECONDS.toNanos(10);

  private final int ceiling;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition free = lock.newCondition();
  private final Pace[] paces = {new Pace(), new Pace()};
  private double limit;
  private int running;

  /** Counts the answers of 429, so that one round of them halves the limit once. */
  private int throttles;

  /**
   * @param ceiling the limit never exceeds it; at least 1
   * @param nanos a clock like {@link System#nanoTime}
   */
  AdaptiveLimit(int ceiling, LongSupplier nanos) {
    this.ceiling = ceiling;
    this.nanos = nanos;
    this.limit = Math.min(START, ceiling);
  }

  /** How quickly one kind of request is answered. */
  private static final class Pace {
    double best = Double.MAX_VALUE;
    double average;
    int answers;
  }

  /** Leave to run one request; ended by exactly one of its methods, later ones do nothing. */
  final class Slot {
    private final long start = nanos.getAsLong();
    private final int before = throttles;
    private boolean over;

    long start() {
      return start;
    }

    /** The server answered. */
    void answered(Kind kind) {
      end(() -> {
        if (kind != Kind.UNTIMED) {
          judge(paces[kind.ordinal()], Math.max(1, nanos.getAsLong() - start));
        }
      });
    }

    /** The server answered that there are too many requests. */
    void throttled() {
      end(() -> {
        if (before == throttles) {
          throttles++;
          limit = Math.max(1, limit / 2);
        }
      });
    }

    /** There was no answer: that says nothing of the right number. */
    void failed() {
      end(() -> {});
    }

    private void end(Runnable lesson) {
      lock.lock();
      try {
        if (!over) {
          over = true;
          lesson.run();
          running--;
          wake();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits for a slot.
   *
   * @throws Failure.Cancelled if the operation ends first
   */
  Slot acquire(Operation op) {
    op.check();
    lock.lock();
    try {
      while (running >= (int) limit) {
        if (!free.await(50, TimeUnit.MILLISECONDS)) {
          op.check();
        }
      }
      Slot slot = new Slot();
      running++;
      wake(); // one signal wakes one; there may be room for more
      return slot;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    } finally {
      lock.unlock();
    }
  }

  private void judge(Pace pace, double time) {
    pace.average = pace.average == 0 ? time : pace.average * 0.9 + time * 0.1;
    pace.best = Math.min(pace.best * FORGET, time);
    if (++pace.answers < (int) limit) {
      return;
    }
    pace.answers = 0;
    if (pace.average > pace.best * TOLERANCE + NOISE) {
      limit = Math.max(Math.min(limit, LEAST_WHEN_SLOW), limit * 0.9);
    } else if (running >= (int) limit - 1) {
      limit = Math.min(ceiling, limit + Math.max(1, limit / 8));
    }
  }

  private void wake() {
    if (running < (int) limit) {
      free.signal();
    }
  }

  int limit() {
    lock.lock();
    try {
      return (int) limit;
    } finally {
      lock.unlock();
    }
  }
}
