package dev.holdfast.cli.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast image push}. */
@Command(
    name = "push",
    description = {
      "Put the image that mover pods run into a registry.",
      "It is made of the Holdfast that runs, without docker. Credentials are those of"
          + " 'docker login' and of docker's credential helpers."
    })
final class ImagePush implements Callable<Integer> {

  @Parameters(paramLabel = "IMAGE", description = "For example registry.example.com/holdfast:1.0.")
  String name = "";

  @Option(
      names = "--base",
      paramLabel = "FILE",
      description =
          "Build on this image, a tar file. Default: on nothing but this machine's C library.")
  @Nullable Path base;

  @Option(
      names = "--insecure",
      description = "The registry may speak plain HTTP, or have a certificate that nobody knows.")
  boolean insecure;

  @Mixin final OutputFlag output = new OutputFlag();

  private static final Duration GREETING = Duration.ofSeconds(20);

  private final Session session;

  ImagePush(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    ImageReference reference = reference();
    if (!insecure) {
      greet(reference.getRegistry());
    }
    CredentialRetrieverFactory logins = CredentialRetrieverFactory.forImage(reference, event -> {});
    RegistryImage target =
        RegistryImage.named(reference)
            .addCredentialRetriever(logins.dockerConfig())
            .addCredentialRetriever(logins.wellKnownCredentialHelpers());
    JibContainer image =
        ImageBuild.run(base, Containerizer.to(target).setAllowInsecureRegistries(insecure));
    String exact = reference.withQualifier(image.getDigest().toString()).toString();
    String done =
        "Pushed %s, digest %s. Use it with: --mover-image %s"
            .formatted(reference, image.getDigest(), reference);
    ImageBuild.print(session, output.format(), exact, image, done);
    return ExitCode.OK;
  }

  /**
   * Before a minute of work goes into the image, and once: the push itself takes a failed handshake
   * for an accident, and tries for another minute. What else is wrong, it says better.
   */
  private static void greet(String registry) {
    URI root = URI.create("https://" + registry + "/v2/");
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(GREETING).build()) {
      var _ =
          http.send(
              HttpRequest.newBuilder(root).timeout(GREETING).build(),
              HttpResponse.BodyHandlers.discarding());
    } catch (SSLException e) {
      throw ImageBuild.insecure(e);
    } catch (IOException e) {
      // the push meets it, too
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Stopped; there is no image");
    }
  }

  private ImageReference reference() {
    try {
      return ImageReference.parse(name);
    } catch (InvalidImageReferenceException e) {
      throw new Failure.Invalid(
          "'" + name + "' is no image's name", "for example: registry.example.com/holdfast:1.0");
    }
  }
}
