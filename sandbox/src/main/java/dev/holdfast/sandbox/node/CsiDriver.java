package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A simulated storage driver: what its volumes look like in the cluster. Their content is a
 * directory of this machine. All but the first have the shapes of OpenEBS's drivers.
 *
 * @param name the provisioner of its storage classes
 * @param fsType of its volumes
 * @param topology the node label that its volumes are tied to a node by; empty if every node
 *     reaches them
 * @param snapshots whether it takes snapshots
 * @param attributes of its volumes, from the parameters of the storage class; empty values are left
 *     out
 */
record CsiDriver(
    String name,
    String fsType,
    String topology,
    boolean snapshots,
    Function<JsonNode, Map<String, String>> attributes) {

  static final String SANDBOX = "csi.sandbox.holdfast.dev";

  /** In the attributes of a volume: where its content is. */
  static final String DIRECTORY = "sandbox.holdfast.dev/directory";

  private static final String CAS_TYPE = "openebs.io/cas-type";

  private static final Map<String, CsiDriver> ALL =
      List.of(
              new CsiDriver(SANDBOX, "ext4", "", true, _ -> Map.of()),
              new CsiDriver(
                  "cstor.csi.openebs.io", "ext4", "", true, _ -> Map.of(CAS_TYPE, "cstor")),
              new CsiDriver(
                  "jiva.csi.openebs.io", "ext4", "", false, _ -> Map.of(CAS_TYPE, "jiva")),
              new CsiDriver(
                  "zfs.csi.openebs.io",
                  "zfs",
                  "openebs.io/nodename",
                  true,
                  parameters ->
                      Map.of(
                          CAS_TYPE,
                          "localpv-zfs",
                          "openebs.io/poolname",
                          parameters.path("poolname").asText())),
              new CsiDriver(
                  "local.csi.openebs.io",
                  "ext4",
                  "openebs.io/nodename",
                  true,
                  parameters ->
                      Map.of(
                          CAS_TYPE,
                          "localpv-lvm",
                          "openebs.io/volgroup",
                          parameters.path("volgroup").asText())))
          .stream()
          .collect(Collectors.toUnmodifiableMap(CsiDriver::name, each -> each));

  static Optional<CsiDriver> named(String provisioner) {
    return Optional.ofNullable(ALL.get(provisioner));
  }

  /** Labels that the drivers give a node. */
  static Map<String, String> labels(String node) {
    return ALL.values().stream()
        .map(CsiDriver::topology)
        .filter(label -> !label.isEmpty())
        .distinct()
        .collect(Collectors.toUnmodifiableMap(label -> label, _ -> node));
  }

  /** The {@code csi} source of a PersistentVolume. */
  ObjectNode source(String handle, JsonNode storageClass, String directory) {
    JsonNode parameters = storageClass.path("parameters");
    ObjectNode source = Json.MAPPER.createObjectNode();
    source.put("driver", name).put("volumeHandle", handle);
    source.put("fsType", parameters.path("fstype").asText(fsType));
    ObjectNode all = source.putObject("volumeAttributes").put(DIRECTORY, directory);
    attributes
        .apply(parameters)
        .forEach((key, value) -> {
          if (!value.isEmpty()) {
            all.put(key, value);
          }
        });
    all.put("storage.kubernetes.io/csiProvisionerIdentity", "1-" + name);
    return source;
  }
}
