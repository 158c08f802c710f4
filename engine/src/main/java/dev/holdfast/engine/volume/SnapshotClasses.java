package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.ListOptions;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The VolumeSnapshotClasses of a cluster, and which of them Velero would take for a volume
 * (velero.md 4.9).
 */
public final class SnapshotClasses {

  /** On a claim: the class for it. On a class, as a label: this one, of its driver's. */
  private static final String CHOSEN = "velero.io/csi-volumesnapshot-class";

  private static final String DEFAULT = "snapshot.storage.kubernetes.io/is-default-class";

  private final List<ObjectNode> classes;
  private final boolean known;

  private SnapshotClasses(List<ObjectNode> classes, boolean known) {
    this.classes = classes;
    this.known = known;
  }

  /** Lists them; where they may not be listed, only what is named can be chosen. */
  public static SnapshotClasses of(Operation op, Cluster cluster, Discovery discovery) {
    List<ObjectNode> classes = new ArrayList<>();
    var type = discovery.find(SnapshotTypes.CLASSES);
    if (type.isEmpty()) {
      return new SnapshotClasses(List.of(), true);
    }
    try {
      cluster.list(
          op,
          type.get(),
          "",
          ListOptions.ALL,
          item -> classes.add(Json.object(item.json(), "VolumeSnapshotClass " + item.name())));
      return new SnapshotClasses(classes, true);
    } catch (Failure.Denied e) {
      return new SnapshotClasses(List.of(), false);
    }
  }

  /** What is asked for by name. */
  public record Wish(
      JsonNode claimAnnotations, String ofPolicy, Map<String, String> backupAnnotations) {}

  /**
   * The name of the class for a volume of this driver; empty to leave it to the cluster's default,
   * because the classes may not be listed.
   *
   * @throws Failure.Absent if there is none; the message says what would help
   * @throws Failure.Invalid if several fit equally, or one was named that does not
   */
  public String choose(String driver, Wish wish) {
    String ofClaim = wish.claimAnnotations().path(CHOSEN).asText();
    if (!ofClaim.isEmpty()) {
      return named(ofClaim, driver, "the claim's annotation");
    }
    if (!wish.ofPolicy().isEmpty()) {
      return named(wish.ofPolicy(), driver, "the resource policy");
    }
    String ofBackup = wish.backupAnnotations().getOrDefault(CHOSEN + "_" + driver, "");
    if (!ofBackup.isEmpty()) {
      return named(ofBackup, driver, "the backup's annotation");
    }
    if (!known) {
      return "";
    }
    List<ObjectNode> ofDriver =
        classes.stream().filter(each -> each.path("driver").asText().equals(driver)).toList();
    return ofDriver.stream()
        .filter(each -> each.at("/metadata/labels").has(CHOSEN))
        .findFirst()
        .or(() ->
            ofDriver.stream()
                .filter(
                    each -> each.at("/metadata/annotations").path(DEFAULT).asText().equals("true"))
                .findFirst())
        .or(() -> ofDriver.size() == 1 ? Optional.of(ofDriver.getFirst()) : Optional.empty())
        .map(SnapshotClasses::name)
        .orElseThrow(() -> none(driver, ofDriver));
  }

  /** The class as the cluster has it; empty if it may not be seen. */
  public Optional<ObjectNode> find(String name) {
    return classes.stream().filter(each -> name(each).equals(name)).findFirst();
  }

  private String named(String name, String driver, String by) {
    if (!known) {
      return name;
    }
    ObjectNode found =
        find(name)
            .orElseThrow(() ->
                new Failure.Absent(
                    "there is no VolumeSnapshotClass " + name + ", which " + by + " names"));
    String its = found.path("driver").asText();
    if (!its.equals(driver)) {
      throw new Failure.Invalid(
          "the VolumeSnapshotClass %s, which %s names, is for driver %s, and the volume is of %s"
              .formatted(name, by, its, driver));
    }
    return name;
  }

  private static Failure none(String driver, List<ObjectNode> ofDriver) {
    return ofDriver.isEmpty()
        ? new Failure.Absent("there is no VolumeSnapshotClass for driver " + driver)
        : new Failure.Invalid(
            "there are several VolumeSnapshotClasses for driver "
                + driver
                + ", and none is the default: "
                + ofDriver.stream().map(SnapshotClasses::name).toList(),
            "give one of them the label " + CHOSEN);
  }

  private static String name(JsonNode type) {
    return type.at("/metadata/name").asText();
  }
}
