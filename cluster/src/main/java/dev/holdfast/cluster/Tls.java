package dev.holdfast.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.model.Failure;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.CertUtils;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whom a connection trusts and who it is. Keys are read by fabric8; trust is ours, because fabric8
 * adds the JDK's authorities to the kubeconfig's own, which kubectl does not.
 */
final class Tls {

  private Tls() {}

  /**
   * @throws Failure.Invalid if a certificate or key cannot be read
   */
  static SSLContext context(Config config) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(SSLUtils.keyManagers(config), trust(config), null);
      return context;
    } catch (Failure e) {
      throw e;
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw new Failure.Invalid(
          "The certificates or the key in the kubeconfig cannot be used: " + e.getMessage(),
          "kubectl with the same kubeconfig should say the same",
          e);
    }
  }

  private static TrustManager[] trust(Config config) throws GeneralSecurityException, IOException {
    String pem = authorities(config);
    if (pem == null) {
      return SSLUtils.trustManagers(config);
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int count = 0;
    for (Certificate authority :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem.getBytes(UTF_8)))) {
      store.setCertificateEntry("authority-" + count++, authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** PEM of the kubeconfig's own authorities; null if it has none, or trusts everybody. */
  static @Nullable String authorities(Config config) {
    String data = config.getCaCertData();
    String file = config.getCaCertFile();
    boolean own = data != null && !data.isEmpty() || file != null && !file.isEmpty();
    if (config.isTrustCerts() || !own) {
      return null;
    }
    try (InputStream pem = CertUtils.getInputStreamFromDataOrFile(data, file)) {
      return new String(pem.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new Failure.Invalid(
          "The certificate authority file " + file + " of the kubeconfig cannot be read",
          "check certificate-authority in the kubeconfig",
          e);
    }
  }
}
