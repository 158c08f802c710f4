package dev.holdfast.repository.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * scrypt (RFC 7914). Our own, because it runs at each start of a command: the library's needs half
 * a second more, most of it to verify the signature of its jar.
 */
final class Scrypt {

  /** Words of a block of Salsa20. */
  private static final int SALSA = 16;

  private final int n;
  private final int words;

  /** The N states of ROMix, one after the other: 128 · N · r bytes. */
  private final int[] memory;

  private final int[] other;

  private Scrypt(int n, int r) {
    this.n = n;
    this.words = 32 * r;
    this.memory = new int[Math.multiplyExact(n, words)];
    this.other = new int[words];
  }

  /**
   * Derives a key.
   *
   * @param n a power of two; 128 · n · r bytes of memory are used, twice where two cores help
   * @param size bytes of the result
   */
  static byte[] derive(byte[] password, byte[] salt, int n, int r, int p, int size) {
    int lane = 128 * r;
    byte[] blocks = pbkdf2(password, salt, Math.multiplyExact(lane, p));
    AtomicInteger next = new AtomicInteger();
    Runnable mixing =
        () -> {
          Scrypt scrypt = new Scrypt(n, r);
          for (int i = next.getAndIncrement(); i < p; i = next.getAndIncrement()) {
            scrypt.mix(blocks, i * lane, lane);
          }
        };
    if (p > 1 && two((long) n * lane)) {
      FutureTask<?> beside = new FutureTask<>(mixing, null);
      Thread.ofPlatform().daemon().name("scrypt").start(beside);
      mixing.run();
      await(beside);
    } else {
      mixing.run();
    }
    return pbkdf2(password, blocks, size);
  }

  /** Whether two may be mixed at once, each in so many bytes, of at most two thirds of the heap. */
  private static boolean two(long memory) {
    Runtime runtime = Runtime.getRuntime();
    return runtime.availableProcessors() > 1 && memory <= runtime.maxMemory() / 3;
  }

