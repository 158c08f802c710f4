package dev.holdfast.repository.restore;

import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Platform threads that work off lists: their buffers live as long as they do. */
public final class Workers implements AutoCloseable {

  private static final int BUFFER = 4 << 20;

  private static final ThreadLocal<byte[]> BUFFERS = ThreadLocal.withInitial(() -> new byte[0]);

  private final ExecutorService threads;
  private final int count;

  public Workers(int count) {
    this.count = count;
    this.threads =
        Executors.newFixedThreadPool(count, Thread.ofPlatform().name("restore-", 0).factory());
  }

  /** This thread's buffer; its content lasts until the next call. */
  public static byte[] buffer(int length) {
    byte[] buffer = BUFFERS.get();
    if (buffer.length < length) {
      buffer = new byte[Math.max(length, BUFFER)];
      BUFFERS.set(buffer);
    }
    return buffer;
  }

  /** Does the work for every value; the first failure stops all and is thrown. */
  public <T> void forEach(Operation op, List<T> values, Consumer<T> work) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
    Runnable loop =
        () -> {
          for (int i = next.getAndIncrement();
              i < values.size() && failed.get() == null;
              i = next.getAndIncrement()) {
            try {
              op.check();
              work.accept(values.get(i));
            } catch (Throwable e) {
              failed.compareAndSet(null, e);
            }
          }
        };
    List<Future<?>> running = new ArrayList<>();
    try {
      for (int i = 0; i < Math.min(count, values.size()); i++) {
        running.add(threads.submit(loop));
      }
    } catch (RuntimeException | Error e) { // no thread for it: those that run end
      failed.compareAndSet(null, e);
    }
    running.forEach(Workers::await);
    Operation.rethrow(failed.get());
  }

  private static void await(Future<?> task) {
    boolean interrupted = false;
    while (true) {
      try {
        task.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException | CancellationException e) {
        throw new IllegalStateException(e);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
