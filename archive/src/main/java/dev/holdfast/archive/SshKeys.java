package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** Ed25519 keys in OpenSSH's formats. */
final class SshKeys {

  static final String ED25519 = "ssh-ed25519";

  private static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
  private static final String END = "-----END OPENSSH PRIVATE KEY-----";
  private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** What stands before the 32 bytes of an Ed25519 public key in X.509. */
  private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

  /**
   * @param blob the public key as SSH writes it: type and 32 bytes
   */
  record Pair(PrivateKey key, byte[] blob) {}

  private SshKeys() {}

  /**
   * Reads a private key file as {@code ssh-keygen -t ed25519} writes it.
   *
   * @param what for messages: the file's name; its content is never in one
   * @throws Failure.Invalid if it is another kind of key, encrypted, or damaged
   */
  static Pair privateKey(String pem, String what) {
    String text = pem.strip();
    if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
      throw new Failure.Invalid(
          what + " is not an OpenSSH private key", "make one: ssh-keygen -t ed25519 -N '' -f FILE");
    }
    try {
      String base64 = text.substring(BEGIN.length(), text.length() - END.length());
      return privateKey(Base64.getMimeDecoder().decode(base64), what);
    } catch (Failure.Corrupt | IllegalArgumentException | GeneralSecurityException e) {
      // without the cause, which may hold parts of the key
      throw new Failure.Invalid(what + " is a damaged OpenSSH private key");
    }
  }

  private static Pair privateKey(byte[] bytes, String what) throws GeneralSecurityException {
    SshWire.In in = new SshWire.In(bytes, what);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new Failure.Corrupt(what);
    }
    String cipher = in.text();
    if (!cipher.equals("none")) {
      throw new Failure.Invalid(
          what + " is protected by a passphrase",
          "use a key without one, for example from a mounted Secret: ssh-keygen -p -N '' -f COPY");
    }
    in.string(); // key derivation
    in.string(); // and its options
    if (in.number() != 1) {
      throw new Failure.Corrupt(what);
    }
    byte[] blob = in.string();
    SshWire.In secret = new SshWire.In(in.string(), what);
    int check = secret.number();
    if (secret.number() != check) {
      throw new Failure.Corrupt(what);
    }
    String type = secret.text();
    if (!type.equals(ED25519)) {
      throw new Failure.Invalid(
          what + " is a key of type " + ArchivePath.shown(type) + "; signatures need Ed25519",
          "make one: ssh-keygen -t ed25519 -N '' -f FILE");
    }
    byte[] point = secret.string();
    byte[] seed = Arrays.copyOf(secret.string(), 32);
    PrivateKey key =
        KeyFactory.getInstance("Ed25519")
            .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
    if (!Arrays.equals(blob, new SshWire.Out().string(ED25519).string(point).toBytes())) {
      throw new Failure.Corrupt(what);
    }
    return new Pair(key, blob);
  }

  /**
   * The key that a public key blob holds.
   *
   * @throws Failure.Corrupt if it is damaged
   * @throws Failure.Unsupported if it is of another type
   */
  static PublicKey publicKey(byte[] blob, String what) {
    SshWire.In in = new SshWire.In(blob, what);
    String type = in.text();
    if (!type.equals(ED25519)) {
      throw new Failure.Unsupported(
          what + " is of type " + ArchivePath.shown(type) + "; Holdfast verifies Ed25519",
          "verify it with ssh-keygen: 'holdfast backup verify --show' prints the command");
    }
    byte[] point = in.string();
    if (point.length != 32 || !in.empty()) {
      throw new Failure.Corrupt(what + " is damaged");
    }
    byte[] encoded = Arrays.copyOf(X509, X509.length + 32);
    System.arraycopy(point, 0, encoded, X509.length, 32);
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException e) {
      throw new Failure.Corrupt(what + " is damaged", null, e);
    }
  }

  /** {@code SHA256:…}, as ssh-keygen shows a key. */
  static String fingerprint(byte[] blob) {
    byte[] hash = HexFormat.of().parseHex(dev.holdfast.model.Names.sha256(blob));
    return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
  }
}
