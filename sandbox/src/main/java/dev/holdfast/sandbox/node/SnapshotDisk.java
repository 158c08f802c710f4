package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.admission.Quantities;
import dev.holdfast.sandbox.schema.Types;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What the drivers store of snapshots: for each a copy of its volume's directory, and beside it a
 * note of when it was taken, how large the volume was, and to which node it is tied.
 */
final class SnapshotDisk {

  private final Path home;

  /** A snapshot cannot be taken. */
  static final class Impossible extends Exception {
    private static final long serialVersionUID = 1L;

    Impossible(String why) {
      super(why, null, false, false);
    }
  }

  /**
   * A snapshot that is stored.
   *
   * @param size of its volume, in bytes
   * @param node where alone it can be read; empty for everywhere
   */
  record Taken(Instant taken, long size, String node, String driver) {}

  /**
   * @param home where snapshots are kept
   */
  SnapshotDisk(Path home) {
    this.home = home;
  }

  /** Copies a volume as it is now. */
  Taken take(Objects objects, String driver, String volumeHandle, String handle) throws Impossible {
    ObjectNode volume =
        objects.list(Types.VOLUMES, "").stream()
            .filter(each -> each.at("/spec/csi/driver").asText().equals(driver))
            .filter(each -> each.at("/spec/csi/volumeHandle").asText().equals(volumeHandle))
            .findFirst()
            .orElseThrow(() -> new Impossible("volume " + volumeHandle + " does not exist"));
    String node =
        volume
            .at("/spec/nodeAffinity/required/nodeSelectorTerms/0/matchExpressions/0/values/0")
            .asText();
    long size =
        Quantities.value(volume.at("/spec/capacity/storage").asText())
            .orElse(BigDecimal.ZERO)
            .longValue();
    Path source =
        Path.of(volume.at("/spec/csi/volumeAttributes").path(CsiDriver.DIRECTORY).asText());
    try {
      Instant now = Instant.now();
      TreeCopy.copy(source, content(handle));
      Taken taken = new Taken(now, size, node, driver);
      ObjectNode note = Json.MAPPER.createObjectNode();
      note.put("taken", now.toString()).put("size", size).put("node", node).put("driver", driver);
      Files.write(note(handle), Json.bytes(note));
      return taken;
    } catch (IOException e) {
      throw new Impossible("volume " + volumeHandle + " cannot be copied: " + e.getMessage());
    }
  }

  /** Where a snapshot's content is. */
  Path content(String handle) {
    return home.resolve(handle);
  }

  private Path note(String handle) {
    return home.resolve(handle + ".json");
  }

  Optional<Taken> find(String handle) {
    try {
      if (handle.isEmpty() || handle.contains("/") || !Files.exists(note(handle))) {
        return Optional.empty();
      }
      ObjectNode note = Json.object(Files.readAllBytes(note(handle)), handle);
      return Optional.of(
          new Taken(
              Instant.parse(note.path("taken").asText()),
              note.path("size").asLong(),
              note.path("node").asText(),
              note.path("driver").asText()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void delete(String handle) {
    if (find(handle).isEmpty()) {
      return;
    }
    try {
      Files.deleteIfExists(note(handle));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Kubelet.delete(content(handle));
  }
}
