package dev.holdfast.archive;

import dev.holdfast.model.ItemKey;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes, reads and looks up many items; run in a JVM of its own with little memory. */
final class ManyItems {

  private ManyItems() {}

  public static void main(String[] args) throws IOException {
    int count = Integer.parseInt(args[0]);
    Path file = Path.of(args[1]);
    Index index;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        ArchiveWriter writer = new ArchiveWriter(out, 2)) {
      for (int i = 0; i < count; i++) {
        ItemKey key = key(i);
        writer.add(
            key, "v1", true, ArchiveRoundTripTest.json("v1", "Secret", key, "x".repeat(600) + i));
      }
      index = writer.finish();
    }
    Path indexFile = file.resolveSibling("index");
    try (OutputStream out = Files.newOutputStream(indexFile)) {
      index.write(out);
    }
    Index again;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(indexFile))) {
      again = Index.read(in);
    }
    long read;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      read = ArchiveReader.read(in, Limits.DEFAULT, (_, _) -> {});
    }
    RandomArchive archive = new RandomArchive(again, (offset, length) -> range(file, offset));
    int found = 0;
    for (int i = 0; i < count; i += 5_003) {
      found += archive.item(key(i)).isPresent() ? 1 : 0;
    }
    System.out.println("read " + read + " of " + again.size() + ", found " + found);
  }

  private static ItemKey key(int i) {
    return ItemKey.of("secrets", "namespace-" + i % 100, "a-secret-of-usual-length-" + i);
  }

  private static InputStream range(Path file, long offset) throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    channel.position(offset);
    return Channels.newInputStream(channel);
  }
}
