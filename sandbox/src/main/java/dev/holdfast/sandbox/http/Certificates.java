package dev.holdfast.sandbox.http;

import dev.holdfast.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority of our own and a server certificate for this machine, made once per
 * process and shared by all its sandboxes; one with a data directory keeps its own there. Else
 * nothing of it is written to disk but the authority's certificate, in kubeconfig files.
 *
 * @param authorityPem the authority's certificate
 * @param keys the server's key and certificates; the authority's key is forgotten at once
 * @param fresh made by this process, not kept from an earlier one
 */
public record Certificates(SSLContext server, String authorityPem, KeyStore keys, boolean fresh) {

  private static final Duration VALID = Duration.ofDays(365);

  /** Kept ones that are valid for less than this are replaced. */
  private static final Duration LEFT = Duration.ofDays(30);

  private static final String ENTRY = "server";

  /** The file's permissions protect it. */
  private static final char[] NONE = new char[0];

  private static final class Shared {
    static final Certificates CERTIFICATES = make();
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
              builder(authorityName, authorityName, authority)
                  .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                  .addExtension(
                      Extension.keyUsage,
                      true,
                      new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)),
              authority);
      KeyPair own = pair();
      X509Certificate server =
          sign(
              builder(authorityName, new X500Principal("CN=kube-apiserver"), own)
                  .addExtension(Extension.subjectAlternativeName, false, names()),
              authority);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(ENTRY, own.getPrivate(), NONE, new X509Certificate[] {server, ca});
      return of(store, true);
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("This JDK cannot make the sandbox's certificates", e);
    }
  }

  /** Those of an earlier sandbox, from {@link #keep}; new ones if they soon end. */
  public static Certificates kept(byte[] bytes) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(bytes), NONE);
      Instant end = ((X509Certificate) store.getCertificate(ENTRY)).getNotAfter().toInstant();
      return end.isBefore(Instant.now().plus(LEFT)) ? make() : of(store, false);
    } catch (GeneralSecurityException | IOException e) {
      throw new Failure.Corrupt("The sandbox's kept certificates cannot be read: " + e, null, e);
    }
  }

  /** As PKCS#12, with the key. */
  public byte[] keep() {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      keys.store(out, NONE);
      return out.toByteArray();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("This JDK cannot write the sandbox's certificates", e);
    }
  }

  private static Certificates of(KeyStore store, boolean fresh) throws GeneralSecurityException {
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, NONE);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return new Certificates(
        context, pem((X509Certificate) store.getCertificateChain(ENTRY)[1]), store, fresh);
  }

  private static KeyPair pair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair keys) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(63, ThreadLocalRandom.current()).add(BigInteger.ONE),
        Date.from(now.minus(Duration.ofHours(1))),
        Date.from(now.plus(VALID)),
        subject,
        keys.getPublic());
  }

  private static GeneralNames names() {
    return new GeneralNames(
        new GeneralName[] {
          new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
          new GeneralName(GeneralName.iPAddress, "::1"),
          new GeneralName(GeneralName.dNSName, "localhost"),
          new GeneralName(GeneralName.dNSName, "kubernetes"),
          new GeneralName(GeneralName.dNSName, "kubernetes.default"),
          new GeneralName(GeneralName.dNSName, "kubernetes.default.svc"),
        });
  }

  private static X509Certificate sign(
      org.bouncycastle.cert.X509v3CertificateBuilder builder, KeyPair authority)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate())));
  }

  private static String pem(X509Certificate certificate) throws GeneralSecurityException {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }
}
