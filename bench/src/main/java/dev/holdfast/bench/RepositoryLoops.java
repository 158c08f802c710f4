package dev.holdfast.bench;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.chunk.Chunker;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.crypto.MasterKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What every byte of volume data goes through. Each call works on {@value #MIB} bytes in blobs of
 * {@link #size}, so that the operations per second are MiB per second of one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RepositoryLoops {

  private static final int MIB = 1 << 20;

  /** Eight times as much: a chunk is half a MiB at least. */
  private static final int CHUNKED = 8 * MIB;

  /** Bytes of a blob: a small file's, or about a chunk's. */
  @Param({"4096", "1048576"})
  public int size;

  private final MasterKey key = MasterKey.random();
  private final Chunker chunker = new Chunker(Polynomial.random(new SplittableRandom(1)));
  private final ZstdCompressCtx compressor = new ZstdCompressCtx();
  private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
  private final byte[] random = new byte[MIB];
  private final byte[] large = new byte[CHUNKED];
  private byte[] text = new byte[0];
  private byte[] sealed = new byte[0];
  private byte[] compressed = new byte[0];
  private byte[] target = new byte[0];

  /** The data: random bytes, lines of a log, and both as they are stored. */
  @Setup
  public void fill() {
    SplittableRandom bytes = new SplittableRandom(1);
    bytes.nextBytes(random);
    bytes.nextBytes(large);
    StringBuilder lines = new StringBuilder(MIB + 128);
    while (lines.length() < MIB) {
      lines
          .append("{\"level\":\"INFO\",\"message\":\"order accepted\",\"trace\":\"")
          .append(Long.toHexString(bytes.nextLong()))
          .append("\"}\n");
    }
    text = Arrays.copyOf(lines.toString().getBytes(StandardCharsets.US_ASCII), MIB);
    compressor.setLevel(3);
    target = new byte[2 * MIB];
    sealed = key.seal(Arrays.copyOf(random, size));
    compressed = compressor.compress(Arrays.copyOf(text, size));
  }

  /** SHA-256. */
  @Benchmark
  public long hash() {
    long any = 0;
    for (int at = 0; at < MIB; at += size) {
      any ^= Id.hash(random, at, size).a();
    }
    return any;
  }

  /** AES-256-CTR and Poly1305-AES. */
  @Benchmark
  public byte[] seal() {
    for (int at = 0; at < MIB; at += size) {
      key.seal(random, at, size, target, 0);
    }
    return target;
  }

  /** Poly1305-AES first, then AES-256-CTR. */
  @Benchmark
  public boolean open() {
    boolean all = true;
    for (int at = 0; at < MIB; at += size) {
      all &= key.open(sealed, 0, sealed.length, target);
    }
    return all;
  }

  /** zstd of lines of a log, level 3. */
  @Benchmark
  public int compressText() {
    return compress(text);
  }

  /** zstd of what cannot be compressed. */
  @Benchmark
  public int compressRandom() {
    return compress(random);
  }

  private int compress(byte[] source) {
    int bytes = 0;
    for (int at = 0; at < MIB; at += size) {
      bytes += compressor.compressByteArray(target, 0, target.length, source, at, size);
    }
    return bytes;
  }

  /** The same lines back. */
  @Benchmark
  public int decompressText() {
    int bytes = 0;
    for (int at = 0; at < MIB; at += size) {
      bytes += decompressor.decompressByteArray(target, 0, size, compressed, 0, compressed.length);
    }
    return bytes;
  }

  /** Ends of chunks in 8 MiB, whatever the size of blobs: times eight MiB per second. */
  @Benchmark
  public int chunk() {
    return chunker.lengths(large).length;
  }
}
