package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Function;

/** Runs a command and saves what it prints, but only if it ends with 0. */
final class CommandStream {

  private CommandStream() {}

  /**
   * Runs the command without a shell.
   *
   * @param save gets the stream; its end is an error if the command failed, so that no snapshot is
   *     made of half an output
   */
  static <T> T saved(Operation op, List<String> command, Function<InputStream, T> save) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (var _ = op.onCancel(process::destroy)) {
        return save.apply(new Checked(process, command.getFirst()));
      } finally {
        process.destroy();
      }
    } catch (IOException e) {
      throw new Failure.Invalid("The command " + command.getFirst() + " cannot run", null, e);
    }
  }

  private static final class Checked extends FilterInputStream {
    private final Process process;
    private final String name;

    Checked(Process process, String name) {
      super(process.getInputStream());
      this.process = process;
      this.name = name;
    }

    @Override
    public int read() throws IOException {
      return checked(in.read());
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return checked(in.read(target, offset, length));
    }

    /** -1 is the end only of a command that succeeded. */
    private int checked(int got) {
      if (got < 0) {
        try {
          int code = process.waitFor();
          if (code != 0) {
            throw new Failure.Invalid(
                "The command " + name + " ended with " + code + ": no snapshot was made");
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new Failure.Cancelled("Interrupted");
        }
      }
      return got;
    }
  }
}
