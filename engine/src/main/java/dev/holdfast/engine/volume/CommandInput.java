package dev.holdfast.engine.volume;

import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Feeds a command in a container. An exit status of 0 proves little: containerd ends a command's
 * stdin as soon as the command has closed its stdout or stderr, and what reads there takes that for
 * the end of the stream. So no command of ours redirects the one or the other of the process that
 * the container runtime started, and all that is sent must have been taken.
 */
final class CommandInput {

  private CommandInput() {}

  /** Writes all that is to be sent. */
  @FunctionalInterface
  interface Content {
    void write(OutputStream out) throws IOException;
  }

  /**
   * Sends it, and closes stdin.
   *
   * @param proof of the command's success, which says more than a stream that broke
   * @throws Failure.Unreachable if it succeeded without having taken all
   */
  static void send(Operation op, Execution execution, Content content, Runnable proof) {
    boolean whole = false;
    String broken = "";
    try (OutputStream in = execution.input()) {
      content.write(in);
      whole = true;
    } catch (IOException e) {
      op.check();
      broken = String.valueOf(e.getMessage());
    }
    proof.run();
    if (!whole) {
      throw new Failure.Unreachable("not all of the content could be sent: " + broken, null, null);
    }
  }
}
