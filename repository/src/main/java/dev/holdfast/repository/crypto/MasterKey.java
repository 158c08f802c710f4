package dev.holdfast.repository.crypto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that encrypt everything in a repository, and the envelope: {@code IV (16) || AES-256-CTR
 * ciphertext || Poly1305-AES tag (16)} over the ciphertext (restic design, "Keys, Encryption and
 * MAC"). Thread-safe.
 */
public final class MasterKey {

  /** Bytes that the envelope adds. */
  public static final int OVERHEAD = 32;

  private static final int IV = 16;
  private static final int KEYS = 64;

  /**
   * The JIT compiles AES-CTR to the hardware instructions only after enough calls: slices of 16 KiB
   * make it fast within milliseconds, whole blobs of 1 MiB would run at a tenth of the speed for
   * seconds.
   */
  private static final int SLICE = 16 << 10;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec encryption;
  private final SecretKeySpec macKey;
  private final byte[] macR;
  private final ThreadLocal<Ciphers> ciphers = ThreadLocal.withInitial(Ciphers::new);

  private static final class Ciphers {
    final Cipher ctr = cipher("AES/CTR/NoPadding");
    final Cipher ecb = cipher("AES/ECB/NoPadding");

    private static Cipher cipher(String name) {
      try {
        return Cipher.getInstance(name);
      } catch (GeneralSecurityException e) {
        throw new AssertionError("Every Java platform has " + name, e);
      }
    }
  }

  /**
   * @param keys AES-256 key (32), MAC k (16), MAC r (16)
   */
  MasterKey(byte[] keys) {
    encryption = new SecretKeySpec(keys, 0, 32, "AES");
    macKey = new SecretKeySpec(keys, 32, 16, "AES");
    macR = Arrays.copyOfRange(keys, 48, KEYS);
  }

  /** A new random key. */
  public static MasterKey random() {
    byte[] keys = new byte[KEYS];
    RANDOM.nextBytes(keys);
    return new MasterKey(keys);
  }

  /** The JSON that a key file wraps. */
  byte[] toJson() {
    Base64.Encoder base64 = Base64.getEncoder();
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.putObject("mac")
        .put("k", base64.encodeToString(macKey.getEncoded()))
        .put("r", base64.encodeToString(macR));
    json.put("encrypt", base64.encodeToString(encryption.getEncoded()));
    return Json.bytes(json);
  }

  static MasterKey fromJson(byte[] bytes) {
    JsonNode json = Json.object(bytes, "The master key");
    byte[] keys = new byte[KEYS];
    try {
      copy(json.path("encrypt").binaryValue(), 32, keys, 0);
      copy(json.path("mac").path("k").binaryValue(), 16, keys, 32);
      copy(json.path("mac").path("r").binaryValue(), 16, keys, 48);
    } catch (IOException e) {
      throw new Failure.Corrupt("The master key is not Base64", null, null);
    }
    return new MasterKey(keys);
  }

  private static void copy(byte[] part, int size, byte[] keys, int at) {
    if (part == null || part.length != size) {
      throw new Failure.Corrupt("The master key has a part of the wrong size");
    }
    System.arraycopy(part, 0, keys, at, size);
  }

  /** Seals a whole array. */
  public byte[] seal(byte[] plain) {
    byte[] sealed = new byte[plain.length + OVERHEAD];
    seal(plain, 0, plain.length, sealed, 0);
    return sealed;
  }

  /**
   * Seals {@code plain[offset, offset + length)} into {@code length + OVERHEAD} bytes of the
   * target.
   */
  public void seal(byte[] plain, int offset, int length, byte[] target, int at) {
    byte[] iv = new byte[IV];
    RANDOM.nextBytes(iv);
    System.arraycopy(iv, 0, target, at, IV);
    crypt(Cipher.ENCRYPT_MODE, iv, plain, offset, length, target, at + IV);
    Poly1305.tag(oneTimeKey(iv), target, at + IV, length, target, at + IV + length);
  }

  /**
   * Opens {@code sealed[offset, offset + length)}, the tag first.
   *
   * @param what named in the failure
   * @throws Failure.Corrupt if it was altered, is too short, or was sealed with another key
   */
  public byte[] open(byte[] sealed, int offset, int length, String what) {
    if (length < OVERHEAD) {
      throw new Failure.Corrupt(what + " is too short: " + length + " bytes");
    }
    byte[] plain = new byte[length - OVERHEAD];
    if (!open(sealed, offset, length, plain)) {
      throw new Failure.Corrupt(what + " is damaged: its authentication tag does not match");
    }
    return plain;
  }

  /**
   * The same into the start of a buffer.
   *
   * @param length at least {@link #OVERHEAD}
   * @return false if it was altered or sealed with another key; the buffer is then untouched
   */
  public boolean open(byte[] sealed, int offset, int length, byte[] target) {
    int plainLength = length - OVERHEAD;
    byte[] iv = Arrays.copyOfRange(sealed, offset, offset + IV);
    byte[] tag = new byte[Poly1305.TAG];
    Poly1305.tag(oneTimeKey(iv), sealed, offset + IV, plainLength, tag, 0);
    int tagAt = offset + IV + plainLength;
    if (!MessageDigest.isEqual(tag, Arrays.copyOfRange(sealed, tagAt, tagAt + Poly1305.TAG))) {
      return false;
    }
    crypt(Cipher.DECRYPT_MODE, iv, sealed, offset + IV, plainLength, target, 0);
    return true;
  }

  /** Opens a whole array. */
  public byte[] open(byte[] sealed, String what) {
    return open(sealed, 0, sealed.length, what);
  }

  private void crypt(int mode, byte[] iv, byte[] in, int offset, int length, byte[] out, int at) {
    Cipher ctr = ciphers.get().ctr;
    try {
      ctr.init(mode, encryption, new IvParameterSpec(iv));
      int done = 0;
      while (done < length) {
        int slice = Math.min(SLICE, length - done);
        int written =
            done + slice == length
                ? ctr.doFinal(in, offset + done, slice, out, at + done)
                : ctr.update(in, offset + done, slice, out, at + done);
        if (written != slice) {
          throw new IllegalStateException("AES-CTR kept bytes back");
        }
        done += slice;
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-CTR failed", e);
    }
  }

  /** r, and the IV encrypted with k. */
  private byte[] oneTimeKey(byte[] iv) {
    Cipher ecb = ciphers.get().ecb;
    byte[] key = new byte[32];
    System.arraycopy(macR, 0, key, 0, 16);
    try {
      ecb.init(Cipher.ENCRYPT_MODE, macKey);
      ecb.doFinal(iv, 0, IV, key, 16);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES failed", e);
    }
    return key;
  }
}
