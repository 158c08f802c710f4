package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.admission.Quantities;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What a provisioned volume is on this machine: a directory, or for {@code volumeMode: Block} a
 * sparse file of the requested size, which takes no more than that. It is no block special file, as
 * that would take a loop device; a program that only reads and writes it sees no difference.
 */
final class Backing {

  private Backing() {}

  /** Makes it for a claim, for everybody to write to. Nothing is changed where it is there. */
  static void make(Path place, JsonNode claim) throws IOException {
    if (!block(claim)) {
      Files.createDirectories(place);
      Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
      return;
    }
    Files.createDirectories(place.resolveSibling("."));
    try (var file = new RandomAccessFile(place.toFile(), "rw")) {
      String size = claim.at("/spec/resources/requests/storage").asText("1Gi");
      file.setLength(Quantities.value(size).orElse(BigDecimal.ZERO).longValue());
    }
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rw-rw-rw-"));
  }

  /** Whether a claim or a PersistentVolume is a block device. */
  static boolean block(JsonNode object) {
    return object.at("/spec/volumeMode").asText().equals("Block");
  }
}
