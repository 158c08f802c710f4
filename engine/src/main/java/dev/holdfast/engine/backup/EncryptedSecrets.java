package dev.holdfast.engine.backup;

import dev.holdfast.archive.SecretsWriter;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The file of encrypted Secrets while it is written, if the mode asks for one. */
final class EncryptedSecrets implements AutoCloseable {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");

  private final Records.@Nullable Sink file;
  private final @Nullable SecretsWriter writer;

  EncryptedSecrets(Sealing sealing, Records records, Instant now) {
    if (sealing.secrets()) {
      file = records.secrets();
      writer = new SecretsWriter(Records.unclosed(file.stream()), sealing.encryption(), now);
    } else {
      file = null;
      writer = null;
    }
  }

  /** Whether this item belongs here and not into the archive. */
  boolean take(ItemKey key) {
    return writer != null && key.type().equals(SECRETS);
  }

  void add(ItemKey key, String version, byte[] json) {
    if (writer != null) {
      writer.add(key, version, true, json);
    }
  }

  /** Makes the file exist, be it empty. */
  void finish() {
    if (writer != null && file != null) {
      writer.finish();
      writer.close();
      file.finish();
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
