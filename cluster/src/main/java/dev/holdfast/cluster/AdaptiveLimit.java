package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many requests may run at once: grows by one for each full round of answers while they come
 * about as quickly as the quickest ones did, shrinks by a tenth when they take more than twice as
 * long, and by half when the server says 429. Thread-safe; time is given, so that tests need none.
 */
final class AdaptiveLimit {

  private static final int START = 16;
  private static final int LEAST = 2;

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
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition free = lock.newCondition();
  private double limit;
  private int running;
  private double best = Double.MAX_VALUE;
  private double average;
  private int answers;

  AdaptiveLimit(int ceiling) {
    this.ceiling = ceiling;
    this.limit = Math.min(START, ceiling);
  }

  /**
   * Waits for a slot.
   *
   * @throws Failure.Cancelled if the operation ends first
   */
  void acquire(Operation op) {
    op.check();
    lock.lock();
    try {
      while (running >= (int) limit) {
        if (!free.await(100, TimeUnit.MILLISECONDS)) {
          op.check();
        }
      }
      running++;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** A request ended with an answer after this time. */
  void answered(Duration time) {
    lock.lock();
    try {
      double nanos = Math.max(1, time.toNanos());
      boolean full = running >= (int) limit - 1;
      average = average == 0 ? nanos : average * 0.9 + nanos * 0.1;
      best = Math.min(best * FORGET, nanos);
      answers++;
      if (answers >= (int) limit) {
        answers = 0;
        if (average > best * TOLERANCE + NOISE) {
          limit = Math.max(LEAST, limit * 0.9);
        } else if (full) {
          limit = Math.min(ceiling, limit + Math.max(1, limit / 8));
        }
      }
      release();
    } finally {
      lock.unlock();
    }
  }

  /** A request ended with 429 or 503. */
  void throttled() {
    lock.lock();
    try {
      limit = Math.max(LEAST, limit / 2);
      answers = 0;
      release();
    } finally {
      lock.unlock();
    }
  }

  /** A request ended without an answer. */
  void failed() {
    lock.lock();
    try {
      release();
    } finally {
      lock.unlock();
    }
  }

  private void release() {
    running--;
    free.signalAll();
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
