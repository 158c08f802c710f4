package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.posix.Attributes;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.PosixException;
import dev.holdfast.repository.restore.RestoreProgress;
import dev.holdfast.repository.restore.TarRestore;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tree.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * What a mover's pod does to the volume that is restored: empties it, and fills it from a stream.
 */
public final class VolumeWriter {

  /** So many entries that could not be written are named. */
  private static final int NAMED = 10;

  private VolumeWriter() {}

  /**
   * Removes all that is in the directory.
   *
   * @throws Failure.Denied if something stays
   */
  public static void empty(RawPath directory) {
    try {
      TarRestore.empty(directory);
    } catch (PosixException e) {
      throw new Failure.Denied("The volume cannot be emptied: " + e.getMessage(), null, e);
    }
  }

  /**
   * Writes a tar stream into the directory.
   *
   * @param told of what could not be written, and of what is not as it was
   * @return how many entries could not be written
   * @throws Failure.Unreachable if the stream broke off
   */
  public static long fill(
      Operation op, InputStream stream, RawPath directory, Consumer<String> told) {
    AtomicLong failed = new AtomicLong();
    RestoreProgress listener =
        new RestoreProgress() {
          @Override
          public void failed(String path, String why) {
            if (failed.incrementAndGet() <= NAMED) {
              told.accept(path + ": " + why);
            }
          }

          @Override
          public void warning(String message) {
            told.accept(message);
          }
        };
    try {
      new TarRestore(listener).run(op, stream, directory);
    } catch (IOException e) {
      throw new Failure.Unreachable("The stream of files broke off", null, e);
    }
    if (failed.get() > NAMED) {
      told.accept("and " + (failed.get() - NAMED) + " more");
    }
    return failed.get();
  }

  /**
   * Gives the directory the owner, mode and, if it may, the time that a tag names.
   *
   * @param tag see {@link RootTag}
   * @throws Failure.Denied if owner or mode cannot be given
   */
  public static void dress(RawPath directory, String tag) {
    RootTag root =
        RootTag.among(List.of(tag))
            .orElseThrow(() -> new Failure.Invalid("'" + tag + "' says nothing of a directory"));
    try (Directory opened = Directory.open(directory)) {
      Attributes attributes = opened.attributes();
      RootTag now = RootTag.of(opened.stat());
      if (now.uid() != root.uid() || now.gid() != root.gid()) {
        attributes.owner(root.uid(), root.gid());
        now = RootTag.of(opened.stat()); // which takes setuid and setgid off
      }
      if (now.mode() != root.mode()) {
        attributes.permissions(root.mode());
      }
      try {
        attributes.times(root.mtime(), root.mtime());
      } catch (PosixException e) {
        // the time alone is no reason
      }
    } catch (PosixException e) {
      throw new Failure.Denied(
          "The directory could not be given mode %o and owner %s:%s: %s"
              .formatted(
                  root.mode(),
                  Integer.toUnsignedString(root.uid()),
                  Integer.toUnsignedString(root.gid()),
                  e.getMessage()),
          null,
          e);
    }
  }

  /** Waits until the stream ends. */
  public static void hold(InputStream stream) {
    try {
      while (stream.read() >= 0) {
        // nothing comes
      }
    } catch (IOException e) {
      // an end like another
    }
  }
}
