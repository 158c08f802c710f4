package dev.holdfast.archive;

import com.github.luben.zstd.ZstdOutputStream;
import dev.holdfast.model.ItemKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;

/**
 * Writes {@code holdfast-secrets.tar.zst.age}: the Secrets of a backup with encryption mode {@code
 * secrets}, under the paths that they would have in the archive. Streaming; for one thread.
 */
public final class SecretsWriter implements AutoCloseable {

  private final OutputStream out;
  private final Instant mtime;
  private final ByteArrayOutputStream entry = new ByteArrayOutputStream(8192);
  private int items;
  private boolean complete;

  /**
   * @param out closed with this
   */
  public SecretsWriter(OutputStream out, ItemEncryption encryption, Instant mtime) {
    try {
      ZstdOutputStream zstd = new ZstdOutputStream(encryption.encrypt(out), 3);
      zstd.setChecksum(true);
      this.out = zstd;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.mtime = mtime;
  }

  /** Appends an item; the same item must also be noted with {@link ArchiveWriter#addEncrypted}. */
  public void add(ItemKey key, String version, boolean preferred, byte[] json) {
    ArchivePath path = ArchivePath.of(key, version, preferred);
    path.refuseOther(ItemHead.read(json, key.toString()));
    if (preferred) {
      write(path.unversioned(), json);
    }
    write(path.versioned(), json);
    items++;
  }

  /** How many items were added. */
  public int items() {
    return items;
  }

  /** Ends the file. A file that was not finished cannot be read. */
  public void finish() {
    if (!complete) {
      complete = true;
      entry.writeBytes(new byte[2 * TarHeader.BLOCK]);
      flush();
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String path, byte[] json) {
    TarHeader.write(entry, path, json.length, mtime);
    entry.writeBytes(json);
    TarHeader.pad(entry, json.length);
    flush();
  }

  private void flush() {
    try {
      entry.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    entry.reset();
  }
}
