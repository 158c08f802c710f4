package dev.holdfast.repository.fault;

import dev.holdfast.repository.Repository;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.lock.LockFile;
import dev.holdfast.repository.lock.LockHolder;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Something that writes to a repository, and what must hold wherever it is stopped. */
interface Verb {

  /** Makes a repository, in this folder, for {@link #run} to work on. */
  SavedRepository prepare(Path folder) throws IOException;

  /** Does the work, all of it through this store; a second time, it finishes what is left. */
  void run(SavedRepository on, ObjectStore through) throws IOException;

  /** What holds after a run that failed: nothing that was complete is lost. */
  void whenStopped(SavedRepository on) throws IOException;

  /** What holds after a run that ended well. */
  void whenDone(SavedRepository on) throws IOException;

  /** What opens it now. */
  default String password(SavedRepository on) {
    return SavedRepository.PASSWORD;
  }

  /** Locks without waiting, whose holder knows that the runs before this one are gone. */
  static Locks locks(Repository repository) {
    Locks.Timing quick =
        new Locks.Timing(
            Duration.ZERO, Duration.ofMinutes(5), Duration.ofMinutes(20), Duration.ZERO);
    return new Locks(repository, new Successor(), quick);
  }

  /** The only process that there is: whoever else wrote a lock has ended. */
  final class Successor implements LockHolder {
    private final LockHolder self = new ProcessHolder(SavedRepository.US);

    @Override
    public LockFile lock(boolean exclusive, Instant now) {
      return self.lock(exclusive, now);
    }

    @Override
    public boolean gone(LockFile lock, Instant now) {
      return true;
    }

    @Override
    public boolean seemsGone(LockFile lock, Instant now) {
      return true;
    }
  }
}
