package dev.holdfast.model;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What every long call takes first: its deadline, its cancellation, the clock and the randomness it
 * uses. Immutable but for the cancellation, which is shared with everything derived from it.
 */
public final class Operation {

  private final Clock clock;
  private final RandomGenerator random;
  private final @Nullable Instant deadline;
  private final Cancellation cancellation;

  private Operation(
      Clock clock, RandomGenerator random, @Nullable Instant deadline, Cancellation cancellation) {
    this.clock = clock;
    this.random = random;
    this.deadline = deadline;
    this.cancellation = cancellation;
  }

  /** An operation without a deadline, with the system's clock and randomness. */
  public static Operation start() {
    return new Operation(
        Clock.systemUTC(), new java.util.SplittableRandom(), null, new Cancellation());
  }

  /** The same with another clock and randomness, for tests. */
  public static Operation start(Clock clock, RandomGenerator random) {
    return new Operation(clock, random, null, new Cancellation());
  }

  /** The same operation, ending at the latest after this time; an earlier deadline stays. */
  public Operation within(Duration time) {
    Instant end = clock.instant().plus(time);
    Instant earlier = deadline != null && deadline.isBefore(end) ? deadline : end;
    return new Operation(clock, random, earlier, cancellation);
  }

  public Clock clock() {
    return clock;
  }

  public Instant now() {
    return clock.instant();
  }

  /**
   * Thread-safe enough for jitter and names: implementations of the default are not shared across
   * forks for more.
   */
  public RandomGenerator random() {
    return random;
  }

  /**
   * Time left until the deadline, or {@code longest} if there is none or it is later. Never
   * negative.
   */
  public Duration remaining(Duration longest) {
    if (deadline == null) {
      return longest;
    }
    Duration left = Duration.between(clock.instant(), deadline);
    if (left.isNegative()) {
      return Duration.ZERO;
    }
    return left.compareTo(longest) < 0 ? left : longest;
  }

  /** Asks everything that runs under this operation to end; the first reason counts. */
  public void cancel(String reason) {
    cancellation.cancel(reason);
  }

  /** What {@link #onCancel} returns: closing it takes the action back. */
  @FunctionalInterface
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Has the action run when somebody cancels, or now if somebody has: to wake what waits for the
   * network. It must be quick and must not throw. A deadline does not run it.
   */
  public Registration onCancel(Runnable action) {
    Object key = new Object();
    cancellation.actions.put(key, action);
    if (cancelled()) {
      action.run();
    }
    return () -> cancellation.actions.remove(key);
  }

  public boolean cancelled() {
    return cancellation.reason.get() != null;
  }

  /**
   * Returns if the operation may go on.
   *
   * @throws Failure.Cancelled if it was cancelled or its deadline has passed
   */
  public void check() {
    String reason = cancellation.reason.get();
    if (reason != null) {
      throw new Failure.Cancelled(reason);
    }
    if (deadline != null && clock.instant().isAfter(deadline)) {
      throw new Failure.Cancelled("The operation took longer than it was given");
    }
  }

  /** Waits, but not past the deadline and not after a cancellation. */
  public void pause(Duration time) {
    check();
    try {
      if (cancellation.latch.await(remaining(time).toNanos(), TimeUnit.NANOSECONDS)) {
        check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
    check();
  }

  /** Takes a permit, but does not wait for it after a cancellation. */
  public void acquire(Semaphore permits) {
    try {
      do {
        check();
      } while (!permits.tryAcquire(100, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  /** Work that may throw anything. */
  @FunctionalInterface
  public interface Task<T> {
    void run(T value) throws Exception;
  }

  /**
   * Runs the task for every value on virtual threads, at most {@code parallel} at a time, values
   * drawn lazily. The first failure stops the drawing, waits for what runs, and is thrown; later
   * ones are suppressed in it.
   */
  public <T> void forEach(Iterator<? extends T> values, int parallel, Task<? super T> task) {
    Semaphore slots = new Semaphore(parallel);
    AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      while (values.hasNext() && failed.get() == null) {
        check();
        T value = values.next();
        slots.acquireUninterruptibly();
        var _ =
            threads.submit(() -> {
              try {
                if (failed.get() == null) {
                  task.run(value);
                }
              } catch (Throwable e) {
                if (!failed.compareAndSet(null, e)) {
                  suppress(failed.get(), e);
                }
              } finally {
                slots.release();
              }
            });
      }
    } catch (Failure.Cancelled e) {
      failed.compareAndSet(null, e);
    }
    rethrow(failed.get());
  }

  /**
   * Runs all tasks at once on virtual threads and returns their results in order; the first failure
   * is thrown.
   */
  public <T> List<T> all(List<? extends java.util.concurrent.Callable<T>> tasks) {
    List<Future<T>> futures = new ArrayList<>();
    @Nullable Throwable failed = null;
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var task : tasks) {
        futures.add(threads.submit(task));
      }
      for (Future<T> future : futures) {
        try {
          results.add(future.get());
        } catch (ExecutionException e) {
          Throwable cause = e.getCause() == null ? e : e.getCause();
          if (failed == null) {
            failed = cause;
          } else {
            suppress(failed, cause);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          failed = new Failure.Cancelled("Interrupted");
          break;
        }
      }
    }
    rethrow(failed);
    return results;
  }

  /** Starts one task on a virtual thread. */
  public <T> CompletableFuture<T> fork(java.util.concurrent.Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(task.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** Waits for the result of {@link #fork}; throws what that met, as it was. */
  public static <T> T join(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      rethrow(e.getCause());
      throw e;
    }
  }

  @SuppressWarnings("ReferenceEquality") // a throwable cannot suppress itself
  private static void suppress(@Nullable Throwable first, Throwable later) {
    if (first != null && first != later) {
      first.addSuppressed(later);
    }
  }

  /** Throws what another thread met, if it met anything: a failure, or an error as it was. */
  public static void rethrow(@Nullable Throwable failed) {
    switch (failed) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failed);
    }
  }

  private static final class Cancellation {
    final AtomicReference<@Nullable String> reason = new AtomicReference<>();
    final CountDownLatch latch = new CountDownLatch(1);
    final Map<Object, Runnable> actions = new ConcurrentHashMap<>();

    void cancel(String why) {
      reason.compareAndSet(null, why);
      latch.countDown();
      actions.values().forEach(Runnable::run);
    }
  }
}
