package dev.holdfast.engine.inspect;

import dev.holdfast.archive.IndexEntry;
import dev.holdfast.archive.RandomArchive;
import dev.holdfast.model.ItemKey;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Items by ranged reads; encrypted Secrets, where they can be read, from a scratch file. */
final class IndexedContents implements Contents {

  private final RandomArchive archive;
  private final @Nullable SpooledContents secrets;

  IndexedContents(RandomArchive archive, @Nullable SpooledContents secrets) {
    this.archive = archive;
    this.secrets = secrets;
  }

  @Override
  public int size() {
    return archive.index().size();
  }

  @Override
  public Summary summary(int place) {
    IndexEntry entry = archive.index().entry(place);
    if (entry.encrypted() && secrets != null) {
      OptionalInt sealed = secrets.find(entry.key());
      if (sealed.isPresent()) {
        return secrets.summary(sealed.getAsInt());
      }
    }
    return new Summary(
        entry.key(),
        entry.apiVersion(),
        entry.kind(),
        entry.uid(),
        entry.resourceVersion(),
        entry.sha256(),
        entry.length());
  }

  @Override
  public OptionalInt find(ItemKey key) {
    return archive.index().place(key);
  }

  @Override
  public Optional<byte[]> json(int place) {
    IndexEntry entry = archive.index().entry(place);
    if (!entry.encrypted()) {
      return Optional.of(archive.item(entry));
    }
    OptionalInt sealed = secrets == null ? OptionalInt.empty() : secrets.find(entry.key());
    return sealed.isPresent() && secrets != null
        ? secrets.json(sealed.getAsInt())
        : Optional.empty();
  }

  @Override
  public void close() {
    if (secrets != null) {
      secrets.close();
    }
  }
}
