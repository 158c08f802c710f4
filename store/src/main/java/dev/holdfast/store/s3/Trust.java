package dev.holdfast.store.s3;

import dev.holdfast.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The certificate authorities of a location beside those of the platform. */
final class Trust {

  private Trust() {}

  /**
   * @param pem one or more certificates
   */
  static TrustManager[] platformAnd(String pem, String where) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int n = 0;
      for (TrustManager manager : managers(null)) {
        if (manager instanceof X509TrustManager x509) {
          for (X509Certificate issuer : x509.getAcceptedIssuers()) {
            store.setCertificateEntry("platform-" + n++, issuer);
          }
        }
      }
      int own = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
        store.setCertificateEntry("own-" + own++, certificate);
      }
      if (own == 0) {
        throw new Failure.Invalid("The caCert of " + where + " holds no certificate");
      }
      return managers(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new Failure.Invalid(
          "The caCert of " + where + " cannot be read: " + e.getMessage(),
          "It must be PEM: -----BEGIN CERTIFICATE-----",
          e);
    }
  }

  private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
