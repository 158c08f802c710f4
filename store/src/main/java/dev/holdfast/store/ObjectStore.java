package dev.holdfast.store;

import dev.holdfast.model.Operation;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The thing that holds the bytes, rooted at a location's prefix: keys are relative to it, separated
 * by {@code /}, and {@link Keys} says what else they must be ({@link
 * dev.holdfast.model.Failure.Invalid} otherwise). Thread-safe. This Javadoc is the contract; one
 * suite holds every implementation to it.
 *
 * <p>Failures: {@code Absent} (the key, or with "bucket" in the message the bucket or directory),
 * {@code Denied}, {@code Full}, {@code Unreachable}, {@code Throttled}, {@code Corrupt} (a checksum
 * that does not match). An object is seen whole or not at all: a put that fails or is killed leaves
 * the old object, or none.
 */
public interface ObjectStore extends AutoCloseable {

  /**
   * @param size bytes
   * @param modified to the second at least
   */
  record Meta(String key, long size, Instant modified) {}

  /**
   * One level: objects directly below the prefix, and the next directories, each with its trailing
   * {@code /}.
   */
  record Listing(List<Meta> objects, List<String> prefixes) {}

  /**
   * @param length bytes, or -1 if unknown
   * @param sha256 lower-case hexadecimal, checked by the store where it can be; null if unknown
   * @param storageClass null for the store's default
   * @param retainUntil object lock, where {@link Capabilities#retention()}; null for none
   */
  record PutOptions(
      long length,
      @Nullable String sha256,
      @Nullable String storageClass,
      @Nullable Instant retainUntil) {
    public static final PutOptions NONE = new PutOptions(-1, null, null, null);
  }

  /**
   * @param putIfAbsent atomic: of two concurrent writers exactly one wins
   * @param signedUrls {@link #signedGet} and {@link #signedPut} work
   */
  record Capabilities(boolean putIfAbsent, boolean signedUrls, boolean retention) {}

  /**
   * Stores what the stream gives, replacing what is there. The stream is read once and not closed;
   * memory is bounded whatever its length. A body that is not what the options promise is {@code
   * Corrupt}; one that cannot be read is an {@link java.io.UncheckedIOException}.
   */
  Meta put(Operation op, String key, InputStream body, PutOptions options);

  /** Stores a small object, replacing what is there. Repeated on transient failures. */
  Meta put(Operation op, String key, byte[] body, PutOptions options);

  /**
   * Stores the first bytes of an array, replacing what is there: in one request and without a copy
   * of them, where the store can. The array must not change meanwhile.
   */
  default Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    return put(op, key, new ByteArrayInputStream(body, 0, length), options);
  }

  /**
   * Stores the object unless the key exists. Exactly one of several concurrent callers gets true
   * where {@link Capabilities#putIfAbsent()}; elsewhere it is check-then-put. A repeat after a lost
   * answer that finds the same bytes counts as true.
   */
  boolean putIfAbsent(Operation op, String key, byte[] body);

  Optional<Meta> head(Operation op, String key);

  /**
   * The whole object, as it was when this was called. The caller closes the stream; a connection
   * that breaks midway is resumed or fails, never ends early. Reading throws {@link
   * dev.holdfast.model.Failure}s, not {@link java.io.IOException}s.
   */
  InputStream get(Operation op, String key);

  /**
   * A part of the object, as {@link #get(Operation, String)}.
   *
   * @param offset of the first byte; at or after the object's end nothing comes
   * @param length bytes; fewer come only where the object ends
   */
  InputStream get(Operation op, String key, long offset, long length);

  /**
   * One level below the prefix, which is empty or ends with {@code /}. An absent prefix gives an
   * empty listing.
   */
  Listing list(Operation op, String prefix);

  /** Every object below the prefix at any depth, in key order (by UTF-8 bytes), paged. */
  void listAll(Operation op, String prefix, Consumer<Meta> each);

  /** Deletes the object; an absent one is fine. */
  void delete(Operation op, String key);

  /** A URL that gives the object to whoever has it. */
  URI signedGet(Operation op, String key, Duration valid);

  /** A URL that takes the object from whoever has it. */
  URI signedPut(Operation op, String key, Duration valid);

  Capabilities capabilities();

  /** For messages: {@code s3://bucket/prefix} or the directory; no secret. */
  String describe();

  @Override
  void close();
}
