package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.CertUtils;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

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
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      throw new Failure.Invalid(
          "The certificates or the key in the kubeconfig cannot be used: " + e.getMessage(),
          "kubectl with the same kubeconfig should say the same",
          e);
    }
  }

  private static TrustManager[] trust(Config config) throws GeneralSecurityException, IOException {
    String data = config.getCaCertData();
    String file = config.getCaCertFile();
    boolean own = data != null && !data.isEmpty() || file != null && !file.isEmpty();
    if (config.isTrustCerts() || !own) {
      return SSLUtils.trustManagers(config);
    }
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    try (InputStream pem = CertUtils.getInputStreamFromDataOrFile(data, file)) {
      int count = 0;
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        authorities.setCertificateEntry("authority-" + count++, authority);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(authorities);
    return factory.getTrustManagers();
  }
}
