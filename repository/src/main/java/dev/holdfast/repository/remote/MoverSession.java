package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * How the first process of a mover's pod knows that the session has ended, however it ended: the
 * session holds a lock on a file, which goes with its process.
 */
public final class MoverSession {

  /** How long the first session may let a pod wait for it. */
  public static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final String FILE = "session";
  private static final Duration LOOK = Duration.ofMillis(250);

  /** The pod outlives the session a little, so that its exit status is seen. */
  private static final Duration LINGER = Duration.ofSeconds(2);

  /** Held to the end of the process. */
  private static final List<FileLock> HELD = new CopyOnWriteArrayList<>();

  private MoverSession() {}

  /**
   * Says that a session is there, until this process ends.
   *
   * @throws Failure.Locked if another one is or was
   */
  public static void begin(Path directory) {
    try {
      Path fresh = Files.createTempFile(directory, FILE, ".new");
      FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE);
      FileLock lock = channel.lock();
      Files.createLink(directory.resolve(FILE), fresh); // locked before anybody sees it
      Files.delete(fresh);
      HELD.add(lock);
    } catch (FileAlreadyExistsException e) {
      throw new Failure.Locked("There was a session in this pod already", null, e);
    } catch (IOException e) {
      throw new Failure.Invalid("The session cannot be noted in " + directory, null, e);
    }
  }

  /** Waits for a session's end, or for the first one in vain. */
  public static void await(Operation op, Path directory, Duration patience) {
    Path file = directory.resolve(FILE);
    Instant end = op.now().plus(patience);
    while (!Files.exists(file)) {
      if (op.now().isAfter(end)) {
        return;
      }
      op.pause(LOOK);
    }
    while (locked(file)) {
      op.pause(LOOK);
    }
    op.pause(LINGER);
  }

  private static boolean locked(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (IOException e) {
      return false;
    }
  }
}
