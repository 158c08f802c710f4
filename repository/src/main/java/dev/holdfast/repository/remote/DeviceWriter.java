package dev.holdfast.repository.remote;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Writes a block device from a stream. Where the stream has zeros the device is read, and written
 * to only if there is something else: so a thin volume stays thin, and old data does not stay.
 */
public final class DeviceWriter {

  /** Read, compared and written at a time. */
  private static final int BLOCK = 1 << 20;

  private DeviceWriter() {}

  /**
   * Writes the beginning of a device; what is beyond that stays.
   *
   * @param size how many bytes come: the stream's end need not be seen
   * @throws Failure.Invalid if the device is smaller; nothing was written
   * @throws Failure.Unreachable if the stream ends before, or the device cannot be written: the
   *     beginning of it may have been
   */
  public static void write(Operation op, InputStream stream, Path device, long size) {
    try (FileChannel channel =
        FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() < size) {
        throw new Failure.Invalid(
            "The device has %d bytes, and %d were saved".formatted(channel.size(), size),
            "give the claim a larger size with a resource modifier");
      }
      byte[] block = new byte[BLOCK];
      byte[] there = new byte[BLOCK];
      long at = 0;
      while (at < size) {
        op.check();
        int length = (int) Math.min(BLOCK, size - at);
        if (stream.readNBytes(block, 0, length) < length) {
          throw new Failure.Unreachable("The stream of the device's content broke off", null, null);
        }
        if (!zero(block, length) || !zero(read(channel, there, at, length), length)) {
          write(channel, ByteBuffer.wrap(block, 0, length), at);
        }
        at += length;
      }
      channel.force(false);
    } catch (IOException e) {
      throw new Failure.Unreachable("The device cannot be written: " + e, null, e);
    }
  }

  private static boolean zero(byte[] block, int length) {
    return block[0] == 0 && Arrays.equals(block, 0, length - 1, block, 1, length);
  }

  private static byte[] read(FileChannel channel, byte[] into, long at, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(into, 0, length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new IOException("the device ends at " + (at + buffer.position()));
      }
    }
    return into;
  }

  private static void write(FileChannel channel, ByteBuffer buffer, long at) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer, at + buffer.position());
    }
  }
}
