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
import java.nio.file.Path;
import java.util.concurrent.Callable;
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

  private final Session session;

  ImagePush(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    ImageReference reference = reference();
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

  private ImageReference reference() {
    try {
      return ImageReference.parse(name);
    } catch (InvalidImageReferenceException e) {
      throw new Failure.Invalid(
          "'" + name + "' is no image's name", "for example: registry.example.com/holdfast:1.0");
    }
  }
}
