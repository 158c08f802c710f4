package dev.holdfast.cluster;

import dev.holdfast.model.Failure;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** From a connection that failed to a {@link Failure} that says what to look at. */
final class Breakage {

  private Breakage() {}

  static Failure failure(String what, String cluster, Duration timeout, IOException e) {
    CertificateException untrusted = find(e, CertificateException.class);
    if (untrusted != null) {
      return distrust(what, cluster, untrusted);
    }
    String next = "check the server's address in the kubeconfig, and the network";
    if (e instanceof HttpConnectTimeoutException) {
      return new Failure.Unreachable(
          what + ": no connection to " + cluster + ": it does not react", next, e);
    }
    if (e instanceof HttpTimeoutException) {
      return new Failure.Unreachable(
          what + ": " + cluster + " did not answer within " + timeout.toSeconds() + " s",
          "check that the API server works and is not overloaded",
          e);
    }
    if (find(e, UnresolvedAddressException.class) != null
        || find(e, UnknownHostException.class) != null) {
      return new Failure.Unreachable(
          what + ": no connection to " + cluster + ": there is no host of this name", next, e);
    }
    if (e instanceof ConnectException) {
      return new Failure.Unreachable(
          what + ": no connection to " + cluster + ": " + reason(e, "connection refused"), next, e);
    }
    if (e instanceof SSLException) {
      return new Failure.Unreachable(
          what + ": no TLS connection to " + cluster + ": " + reason(e, "it was refused"),
          "check that the kubeconfig names the HTTPS port of the API server",
          e);
    }
    return new Failure.Unreachable(
        what + ": the connection to " + cluster + " broke: " + reason(e, "it was closed"), null, e);
  }

  private static Failure distrust(String what, String cluster, CertificateException e) {
    String text = String.valueOf(e.getMessage());
    boolean name = text.toLowerCase(Locale.ROOT).contains("subject alternative");
    boolean unknown = find(e, CertPathBuilderException.class) != null || text.contains("PKIX");
    String why =
        name
            ? "it is not for this host name"
            : unknown ? "an authority signed it that the kubeconfig does not name" : text;
    return new Failure.Denied(
        what + ": the certificate of " + cluster + " is not trusted: " + why,
        name
            ? "use a host name in the kubeconfig that the certificate names"
            : "check certificate-authority-data in the kubeconfig",
        e);
  }

  /** Whether the server may have got the request whose failure this is. */
  static boolean mayHaveArrived(Failure failure) {
    return !(failure.getCause() instanceof ConnectException
        || failure.getCause() instanceof HttpConnectTimeoutException);
  }

  static boolean timedOut(Failure failure) {
    return failure.getCause() instanceof HttpTimeoutException;
  }

  private static <T extends Throwable> @Nullable T find(Throwable e, Class<T> type) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }

  private static String reason(IOException e, String otherwise) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      String text = t.getMessage();
      if (text != null && !text.isBlank() && t.getCause() == null) {
        return text;
      }
    }
    return e.getMessage() == null ? otherwise : e.getMessage();
  }
}
