package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads an archive from front to back: Velero's or ours, of one gzip member or several. What it
 * gives was checked: sound compression, a complete tar, plain and unique paths, valid JSON, objects
 * that are what their path says, no bomb. It holds one item at a time.
 */
public final class ArchiveReader {

  /** Warnings beyond these are only counted. */
  private static final int MOST_WARNINGS = 20;

  private final TarReader tar;
  private final Limits limits;
  private final EntrySink sink;
  private final SeenPaths seen = new SeenPaths();
  private long items;
  private long ignored;

  private ArchiveReader(InputStream tar, Limits limits, EntrySink sink) {
    this.tar = new TarReader(new BoundedInput(tar, limits.total(), "The archive"));
    this.limits = limits;
    this.sink = sink;
  }

  /**
   * Reads {@code N.tar.gz}; the stream is read to its end and not closed.
   *
   * @return how many items there were
   * @throws Failure.Corrupt if anything is wrong with the archive; the sink may have received items
   *     before
   * @throws Failure.Unsupported if the archive has a newer format
   */
  public static long read(InputStream tarGz, Limits limits, EntrySink sink) {
    try {
      return readTar(Gzip.members(tarGz), limits, sink);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Reads a plain tar with the same entries: what {@code holdfast-secrets.tar.zst.age} contains.
   */
  public static long readTar(InputStream tar, Limits limits, EntrySink sink) {
    ArchiveReader reader = new ArchiveReader(tar, limits, sink);
    try {
      reader.readAll();
    } catch (IOException e) {
      throw unreadable(e);
    }
    return reader.items;
  }

  private void readAll() throws IOException {
    long entries = 0;
    for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
      if (++entries > limits.entries()) {
        throw new Failure.Corrupt(
            "The archive has more than " + limits.entries() + " entries, which no sound one has");
      }
      read(entry);
    }
    if (ignored > MOST_WARNINGS) {
      sink.warning((ignored - MOST_WARNINGS) + " more entries of the archive were ignored");
    }
    if (items == 0) {
      sink.warning("The archive holds no items");
    }
  }

  private void read(TarReader.Entry entry) throws IOException {
    if (entry.type() == '5') {
      return; // a re-packed archive has folders
    }
    if (!entry.regular()) {
      throw new Failure.Corrupt(
          "The archive has an entry '" + shown(entry) + "' that is a link or a device",
          "no backup tool writes that; somebody tampered with it",
          null);
    }
    ArchivePath path = ArchivePath.parse(entry.path());
    if (!seen.add(path == null ? entry.path() : path.key() + " " + path.folder())) {
      throw new Failure.Corrupt("The archive has two entries '" + shown(entry) + "'");
    }
    if (path == null) {
      other(entry);
    } else if (!path.preferredCopy()) {
      item(path);
    }
  }

  private void item(ArchivePath path) throws IOException {
    String name = path.key().toString();
    byte[] json = tar.content(limits.item(), name);
    path.refuseOther(ItemHead.read(json, name));
    if (path.folder() == null) {
      items++;
      sink.item(path.key(), json);
    } else {
      sink.version(path.key(), path.folder(), json);
    }
  }

  private void other(TarReader.Entry entry) throws IOException {
    if (entry.path().equals(ArchivePath.VERSION) || entry.path().equals("./metadata/version")) {
      ArchiveVersion.check(
          new String(tar.content(1024, ArchivePath.VERSION), StandardCharsets.UTF_8));
      return;
    }
    if (++ignored <= MOST_WARNINGS) {
      sink.warning("The archive's entry '" + shown(entry) + "' is no item and was ignored");
    }
  }

  private static String shown(TarReader.Entry entry) {
    return ArchivePath.shown(entry.path());
  }

  private static Failure unreadable(IOException e) {
    if (e.getCause() instanceof Failure failure) {
      return failure;
    }
    return new Failure.Corrupt(
        "The archive cannot be unpacked: it is damaged, cut off, or not a gzip file ("
            + e.getMessage()
            + ")",
        "copy it again from where it is whole; 'holdfast backup verify' says what else is affected",
        e);
  }
}
