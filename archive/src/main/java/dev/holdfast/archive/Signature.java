package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

/**
 * Detached signatures in OpenSSH's format (SSHSIG), Ed25519, namespace {@code holdfast-backup}:
 * {@code ssh-keygen -Y verify} checks ours and {@code ssh-keygen -Y sign} makes them.
 */
public final class Signature {

  /** What a signature is for; one for another purpose does not count. */
  public static final String NAMESPACE = "holdfast-backup";

  private static final String BEGIN = "-----BEGIN SSH SIGNATURE-----";
  private static final String END = "-----END SSH SIGNATURE-----";
  private static final byte[] MAGIC = "SSHSIG".getBytes(StandardCharsets.US_ASCII);
  private static final String WHAT = "The signature";

  private Signature() {}

  /** Signs with one key. */
  public static final class Signer {
    private final SshKeys.Pair key;

    private Signer(SshKeys.Pair key) {
      this.key = key;
    }

    /** {@code SHA256:…}. */
    public String fingerprint() {
      return SshKeys.fingerprint(key.blob());
    }

    /** {@code ssh-ed25519 AAAA…}: what a verifier needs. */
    public String publicKey() {
      return SshKeys.ED25519 + " " + Base64.getEncoder().encodeToString(key.blob());
    }

    /** The signature file. */
    public byte[] sign(byte[] message) {
      byte[] raw;
      try {
        var ed25519 = java.security.Signature.getInstance("Ed25519");
        ed25519.initSign(key.key());
        ed25519.update(signed("sha512", new byte[0], message));
        raw = ed25519.sign();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("This Java cannot sign with Ed25519", e);
      }
      byte[] blob =
          new SshWire.Out()
              .raw(MAGIC)
              .number(1)
              .string(key.blob())
              .string(NAMESPACE)
              .string("")
              .string("sha512")
              .string(new SshWire.Out().string(SshKeys.ED25519).string(raw).toBytes())
              .toBytes();
      String lines = Base64.getEncoder().encodeToString(blob).replaceAll(".{70}(?=.)", "$0\n");
      return (BEGIN + "\n" + lines + "\n" + END + "\n").getBytes(StandardCharsets.US_ASCII);
    }
  }

  /**
   * @param privateKey the text of an OpenSSH private key file without a passphrase
   * @param what for messages: the file's name
   * @throws Failure.Invalid if it is another kind of file or key; says what to do
   */
  public static Signer signer(String privateKey, String what) {
    return new Signer(SshKeys.privateKey(privateKey, what));
  }

  /**
   * Which key made a signature, {@code SHA256:…}, as the signature itself says.
   *
   * @throws Failure.Corrupt if it is none
   */
  public static String fingerprint(byte[] signature) {
    return SshKeys.fingerprint(opened(signature).string());
  }

  /**
   * Checks that the message was signed by one of these keys.
   *
   * @return who signed it
   * @throws Failure.Corrupt if the signature is damaged or not of this message
   * @throws Failure.WrongKey if it is sound, but by a key that is not among the signers
   */
  public static AllowedSigners.Signer verify(
      byte[] message, byte[] signature, AllowedSigners signers) {
    SshWire.In in = opened(signature);
    byte[] blob = in.string();
    String namespace = in.text();
    byte[] reserved = in.string();
    String hash = in.text();
    SshWire.In inner = new SshWire.In(in.string(), WHAT);
    if (!namespace.equals(NAMESPACE)) {
      throw new Failure.Corrupt(
          WHAT
              + " was made for '"
              + ArchivePath.shown(namespace)
              + "', not for '"
              + NAMESPACE
              + "': it says nothing about a backup");
    }
    String type = inner.text();
    if (!type.equals(SshKeys.ED25519)) {
      SshKeys.publicKey(blob, "The signing key"); // says which type it is
      throw new Failure.Corrupt(WHAT + " is not of its key's type");
    }
    byte[] raw = inner.string();
    if (!in.empty() || !inner.empty()) {
      throw new Failure.Corrupt(WHAT + " has something behind its end");
    }
    check(blob, signed(hash, reserved, message), raw);
    return signers
        .find(blob)
        .orElseThrow(() ->
            new Failure.WrongKey(
                WHAT + " is by " + SshKeys.fingerprint(blob) + ", which is not a known signer",
                "if you trust that key, add it to the allowed signers; if not, do not restore"
                    + " this backup",
                null));
  }

  /** Behind magic and version: the public key comes next. */
  private static SshWire.In opened(byte[] signature) {
    SshWire.In in = new SshWire.In(unarmor(signature), WHAT);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new Failure.Corrupt(WHAT + " is not an SSH signature");
    }
    int version = in.number();
    if (version != 1) {
      throw new Failure.Unsupported(WHAT + " has version " + version + ", not 1", null);
    }
    return in;
  }

  private static void check(byte[] blob, byte[] signed, byte[] raw) {
    boolean sound;
    try {
      var ed25519 = java.security.Signature.getInstance("Ed25519");
      ed25519.initVerify(SshKeys.publicKey(blob, "The signing key"));
      ed25519.update(signed);
      sound = ed25519.verify(raw);
    } catch (GeneralSecurityException e) {
      throw new Failure.Corrupt(WHAT + " is damaged", null, e);
    }
    if (!sound) {
      throw new Failure.Corrupt(
          WHAT + " does not belong to this content: one of the two was changed");
    }
  }

  /** What is really signed: the message's hash, bound to the namespace. */
  private static byte[] signed(String hash, byte[] reserved, byte[] message) {
    String algorithm =
        switch (hash) {
          case "sha512" -> "SHA-512";
          case "sha256" -> "SHA-256";
          default ->
              throw new Failure.Unsupported(
                  WHAT + " uses the hash '" + ArchivePath.shown(hash) + "'", null);
        };
    try {
      return new SshWire.Out()
          .raw(MAGIC)
          .string(NAMESPACE)
          .string(reserved)
          .string(hash)
          .string(MessageDigest.getInstance(algorithm).digest(message))
          .toBytes();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("Every Java platform has SHA-2", e);
    }
  }

  private static byte[] unarmor(byte[] file) {
    String text = new String(file, StandardCharsets.US_ASCII).strip();
    if (!text.startsWith(BEGIN) || !text.endsWith(END) || text.length() < 100) {
      throw new Failure.Corrupt(WHAT + " is not an SSH signature");
    }
    String base64 =
        text.substring(BEGIN.length(), text.length() - END.length()).replaceAll("\\s", "");
    try {
      byte[] blob = Base64.getDecoder().decode(base64);
      if (Base64.getEncoder().encodeToString(blob).equals(base64)) {
        return blob;
      }
    } catch (IllegalArgumentException e) {
      throw new Failure.Corrupt(WHAT + " is damaged", null, e);
    }
    throw new Failure.Corrupt(WHAT + " is damaged");
  }
}
