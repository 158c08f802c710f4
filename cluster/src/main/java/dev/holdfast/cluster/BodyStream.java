package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as it arrives, at most a few buffers ahead of its reader. Other than the
 * JDK's stream it does not wait for ever: it ends with its operation, and when nothing comes for
 * too long.
 */
final class BodyStream extends InputStream implements HttpResponse.BodySubscriber<InputStream> {

  private static final int AHEAD = 4;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Operation op;
  private final Duration silence;
  private final Operation.Registration cancellation;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<List<ByteBuffer>> waiting = new ArrayDeque<>();
  private final ArrayDeque<ByteBuffer> taken = new ArrayDeque<>();
  private Flow.@Nullable Subscription subscription;
  private @Nullable Throwable failure;
  private boolean complete;
  private boolean closed;
  private ByteBuffer current = NOTHING;

  /**
   * @param silence how long the server may send nothing while the reader waits
   */
  BodyStream(Operation op, Duration silence) {
    this.op = op;
    this.silence = silence;
    this.cancellation = op.onCancel(() -> change(() -> {}));
  }

  @Override
  public CompletionStage<InputStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    change(() -> subscription = given);
    given.request(AHEAD);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    change(() -> waiting.add(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    change(() -> failure = cause);
  }

  @Override
  public void onComplete() {
    change(() -> complete = true);
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * @throws HttpTimeoutException if the server was silent for too long
   * @throws Failure.Cancelled if the operation ended
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!current.hasRemaining()) {
      ByteBuffer next = taken.poll();
      if (next != null) {
        current = next;
      } else if (!take()) {
        return -1;
      }
    }
    int count = Math.min(length, current.remaining());
    current.get(target, offset, count);
    return count;
  }

  /** Waits for more; false at the end. */
  private boolean take() throws IOException {
    lock.lock();
    try {
      long left = op.remaining(silence).toNanos();
      while (waiting.isEmpty()) {
        op.check();
        if (closed) {
          throw new IOException("the answer was closed");
        }
        if (failure != null) {
          throw new IOException(failure.getMessage(), failure);
        }
        if (complete) {
          return false;
        }
        if (left <= 0) {
          throw new HttpTimeoutException("the answer stopped");
        }
        left = arrived.awaitNanos(left);
      }
      taken.addAll(waiting.remove());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    } finally {
      lock.unlock();
    }
    if (subscription != null) {
      subscription.request(1);
    }
    return true;
  }

  @Override
  public int available() {
    return current.remaining();
  }

  /** A connection whose answer was not read to the end is closed, too. */
  @Override
  public void close() {
    cancellation.close();
    change(() -> closed = true);
    if (subscription != null && !complete) {
      subscription.cancel();
    }
  }
}