  private static void await(FutureTask<?> beside) {
    boolean interrupted = false;
    while (true) {
      try {
        beside.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // it takes a fraction of a second
      } catch (ExecutionException e) {
        throw new IllegalStateException("A key could not be derived", e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void mix(byte[] blocks, int at, int length) {
    var ints = ByteBuffer.wrap(blocks, at, length).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    int[] state = new int[words];
    ints.get(state);
    ints.put(0, mix(state));
  }

  /** PBKDF2-HMAC-SHA-256 with one iteration. */
  private static byte[] pbkdf2(byte[] password, byte[] salt, int size) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      // An empty key is the same as one of zeros, and Java refuses the former.
      mac.init(new SecretKeySpec(password.length == 0 ? new byte[1] : password, "HmacSHA256"));
      ByteBuffer derived = ByteBuffer.allocate(size);
      for (int i = 1; derived.hasRemaining(); i++) {
        mac.update(salt);
        byte[] block = mac.doFinal(ByteBuffer.allocate(Integer.BYTES).putInt(i).array());
        derived.put(block, 0, Math.min(block.length, derived.remaining()));
      }
      return derived.array();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("Every Java platform has HmacSHA256", e);
    }
  }

  /** ROMix, in place. */
  private int[] mix(int[] state) {
    int[] from = state;
    int[] to = other;
    for (int i = 0; i < n; i++) {
      System.arraycopy(from, 0, memory, i * words, words);
      blockMix(from, to);
      int[] swap = from;
      from = to;
      to = swap;
    }
    for (int i = 0; i < n; i++) {
      xor(from, memory, (from[words - SALSA] & (n - 1)) * words);
      blockMix(from, to);
      int[] swap = from;
      from = to;
      to = swap;
    }
    return from; // an even number of swaps: it is the state's own array
  }

  private static void xor(int[] target, int[] source, int at) {
    for (int i = 0; i < target.length; i++) {
      target[i] ^= source[at + i];
    }
  }

  /** Even blocks go to the first half, odd ones to the second. */
  private void blockMix(int[] in, int[] out) {
    int[] previous = in;
    int at = words - SALSA;
    int half = words / 2;
    for (int block = 0; block < words / SALSA; block++) {
      int target = (block >>> 1) * SALSA + ((block & 1) == 0 ? 0 : half);
      salsa(previous, at, in, block * SALSA, out, target);
      previous = out;
      at = target;
    }
  }

  /** Salsa20/8 of {@code a xor b}, into sixteen words of {@code out}. */
  private static void salsa(int[] a, int atA, int[] b, int atB, int[] out, int to) {
    for (int i = 0; i < SALSA; i++) {
      out[to + i] = a[atA + i] ^ b[atB + i];
    }
    int x0 = out[to];
    int x1 = out[to + 1];
    int x2 = out[to + 2];
    int x3 = out[to + 3];
    int x4 = out[to + 4];
    int x5 = out[to + 5];
    int x6 = out[to + 6];
    int x7 = out[to + 7];
    int x8 = out[to + 8];
    int x9 = out[to + 9];
    int x10 = out[to + 10];
    int x11 = out[to + 11];
    int x12 = out[to + 12];
    int x13 = out[to + 13];
    int x14 = out[to + 14];
    int x15 = out[to + 15];
    for (int round = 0; round < 8; round += 2) {
      x4 ^= Integer.rotateLeft(x0 + x12, 7);
      x9 ^= Integer.rotateLeft(x5 + x1, 7);
      x14 ^= Integer.rotateLeft(x10 + x6, 7);
      x3 ^= Integer.rotateLeft(x15 + x11, 7);
      x8 ^= Integer.rotateLeft(x4 + x0, 9);
      x13 ^= Integer.rotateLeft(x9 + x5, 9);
      x2 ^= Integer.rotateLeft(x14 + x10, 9);
      x7 ^= Integer.rotateLeft(x3 + x15, 9);
      x12 ^= Integer.rotateLeft(x8 + x4, 13);
      x1 ^= Integer.rotateLeft(x13 + x9, 13);
      x6 ^= Integer.rotateLeft(x2 + x14, 13);
      x11 ^= Integer.rotateLeft(x7 + x3, 13);
      x0 ^= Integer.rotateLeft(x12 + x8, 18);
      x5 ^= Integer.rotateLeft(x1 + x13, 18);
      x10 ^= Integer.rotateLeft(x6 + x2, 18);
      x15 ^= Integer.rotateLeft(x11 + x7, 18);
      x1 ^= Integer.rotateLeft(x0 + x3, 7);
      x6 ^= Integer.rotateLeft(x5 + x4, 7);
      x11 ^= Integer.rotateLeft(x10 + x9, 7);
      x12 ^= Integer.rotateLeft(x15 + x14, 7);
      x2 ^= Integer.rotateLeft(x1 + x0, 9);
      x7 ^= Integer.rotateLeft(x6 + x5, 9);
      x8 ^= Integer.rotateLeft(x11 + x10, 9);
      x13 ^= Integer.rotateLeft(x12 + x15, 9);
      x3 ^= Integer.rotateLeft(x2 + x1, 13);
      x4 ^= Integer.rotateLeft(x7 + x6, 13);
      x9 ^= Integer.rotateLeft(x8 + x11, 13);
      x14 ^= Integer.rotateLeft(x13 + x12, 13);
      x0 ^= Integer.rotateLeft(x3 + x2, 18);
      x5 ^= Integer.rotateLeft(x4 + x7, 18);
      x10 ^= Integer.rotateLeft(x9 + x8, 18);
      x15 ^= Integer.rotateLeft(x14 + x13, 18);
    }
    out[to] += x0;
    out[to + 1] += x1;
    out[to + 2] += x2;
    out[to + 3] += x3;
    out[to + 4] += x4;
    out[to + 5] += x5;
    out[to + 6] += x6;
    out[to + 7] += x7;
    out[to + 8] += x8;
    out[to + 9] += x9;
    out[to + 10] += x10;
    out[to + 11] += x11;
    out[to + 12] += x12;
    out[to + 13] += x13;
    out[to + 14] += x14;
    out[to + 15] += x15;
  }
}
