package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Documents;
import dev.holdfast.archive.Manifest;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a run's objects go: stores each, encrypted where the mode says so, and remembers its size
 * and hash for the manifest. For one thread.
 */
final class Records {

  /** Stores one object as it is written; {@link #finish()} makes it exist. */
  interface Sink extends AutoCloseable {
    OutputStream stream();

    void finish();

    @Override
    void close();
  }

  private final Operation op;
  private final ObjectStore store;
  private final BackupKeys keys;
  private final Sealing sealing;
  private final RunClaim claim;
  private final Map<String, Manifest.Key> written = new TreeMap<>();

  Records(Operation op, ObjectStore store, BackupKeys keys, Sealing sealing, RunClaim claim) {
    this.op = op;
    this.store = store;
    this.keys = keys;
    this.sealing = sealing;
    this.claim = claim;
  }

  /** Stores a record under its key, or in mode {@code all} encrypted under that one's. */
  void put(String key, byte[] body) {
    if (sealing.all() && keys.replacedByEncryption().contains(key)) {
      store(keys.encrypted(key), sealing.encryption().encrypt(body));
    } else {
      store(key, body);
    }
  }

  private void store(String key, byte[] body) {
    claim.requireFresh();
    String sha256 = Names.sha256(body);
    store.put(op, key, body, new ObjectStore.PutOptions(body.length, sha256, null, null));
    written.put(keys.relative(key), new Manifest.Key(body.length, sha256));
  }

  /** Stores definitions that the archive does not hold, if there are any. */
  void definitions(List<ObjectNode> carried) {
    if (!carried.isEmpty()) {
      store(keys.definitions(), Documents.all(carried));
    }
  }

  /** Opens the archive. */
  Sink archive() {
    String key = sealing.all() ? keys.encrypted(keys.archive()) : keys.archive();
    return new Streamed(key, sealing.all());
  }

  /** Opens the file of encrypted Secrets, whose writer encrypts by itself. */
  Sink secrets() {
    return new Streamed(keys.secrets(), false);
  }

  /** The same stream, but closing it only flushes it. */
  static OutputStream unclosed(OutputStream stream) {
    return new Unclosed(stream);
  }

  /** Keys relative to the backup's folder. */
  Map<String, Manifest.Key> written() {
    return Map.copyOf(written);
  }

  private final class Streamed implements Sink {
    private final String key;
    private final Upload upload;
    private final OutputStream stream;

    Streamed(String key, boolean encrypted) {
      this.key = key;
      this.upload = new Upload(op, store, key);
      this.stream = encrypted ? sealing.encryption().encrypt(unclosed(upload)) : upload;
    }

    @Override
    public OutputStream stream() {
      return stream;
    }

    @Override
    public void finish() {
      claim.requireFresh();
      if (stream != upload) {
        try {
          stream.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      written.put(keys.relative(key), upload.finish());
    }

    @Override
    public void close() {
      upload.close();
    }
  }

  /** Ending the encryption must not end the upload: only finish() may. */
  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
