package dev.holdfast.repository.crypto;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;

/**
 * A key file: the master key, sealed with a key that scrypt derives from a password. Plain JSON;
 * one per password; all wrap the same master key.
 *
 * @param created RFC 3339 with fraction and zone
 * @param N scrypt cost, a power of two
 */
public record KeyFile(
    String created,
    String username,
    String hostname,
    String kdf,
    @JsonProperty("N") int N,
    int r,
    int p,
    byte[] salt,
    byte[] data) {

  private static final int SALT = 64;
  private static final int KEYS = 64;

  /**
   * The most work: N · r · p. restic measures its own machine, and comes to some 4 million; this
   * takes seconds.
   */
  private static final long WORK = 1L << 26;

  /** The most memory that a key file may make us use: 128 · N · r bytes. */
  private static final long MEMORY = 1L << 30;

  /**
   * scrypt's parameters. The default is OWASP's least for 32 MiB of memory; restic measures how
   * often its machine can do that in half a second, and chooses p from 1 to 9.
   */
  public record Cost(int n, int r, int p) {
    public static final Cost DEFAULT = new Cost(32768, 8, 3);

    /** For tests only: a thousandth of the work. */
    public static final Cost WEAK = new Cost(1024, 8, 1);
  }

  /** Wraps the key with a password, of which white space at both ends is dropped as restic does. */
  public static KeyFile create(
      MasterKey key, String password, Cost cost, Instant now, String username, String hostname) {
    byte[] salt = new byte[SALT];
    new SecureRandom().nextBytes(salt);
    byte[] derived = derive(password, salt, cost.n(), cost.r(), cost.p());
    byte[] data = new MasterKey(derived).seal(key.toJson());
    return new KeyFile(
        now.toString(), username, hostname, "scrypt", cost.n(), cost.r(), cost.p(), salt, data);
  }

  /**
   * Reads a key file.
   *
   * @throws Failure.Corrupt if it is no key file, or one whose parameters are absurd
   */
  public static KeyFile read(byte[] json, String what) {
    KeyFile file = Json.read(json, KeyFile.class, what);
    boolean power = file.N > 1 && Integer.bitCount(file.N) == 1;
    if (!"scrypt".equals(file.kdf) || !power || file.r < 1 || file.p < 1 || file.p > 1024) {
      throw new Failure.Corrupt(what + " has unknown or invalid scrypt parameters");
    }
    if (128L * file.N * file.r > MEMORY) {
      throw new Failure.Corrupt(what + " asks for more than 1 GiB of memory");
    }
    if ((long) file.N * file.r * file.p > WORK) {
      throw new Failure.Corrupt(what + " asks for minutes of work");
    }
    if (file.salt == null || file.salt.length != SALT || file.data == null) {
      throw new Failure.Corrupt(what + " has no salt of 64 bytes or no data");
    }
    return file;
  }

  public byte[] toJson() {
    return Json.bytes(this);
  }

  /** The master key, or empty if the password is another one's. */
  public Optional<MasterKey> open(String password) {
    MasterKey derived = new MasterKey(derive(password, salt, N, r, p));
    try {
      return Optional.of(MasterKey.fromJson(derived.open(data, "The key")));
    } catch (Failure.Corrupt e) {
      return Optional.empty();
    }
  }

  private static byte[] derive(String password, byte[] salt, int cost, int r, int p) {
    return Scrypt.derive(password.strip().getBytes(StandardCharsets.UTF_8), salt, cost, r, p, KEYS);
  }
}
