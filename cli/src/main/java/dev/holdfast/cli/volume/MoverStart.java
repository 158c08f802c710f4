package dev.holdfast.cli.volume;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.remote.Mover;
import dev.holdfast.repository.remote.MoverSession;
import dev.holdfast.repository.tree.RawPath;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The two processes of a mover pod that reads volumes, {@code mover --wait DIR} and {@code mover
 * --session DIR DIR}, before the command line is parsed. They start side by side while the backup
 * waits for them, and what else the command loads took them four fifths of that time. {@link
 * MoverCommand} does the same, and what a restore's pods run.
 */
public final class MoverStart {

  private MoverStart() {}

  /** Does what the words say. The exit status; empty if they are none of the two. */
  public static OptionalInt run(String... words) {
    if (words.length < 3 || !words[0].equals("mover")) {
      return OptionalInt.empty();
    }
    boolean waits = words.length == 3 && words[1].equals("--wait");
    boolean speaks = words.length == 4 && words[1].equals("--session") && !words[3].startsWith("-");
    if (!waits && !speaks) {
      return OptionalInt.empty();
    }
    try {
      if (waits) {
        MoverSession.await(Operation.start(), Path.of(words[2]), MoverSession.PATIENCE);
      } else {
        MoverSession.begin(Path.of(words[2]));
        new Mover(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out))
            .run(Operation.start(), RawPath.of(words[3]));
      }
      return OptionalInt.of(0);
    } catch (Failure e) {
      System.err.println("Error: " + e.getMessage());
      return OptionalInt.of(e.exitCode());
    } catch (RuntimeException | Error e) {
      System.err.println("Error: unexpected " + e);
      return OptionalInt.of(1);
    }
  }
}
