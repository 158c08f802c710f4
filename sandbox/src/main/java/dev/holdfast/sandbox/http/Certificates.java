package dev.holdfast.sandbox.http;

import dev.holdfast.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.security.auth.x500.X500Principal;

/**
 * A certificate authority of our own and a server certificate for this machine, made once per
 * process and shared by all its sandboxes; one with a data directory keeps its own there. Else
 * nothing of it is written to disk but the authority's certificate, in kubeconfig files.
 *
 * <p>The certificates (RFC 5280) are written here: a library for it costs the command's start half
 * a second.
 *
 * @param authorityPem the authority's certificate
 * @param key the server's; the authority's key is forgotten at once
 * @param chain the server's certificate and the authority's
 * @param fresh made by this process, not kept from an earlier one
 */
public record Certificates(
    SSLContext server,
    String authorityPem,
    PrivateKey key,
    List<X509Certificate> chain,
    boolean fresh) {

  private static final Duration VALID = Duration.ofDays(365);

  /** Kept ones that are valid for less than this are replaced. */
  private static final Duration LEFT = Duration.ofDays(30);

  private static final String ENTRY = "server";

  /** ecdsa-with-SHA256. */
  private static final byte[] ALGORITHM = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));

  /** The file's permissions protect it. */
  private static final char[] NONE = new char[0];

  private static final class Shared {
    static final Certificates CERTIFICATES = make();
  }

  private static final AtomicBoolean ASKED = new AtomicBoolean();

  /** Begins to make the process's own, beside what else a start has to do. */
  public static void prepare() {
    if (!ASKED.getAndSet(true)) {
      Thread.ofPlatform()
          .daemon()
          .name("sandbox-certificates")
          .start(() -> {
            var _ = shared();
          });
    }
  }

  /** The process's own. */
  public static Certificates shared() {
    return Shared.CERTIFICATES;
  }

  /** New ones. */
  public static Certificates make() {
    try {
      KeyPair authority = pair();
      X500Principal authorityName = new X500Principal("CN=holdfast-sandbox-ca");
      X509Certificate ca =
          sign(
              authority.getPrivate(),
              authorityName,
              authorityName,
              authority.getPublic(),
              extension("2.5.29.19", true, Der.sequence(Der.yes())), // basicConstraints: a CA
              extension("2.5.29.15", true, Der.bits(1, new byte[] {6}))); // keyCertSign, cRLSign
      KeyPair own = pair();
      X509Certificate server =
          sign(
              authority.getPrivate(),
              authorityName,
              new X500Principal("CN=kube-apiserver"),
              own.getPublic(),
              extension("2.5.29.17", false, names()));
      return of(own.getPrivate(), List.of(server, ca), true);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("This JDK cannot make the sandbox's certificates", e);
    }
  }

  /** Those of an earlier sandbox, from {@link #keep}; new ones if they soon end. */
  public static Certificates kept(byte[] bytes) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), NONE);
      List<X509Certificate> chain =
          Stream.of(store.getCertificateChain(ENTRY)).map(X509Certificate.class::cast).toList();
      Instant end = chain.getFirst().getNotAfter().toInstant();
      return end.isBefore(Instant.now().plus(LEFT))
          ? make()
          : of((PrivateKey) store.getKey(ENTRY, NONE), chain, false);
    } catch (GeneralSecurityException | IOException e) {
      throw new Failure.Corrupt("The sandbox's kept certificates cannot be read: " + e, null, e);
    }
  }

  /** As PKCS#12, with the key. */
  public byte[] keep() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(ENTRY, key, NONE, chain.toArray(Certificate[]::new));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      store.store(out, NONE);
      return out.toByteArray();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("This JDK cannot write the sandbox's certificates", e);
    }
  }

  private static Certificates of(PrivateKey key, List<X509Certificate> chain, boolean fresh)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {new ServerKey(key, chain)}, null, null);
    return new Certificates(context, pem(chain.getLast()), key, chain, fresh);
  }

  private static KeyPair pair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static byte[] extension(String oid, boolean critical, byte[] value) {
    return critical
        ? Der.sequence(Der.oid(oid), Der.yes(), Der.octets(value))
        : Der.sequence(Der.oid(oid), Der.octets(value));
  }

  /** Names by which clients may reach the server: addresses are tagged 7, host names 2. */
  private static byte[] names() throws IOException {
    return Der.sequence(
        Der.tagged(0x87, InetAddress.getByName("127.0.0.1").getAddress()),
        Der.tagged(0x87, InetAddress.getByName("::1").getAddress()),
        host("localhost"),
        host("kubernetes"),
        host("kubernetes.default"),
        host("kubernetes.default.svc"));
  }

  private static byte[] host(String name) {
    return Der.tagged(0x82, name.getBytes(StandardCharsets.US_ASCII));
  }

  private static X509Certificate sign(
      PrivateKey authority,
      X500Principal issuer,
      X500Principal subject,
      PublicKey key,
      byte[]... extensions)
      throws GeneralSecurityException {
    Instant now = Instant.now();
    byte[] content =
        Der.sequence(
            Der.tagged(0xa0, Der.integer(BigInteger.TWO)), // version 3
            Der.integer(new BigInteger(63, ThreadLocalRandom.current()).add(BigInteger.ONE)),
            ALGORITHM,
            issuer.getEncoded(),
            Der.sequence(Der.time(now.minus(Duration.ofHours(1))), Der.time(now.plus(VALID))),
            subject.getEncoded(),
            key.getEncoded(),
            Der.tagged(0xa3, Der.sequence(extensions)));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(authority);
    signature.update(content);
    byte[] signed = Der.sequence(content, ALGORITHM, Der.bits(0, signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(signed));
  }

  private static String pem(X509Certificate certificate) throws GeneralSecurityException {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }
}
