package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.admission.Quantities;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes volumes for claims whose storage class names a {@link CsiDriver}: empty ones, or copies of
 * the VolumeSnapshot that a claim names as its data source, once that can be used. A claim that is
 * smaller than its snapshot waits. The copy of a snapshot that is tied to a node is on that one,
 * whichever was selected.
 */
final class CsiProvisioner implements Controller {

  private final Objects objects;
  private final Path home;
  private final SnapshotDisk disk;
  private final Set<String> making = ConcurrentHashMap.newKeySet();

  /**
   * @param home where the volumes' directories are
   */
  CsiProvisioner(Objects objects, Path home, SnapshotDisk disk) {
    this.objects = objects;
    this.home = home;
    this.disk = disk;
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (object.type().equals(Types.CLAIMS) && change.after() != null) {
      provision(objects.read(change.after()));
    } else if (object.type().equals(SnapshotTypes.SNAPSHOTS) && change.after() != null) {
      objects.list(Types.CLAIMS, object.namespace()).stream()
          .filter(claim -> claim.at("/spec/dataSource/name").asText().equals(object.name()))
          .forEach(this::provision);
    } else if (object.type().equals(Types.VOLUMES)) {
      end(change, objects.read(object));
    }
  }

  private void end(Change change, ObjectNode volume) {
    String by = volume.at("/metadata/annotations").path(Provisioner.PROVISIONED_BY).asText();
    if (CsiDriver.named(by).isEmpty()
        || !volume.at("/spec/persistentVolumeReclaimPolicy").asText().equals("Delete")) {
      return;
    }
    if (change.after() == null) {
      Kubelet.delete(home.resolve(volume.at("/spec/csi/volumeHandle").asText()));
    } else if (volume.at("/status/phase").asText().equals("Released")
        && !change.after().terminating()) {
      objects.delete(Types.VOLUMES, volume, -1);
    }
  }

  private void provision(ObjectNode claim) {
    ObjectNode type =
        objects.get(Types.STORAGE_CLASSES, "", claim.at("/spec/storageClassName").asText());
    Optional<CsiDriver> driver =
        type == null ? Optional.empty() : CsiDriver.named(type.path("provisioner").asText());
    if (type == null
        || driver.isEmpty()
        || !Provisioner.wanting(claim)
        || !Provisioner.consumed(claim, type)) {
      return;
    }
    JsonNode source = claim.at("/spec/dataSource");
    String handle = source.isObject() ? handle(claim) : "";
    Optional<SnapshotDisk.Taken> taken =
        disk.find(handle).filter(each -> fits(claim, driver.get(), each));
    if (source.isObject() && taken.isEmpty()) {
      return;
    }
    ObjectNode volume = Provisioner.frame(claim, type, driver.get().name());
    String name = volume.at("/metadata/name").asText();
    if (objects.get(Types.VOLUMES, "", name) != null || !making.add(name)) {
      return;
    }
    Provisioner.mark(objects, claim, driver.get().name());
    Path from = taken.isEmpty() ? null : disk.content(handle);
    String node =
        taken
            .map(SnapshotDisk.Taken::node)
            .filter(each -> !each.isEmpty())
            .orElse(Provisioner.node(claim, type));
    var _ =
        Threads.start(
            "provision",
            () -> {
              try {
                fill(home.resolve(name), from, claim);
                shape(volume, driver.get(), type, node);
                objects.create(Types.VOLUMES, "", volume, driver.get().name());
              } finally {
                making.remove(name);
              }
            });
  }

  /** The handle of the snapshot that the claim asks for; empty if it cannot be had yet. */
  private String handle(ObjectNode claim) {
    ObjectNode snapshot =
        objects.get(
            SnapshotTypes.SNAPSHOTS,
            claim.at("/metadata/namespace").asText(),
            claim.at("/spec/dataSource/name").asText());
    if (snapshot == null || !snapshot.at("/status/readyToUse").asBoolean()) {
      return "";
    }
    ObjectNode bound =
        objects.get(
            SnapshotTypes.CONTENTS,
            "",
            snapshot.at("/status/boundVolumeSnapshotContentName").asText());
    return bound == null ? "" : bound.at("/status/snapshotHandle").asText();
  }

  private static boolean fits(ObjectNode claim, CsiDriver driver, SnapshotDisk.Taken taken) {
    long size =
        Quantities.value(claim.at("/spec/resources/requests/storage").asText())
            .orElse(BigDecimal.ZERO)
            .longValue();
    return taken.driver().equals(driver.name()) && size >= taken.size();
  }

  private static void fill(Path directory, @Nullable Path from, ObjectNode claim) {
    try {
      Kubelet.delete(directory);
      if (from != null) {
        TreeCopy.copy(from, directory);
        return;
      }
      Backing.make(directory, claim);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void shape(ObjectNode volume, CsiDriver driver, ObjectNode type, String node) {
    String name = volume.at("/metadata/name").asText();
    ObjectNode spec = volume.withObject("/spec");
    spec.set("csi", driver.source(name, type, home.resolve(name).toString()));
    if (!driver.topology().isEmpty() && !node.isEmpty()) {
      ObjectNode expression =
          spec.putObject("nodeAffinity")
              .putObject("required")
              .putArray("nodeSelectorTerms")
              .addObject()
              .putArray("matchExpressions")
              .addObject();
      expression.put("key", driver.topology()).put("operator", "In").putArray("values").add(node);
    }
  }
}
