package dev.holdfast.engine.hook;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Runs one hook, without stdin or terminal, and says how it went. */
public final class HookRunner {

  /** Of what a hook writes; the rest is read and dropped. */
  private static final int KEPT = 1 << 16;

  /** A shell's word for the signal KILL. */
  private static final int KILLED = 137;

  private final Cluster cluster;

  public HookRunner(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * How a hook went.
   *
   * @param problem why it failed; empty if it succeeded
   * @param output what it wrote to stdout, and then to stderr, the first 64 KiB and the last 64 KiB
   */
  public record Outcome(String problem, String output) {
    public boolean succeeded() {
      return problem.isEmpty();
    }
  }

  /**
   * Runs it.
   *
   * @param container the one that the hook's empty name stands for
   * @throws Failure.Cancelled if the operation ended; a hook that only took too long has failed
   */
  public Outcome run(Operation op, String namespace, String pod, String container, Hook hook) {
    String in = hook.container().isEmpty() ? container : hook.container();
    var request = new Cluster.ExecRequest(namespace, pod, in, hook.command(), false);
    StringBuilder output = new StringBuilder();
    try (Execution execution = cluster.exec(op.within(hook.timeout()), request)) {
      output.append(head(execution.output()));
      int exit = execution.exit();
      output.append(execution.errors());
      return new Outcome(exit == 0 ? "" : ended(exit), output.toString());
    } catch (Failure e) {
      return failed(op, hook, e, output);
    } catch (IOException e) {
      Failure why =
          e.getCause() instanceof Failure failure
              ? failure
              : new Failure.Unreachable("the connection broke: " + e.getMessage(), null, e);
      return failed(op, hook, why, output);
    }
  }

  private static String ended(int exit) {
    return "it ended with exit status "
        + exit
        + (exit == KILLED ? ": it was killed, perhaps for want of memory in the container" : "");
  }

  private static String head(InputStream out) throws IOException {
    byte[] head = out.readNBytes(KEPT);
    return new String(head, StandardCharsets.UTF_8);
  }

  private static Outcome failed(Operation op, Hook hook, Failure why, StringBuilder output) {
    op.check();
    String problem =
        why instanceof Failure.Cancelled
            ? "it did not end within "
                + hook.timeout().toSeconds()
                + " s; in the container it may still run"
            : why.describe();
    return new Outcome(problem, output.toString());
  }
}
