package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/**
 * The body of an answer as it arrives. It ends with its operation, and when nothing comes for too
 * long. Read to the end it leaves its connection to the next request; closed before, it closes it.
 */
final class AnswerBody extends InputStream {

  private final Operation op;
  private final Duration silence;
  private final InputStream in;
  private final Connection connection;
  private final Connections connections;
  private final boolean goesOn;
  private final Operation.Registration cancellation;
  private boolean over;

  /**
   * @param silence how long the server may send nothing while the reader waits
   * @param goesOn whether the connection may be used again
   */
  AnswerBody(
      Operation op,
      Duration silence,
      InputStream in,
      Connection connection,
      Connections connections,
      boolean goesOn) {
    this.op = op;
    this.silence = silence;
    this.in = in;
    this.connection = connection;
    this.connections = connections;
    this.goesOn = goesOn;
    this.cancellation = op.onCancel(connection::close);
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
    if (over) {
      return -1;
    }
    op.check();
    connection.patience(op.remaining(silence));
    try {
      int count = in.read(target, offset, length);
      if (count < 0) {
        end(goesOn);
      }
      return count;
    } catch (SocketTimeoutException e) {
      op.check();
      throw new HttpTimeoutException("the answer stopped");
    } catch (IOException e) {
      op.check();
      throw e;
    }
  }

  private void end(boolean whole) {
    over = true;
    cancellation.close();
    if (whole) {
      connections.keep(connection);
    } else {
      connections.end(connection);
    }
  }

  @Override
  public int available() throws IOException {
    return over ? 0 : in.available();
  }

  @Override
  public void close() {
    if (!over) {
      end(false);
    }
  }
}
