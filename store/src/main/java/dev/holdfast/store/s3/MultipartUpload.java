package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;

/**
 * One object of unknown length, sent in parts. Memory holds at most {@link #PARALLEL} parts under
 * way and two that are read ahead, whatever the length: 40 MiB. What is longer than 16 GiB goes on
 * with parts of 64 MiB, one at a time, since S3 takes 10,000 parts at most.
 */
final class MultipartUpload {

  /** S3's least is 5 MiB. A shorter body is sent in one request. */
  static final int PART = 8 << 20;

  static final int PARALLEL = 3;
  private static final int SMALL_PARTS = 2_000;
  private static final int LARGE_PART = 64 << 20;
  private static final int MOST_PARTS = 10_000;

  private record Part(int number, byte[] bytes) {}

  private final Operation op;
  private final S3Client client;
  private final S3Config config;
  private final Uploads uploads;
  private final String key;

  MultipartUpload(Operation op, S3Client client, S3Config config, String key) {
    this.op = op;
    this.client = client;
    this.config = config;
    this.uploads = new Uploads(config);
    this.key = key;
  }

  /** Called with the bytes sent when all parts are there; throws to have nothing stored. */
  @FunctionalInterface
  interface Check {
    void check(long size);
  }

  /**
   * Sends the first part and what follows in the body; returns the object's size. If anything
   * fails, nothing is stored and the parts are removed.
   */
  long send(byte[] first, InputStream body, PutOptions options, Reading reading, Check check) {
    CreateMultipartUploadResponse begun =
        client.createMultipartUpload(uploads.begin(op, key, options));
    String upload = begun.uploadId();
    // A store that does not repeat the algorithm does not know it: its parts go with MD5 alone.
    boolean checksums =
        config.checksum().algorithm() != null
            && config.checksum().algorithm().equals(begun.checksumAlgorithm());
    try {
      var completed = new ConcurrentLinkedQueue<CompletedPart>();
      PartReader parts = new PartReader(first, body, reading);
      op.forEach(parts.upTo(SMALL_PARTS), PARALLEL, p -> completed.add(part(upload, p, checksums)));
      op.forEach(parts.upTo(MOST_PARTS), 1, p -> completed.add(part(upload, p, checksums)));
      if (parts.hasNext()) {
        throw new Failure.Rejected(
            key + " is longer than " + parts.size + " bytes, which an upload in parts can hold",
            null,
            null);
      }
      check.check(parts.size);
      complete(upload, completed.stream().toList());
      return parts.size;
    } catch (Throwable e) {
      abort(upload, e);
      throw e;
    }
  }

  private CompletedPart part(String upload, Part part, boolean checksums) {
    String checksum = checksums ? config.checksum().of(part.bytes, part.bytes.length) : null;
    var request =
        uploads.part(op, key, upload, part.number, part.bytes, part.bytes.length, checksum).build();
    var answer = client.uploadPart(request, body(part.bytes, part.bytes.length));
    var completed = CompletedPart.builder().partNumber(part.number).eTag(answer.eTag());
    if (checksum != null) {
      switch (config.checksum()) {
        case NONE -> {}
        case CRC32 -> completed.checksumCRC32(checksum);
        case CRC32C -> completed.checksumCRC32C(checksum);
        case SHA1 -> completed.checksumSHA1(checksum);
        case SHA256 -> completed.checksumSHA256(checksum);
      }
    }
    return completed.build();
  }

  private void complete(String upload, List<CompletedPart> parts) {
    List<CompletedPart> sorted =
        parts.stream().sorted(Comparator.comparing(CompletedPart::partNumber)).toList();
    client.completeMultipartUpload(c -> {
      c.bucket(config.bucket())
          .key(config.prefix() + key)
          .uploadId(upload)
          .multipartUpload(m -> m.parts(sorted))
          .overrideConfiguration(Uploads.limits(op));
      if (config.encryption() instanceof Encryption.Customer(String customerKey, String md5)) {
        c.sseCustomerAlgorithm(Encryption.Customer.ALGORITHM)
            .sseCustomerKey(customerKey)
            .sseCustomerKeyMD5(md5);
      }
    });
  }

  private void abort(String upload, Throwable why) {
    try {
      client.abortMultipartUpload(
          a -> a.bucket(config.bucket()).key(config.prefix() + key).uploadId(upload));
    } catch (SdkException e) {
      // The bucket's lifecycle rule for incomplete uploads removes the parts.
      why.addSuppressed(e);
    }
  }

  /** A body that the SDK can send again without another copy in memory. */
  static RequestBody body(byte[] bytes, int length) {
    return RequestBody.fromContentProvider(
        () -> new java.io.ByteArrayInputStream(bytes, 0, length),
        length,
        "application/octet-stream");
  }

  /** Fills the buffer from the body as far as it goes; hashes on the way. */
  static final class Reading {

    private final String what;
    private final @Nullable MessageDigest digest;

    Reading(String what, @Nullable MessageDigest digest) {
      this.what = what;
      this.digest = digest;
    }

    /** The beginning, which is mostly all: nothing larger than that is allocated. */
    byte[] first(InputStream body) {
      return hashed(() -> body.readNBytes(PART));
    }

    byte[] next(InputStream body, int size) {
      return hashed(() -> {
        byte[] buffer = new byte[size];
        int length = body.readNBytes(buffer, 0, size);
        return length == size ? buffer : Arrays.copyOf(buffer, length);
      });
    }

    @FunctionalInterface
    private interface Source {
      byte[] read() throws IOException;
    }

    private byte[] hashed(Source source) {
      try {
        byte[] bytes = source.read();
        if (digest != null) {
          digest.update(bytes);
        }
        return bytes;
      } catch (IOException e) {
        throw new UncheckedIOException("Reading what was to be stored as " + what + " failed", e);
      }
    }
  }

  private static final class PartReader {

    private final InputStream body;
    private final Reading reading;
    private byte[] next;
    private int number;
    private long size;

    PartReader(byte[] first, InputStream body, Reading reading) {
      this.next = first;
      this.body = body;
      this.reading = reading;
    }

    boolean hasNext() {
      return next.length > 0;
    }

    /** The parts up to that number. */
    Iterator<Part> upTo(int last) {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return PartReader.this.hasNext() && number < last;
        }

        @Override
        public Part next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }
          number++;
          Part part = new Part(number, next);
          size += next.length;
          next = reading.next(body, number < SMALL_PARTS ? PART : LARGE_PART);
          return part;
        }
      };
    }
  }
}
