package dev.holdfast.cli.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.TarImage;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast image save}. */
@Command(
    name = "save",
    description = {
      "Write the image that mover pods run to a file, for sites without a registry.",
      "It is made of the Holdfast that runs, without docker; nodes load the file with"
          + " 'ctr -n k8s.io images import FILE', 'docker load -i FILE' or 'podman load -i FILE'."
    })
final class ImageSave implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "A tar file that does not exist.")
  Path file = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "IMAGE",
      description = "What pods call it. Default: localhost/holdfast:VERSION.")
  @Nullable String name;

  @Option(
      names = "--base",
      paramLabel = "FILE",
      description =
          "Build on this image, a tar file too. Default: on nothing but this machine's C library.")
  @Nullable Path base;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  ImageSave(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.refuseServer();
    ImageReference reference = reference(name);
    Path part = claim();
    try {
      JibContainer image =
          ImageBuild.run(base, Containerizer.to(TarImage.at(part).named(reference)));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      String done =
          "Wrote %s, %s: pods call it %s. Load it on the nodes, then: --mover-image %s"
              .formatted(file, Units.bytes(Files.size(file)), reference, reference);
      ImageBuild.print(session, output.format(), reference.toString(), image, done);
      return ExitCode.OK;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      discard(part);
    }
  }

  private static ImageReference reference(@Nullable String name) {
    String version = Session.version().replaceAll("[^A-Za-z0-9_.-]", "-");
    try {
      return ImageReference.parse(name == null ? "localhost/holdfast:" + version : name);
    } catch (InvalidImageReferenceException e) {
      throw new Failure.Invalid("'" + name + "' is no image's name", "for example: holdfast:1.0");
    }
  }

  /** The file's place is taken before a minute of work goes into it. */
  private Path claim() {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      return Files.createFile(part);
    } catch (FileAlreadyExistsException e) {
      throw new Failure.Conflict(e.getFile() + " exists", "choose another name or remove it", e);
    } catch (NoSuchFileException e) {
      throw new Failure.Invalid("There is no directory for " + file);
    } catch (IOException e) {
      throw new Failure.Denied("Cannot write " + file + ": " + e.getMessage(), null, e);
    }
  }

  private static void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
