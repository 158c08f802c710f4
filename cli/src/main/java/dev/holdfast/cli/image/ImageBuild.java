package dev.holdfast.cli.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InsecureRegistryException;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryUnauthorizedException;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Format;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the image and gives it to a file or a registry. */
final class ImageBuild {

  private ImageBuild() {}

  /**
   * Makes it.
   *
   * @param base see {@link ImageContent#of}
   * @param to a file or a registry
   */
  static JibContainer run(@Nullable Path base, Containerizer to) {
    Path scratch = null;
    try {
      scratch = Files.createTempDirectory("holdfast-image");
      to.setToolName("holdfast")
          .setBaseImageLayersCache(scratch.resolve("base"))
          .setApplicationLayersCache(scratch.resolve("layers"));
      return ImageContent.of(base, scratch).containerize(to);
    } catch (RegistryUnauthorizedException e) {
      throw new Failure.Denied(
          "The registry does not let us write there: " + e.getMessage(),
          "log in with docker login or podman login, whose credentials are used",
          e);
    } catch (InsecureRegistryException e) {
      throw insecure(e);
    } catch (RegistryException e) {
      throw new Failure.Rejected("The registry refused the image: " + e.getMessage(), null, e);
    } catch (InvalidImageReferenceException e) {
      throw new Failure.Invalid("No such image: " + e.getMessage());
    } catch (IOException | ExecutionException | CacheDirectoryCreationException e) {
      Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
      throw new Failure.Unreachable("The image could not be written: " + cause, null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Stopped; there is no image");
    } finally {
      if (scratch != null) {
        delete(scratch);
      }
    }
  }

  /** Why nothing is given to a registry that does not prove who it is. */
  static Failure insecure(Exception e) {
    return new Failure.Rejected(
        "The registry has no certificate that we know, or speaks plain HTTP",
        "if that is as it should be, add --insecure",
        e);
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Says what was made.
   *
   * @param reference what a pod calls it, where it is known
   */
  static void print(
      Session session, Format format, String reference, JibContainer image, String done) {
    switch (format) {
      case TABLE -> session.out().println(done);
      case NAME -> session.out().println(reference);
      case JSON, YAML -> {
        ObjectNode document = Json.MAPPER.createObjectNode().put("image", reference);
        document.put("digest", image.getDigest().toString());
        document.put("imageId", image.getImageId().toString());
        session.out().print(format.text(document));
      }
    }
  }
}
