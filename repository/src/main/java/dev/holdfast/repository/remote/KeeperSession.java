package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.remote.Frames.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A session with a {@link Mover}, seen from the half that holds repositories: any number of places
 * one after the other, into whatever repositories. After a failure it is of no more use. One thread
 * at a time.
 */
public final class KeeperSession {

  private static final String LOOK = "look at the mover's image";

  private final Frames frames;

  /**
   * Begins it.
   *
   * @param in from the mover
   * @param out to the mover
   * @throws Failure.Unsupported if the other end is no mover, or one of another version
   * @throws Failure if the stream broke
   */
  public KeeperSession(InputStream in, OutputStream out) {
    this.frames = new Frames(in, out);
    Frames.Frame hello = hello();
    String text = new String(hello.payload(), StandardCharsets.UTF_8);
    if (hello.kind() != Kind.HELLO || !text.equals(Messages.HELLO)) {
      throw new Failure.Unsupported("The other end is no mover", LOOK);
    }
    if (hello.number() != Messages.VERSION) {
      throw new Failure.Unsupported(
          "The mover speaks version "
              + hello.number()
              + ", and this is version "
              + Messages.VERSION,
          "take the mover's image of the same version as the command");
    }
  }

  private Frames.Frame hello() {
    try {
      return frames.next();
    } catch (Failure.Corrupt e) {
      throw new Failure.Unsupported("The other end is no mover", LOOK);
    } catch (EOFException e) {
      throw new Failure.Unsupported("The other end ended before it said anything", LOOK);
    } catch (IOException e) {
      throw e.getCause() instanceof Failure failure
          ? failure
          : new Failure.Unreachable("The mover's stream ended before it said anything", null, e);
    }
  }

  /**
   * What saves one place. It fails with {@link Failure.Unreachable} if the stream broke or the
   * mover gave up, and with {@link Failure.Corrupt} if the mover sent what is not right.
   *
   * @param level of zstd, as that of the sink
   * @param place below the mover's directory; empty for that itself
   * @param device the name of the file that the place, a block device, is saved as; empty: it is a
   *     directory
   */
  public SnapshotRun.Saving saving(
      Operation op, Repository repository, int level, String place, String device) {
    return (sink, counts, before) ->
        new Keeper(op, repository, level, frames, place, device).save(sink, counts, before);
  }

  /** Whether the mover has said anything since the last place began. */
  public boolean answered() {
    return frames.answered();
  }

  /** Tells the mover that it may go; if the stream has ended, it has gone. */
  public void end() {
    try {
      frames.send(Kind.END, 0, new byte[0]);
    } catch (IOException e) {
      System.getLogger("dev.holdfast.repository")
          .log(System.Logger.Level.DEBUG, "the mover has gone before", e);
    }
  }
}
