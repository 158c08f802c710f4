package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * A command that runs in a container, with its streams. Its end is proven: {@link #output} ends,
 * and {@link #exit} returns, only after the server has reported the exit status; a connection that
 * breaks before is an error of both.
 *
 * <p>Somebody has to read the output, or the command stands still once {@value
 * ExecOutput#MOST_QUEUED} bytes wait. What it writes to stderr is kept beside, the last {@value
 * ExecOutput#MOST_STDERR} bytes of it.
 */
public final class Execution implements AutoCloseable {

  private final Operation op;
  private final ExecOutput output;
  private final ExecInput input;
  private final Operation.Registration cancellation;

  Execution(Operation op, ExecOutput output, ExecInput input) {
    this.op = op;
    this.output = output;
    this.input = input;
    this.cancellation = op.onCancel(output::abort);
  }

  /**
   * The command's stdin. Closing it tells the command so, if {@link #endsInput}; a write after the
   * command has ended is an IOException.
   */
  public OutputStream input() {
    return input;
  }

  /** Whether the server can be told that stdin ends: it can from 1.30 on. */
  public boolean endsInput() {
    return input.canEnd();
  }

  /** The command's stdout. */
  public InputStream output() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        return output.read(op, bytes, from, length);
      }
    };
  }

  /**
   * Waits for the command's end, dropping what it still writes to stdout.
   *
   * @return its exit status: 0 to 255
   * @throws Failure.Unreachable if the connection broke before the status was seen: the command may
   *     or may not have done its work
   * @throws Failure.Rejected if the command could not be started; the message is the server's
   * @throws Failure.Cancelled if the operation ended before
   */
  public int exit() {
    try {
      byte[] buffer = new byte[1 << 13];
      int read = 0;
      while (read >= 0) {
        read = output.read(op, buffer, 0, buffer.length);
      }
    } catch (IOException e) {
      if (e.getCause() instanceof Failure failure) {
        throw failure;
      }
      throw new UncheckedIOException(e);
    }
    return output.exit();
  }

  /** The last of what the command wrote to stderr so far. */
  public String errors() {
    return output.errors();
  }

  /** Ends the connection; a command that still runs is left to the container's runtime. */
  @Override
  public void close() {
    cancellation.close();
    output.close();
  }
}
