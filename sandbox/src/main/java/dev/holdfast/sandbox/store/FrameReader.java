package dev.holdfast.sandbox.store;

import dev.holdfast.model.Failure;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one file. What a kill left half written can only be the last frame, so a
 * frame that is not right is taken for that if nothing but it or zeros follows, and for damage
 * otherwise.
 */
final class FrameReader implements AutoCloseable {

  private final Path file;
  private final long size;
  private final DataInputStream in;

  /** Bytes of whole frames (and what precedes them) so far. */
  private long good;

  /**
   * @param magic what the file begins with
   */
  FrameReader(Path file, byte[] magic) throws IOException {
    this.file = file;
    size = Files.size(file);
    in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    byte[] start = in.readNBytes(magic.length);
    if (java.util.Arrays.equals(start, magic)) {
      good = magic.length;
    } else if (start.length == magic.length) {
      throw damaged("does not begin as it should");
    }
  }

  /** Where the whole frames end: what follows was being written when the process ended. */
  long good() {
    return good;
  }

  /** The next entry; null at the end, or where the rest was never written whole. */
  Frames.@Nullable Entry next() throws IOException {
    long left = size - good;
    if (good == 0 || left < Frames.HEAD) {
      return null;
    }
    int length = in.readInt();
    int checksum = in.readInt();
    if (length < 0 || length > Frames.LONGEST) {
      throw damaged("has no sensible entry at byte " + good);
    }
    if (Frames.HEAD + length > left) {
      return null;
    }
    byte[] payload = in.readNBytes(length);
    if (length == 0 || Frames.checksum(payload, 0, length) != checksum) {
      if (restIsEmpty()) {
        return null;
      }
      throw damaged("has an entry with a wrong checksum at byte " + good);
    }
    try {
      Frames.Entry entry = Frames.read(payload);
      good += Frames.HEAD + length;
      return entry;
    } catch (IOException | IllegalArgumentException e) {
      throw damaged("has an entry that makes no sense at byte " + good + ": " + e.getMessage());
    }
  }

  private boolean restIsEmpty() throws IOException {
    byte[] buffer = new byte[1 << 13];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      for (int i = 0; i < n; i++) {
        if (buffer[i] != 0) {
          return false;
        }
      }
    }
    return true;
  }

  Failure damaged(String how) {
    return new Failure.Corrupt(
        file + " " + how,
        "nothing was changed; restore the directory from a copy, or start with a new one",
        null);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
