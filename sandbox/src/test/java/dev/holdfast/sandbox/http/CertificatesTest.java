package dev.holdfast.sandbox.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The certificates by the JDK's own reading of them; clients of all kinds meet them elsewhere. */
class CertificatesTest {

  private final Certificates made = Certificates.make();

  @Test
  void theChainIsValidAndNamesThisMachine() throws Exception {
    X509Certificate server = made.chain().getFirst();
    X509Certificate authority = made.chain().getLast();
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
    parameters.setRevocationEnabled(false);
    var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(server));
    CertPathValidator.getInstance("PKIX").validate(path, parameters);
    assertThat(server.getVersion()).isEqualTo(3);
    assertThat(server.getSubjectX500Principal()).hasToString("CN=kube-apiserver");
    assertThat(server.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactly(
            "127.0.0.1",
            "0:0:0:0:0:0:0:1",
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc");
    assertThat(server.getBasicConstraints()).as("no authority").isEqualTo(-1);
    assertThat(authority.getBasicConstraints()).isNotNegative();
    assertThat(authority.getKeyUsage())
        .containsExactly(false, false, false, false, false, true, true, false, false);
  }

  @Test
  void keptOnesAreTheSame() throws Exception {
    Certificates kept = Certificates.kept(made.keep());
    assertThat(kept.fresh()).isFalse();
    assertThat(kept.chain()).isEqualTo(made.chain());
    assertThat(kept.key()).isEqualTo(made.key());
    assertThat(kept.authorityPem()).isEqualTo(made.authorityPem());
  }

  @Test
  void lengthsAndNumbers() {
    assertThat(Der.octets(new byte[127])).startsWith(4, 127).hasSize(129);
    assertThat(Der.octets(new byte[128])).startsWith(4, 0x81, 128).hasSize(131);
    assertThat(Der.octets(new byte[300])).startsWith(4, 0x82, 1, 44).hasSize(304);
    assertThat(Der.oid("1.2.840.10045.4.3.2"))
        .containsExactly(6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2);
    assertThat(Der.integer(BigInteger.valueOf(128))).containsExactly(2, 2, 0, 128);
  }
}
