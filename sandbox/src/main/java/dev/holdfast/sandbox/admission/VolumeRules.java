package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.status.Violations;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PersistentVolumeClaims, PersistentVolumes and StorageClasses. */
final class VolumeRules implements Rules {

  private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

  private final ObjectStore store;

  VolumeRules(ObjectStore store) {
    this.store = store;
  }

  @Override
  public void admit(Write write, ObjectNode object) {
    switch (write.type().kind()) {
      case "PersistentVolumeClaim" -> {
        protect(object, "kubernetes.io/pvc-protection");
        defaultClass(object);
      }
      case "PersistentVolume" -> protect(object, "kubernetes.io/pv-protection");
      default -> {}
    }
  }

  private static void protect(ObjectNode object, String finalizer) {
    var finalizers = object.withObject("/metadata").withArray("finalizers");
    for (JsonNode each : finalizers) {
      if (each.asText().equals(finalizer)) {
        return;
      }
    }
    finalizers.add(finalizer);
  }

  private void defaultClass(ObjectNode claim) {
    ObjectNode spec = claim.withObject("/spec");
    boolean said =
        spec.has("storageClassName")
            || claim
                .path("metadata")
                .path("annotations")
                .has("volume.beta.kubernetes.io/storage-class");
    if (said) {
      return;
    }
    store
        .view(Types.STORAGE_CLASSES)
        .walk(
            "",
            "",
            stored -> {
              boolean isDefault =
                  Codec.read(stored, "", "")
                      .path("metadata")
                      .path("annotations")
                      .path(DEFAULT_CLASS)
                      .asText()
                      .equals("true");
              if (isDefault) {
                spec.put("storageClassName", stored.name());
              }
              return !isDefault;
            });
  }

  @Override
  public void prepareUpdate(Write write, ObjectNode old, ObjectNode object) {
    // A claim's data source stands in two fields; the server fills in the other on creation only.
  }

  @Override
  public void prepareCreate(Write write, ObjectNode object) {
    if (!write.type().kind().equals("PersistentVolumeClaim")) {
      return;
    }
    ObjectNode spec = object.withObject("/spec");
    if (spec.has("dataSource") && !spec.has("dataSourceRef")) {
      spec.set("dataSourceRef", spec.get("dataSource").deepCopy());
    } else if (spec.has("dataSourceRef")
        && !spec.has("dataSource")
        && !spec.path("dataSourceRef").has("namespace")) {
      spec.set("dataSource", spec.get("dataSourceRef").deepCopy());
    }
  }

  @Override
  public void validate(
      Write write, Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    switch (write.type().kind()) {
      case "PersistentVolumeClaim" -> {
        ClaimRules.validate(violations, object.path("spec"), "spec");
        if (old != null) {
          ClaimRules.update(violations, object.path("spec"), old);
        }
      }
      case "PersistentVolume" -> volume(violations, object, old);
      default -> storageClass(violations, object, old);
    }
  }

  private static void volume(Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    JsonNode spec = object.path("spec");
    if (spec.path("accessModes").isEmpty()) {
      violations.required("spec.accessModes", "");
    }
    if (spec.path("capacity").isEmpty()) {
      violations.required("spec.capacity", "");
    }
    List<String> known =
        List.of(
            "capacity",
            "accessModes",
            "claimRef",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "mountOptions",
            "volumeMode",
            "nodeAffinity",
            "volumeAttributesClassName");
    ObjectNode source = spec.deepCopy();
    source.remove(known);
    if (source.isEmpty()) {
      violations.required("spec", "must specify a volume type");
    }
    if (source.has("local") && !spec.has("nodeAffinity")) {
      violations.required("spec.nodeAffinity", "Local volume requires node affinity");
    }
    if (old == null) {
      return;
    }
    ObjectNode before = old.path("spec").deepCopy();
    before.remove(known);
    if (!before.equals(source)) {
      violations.forbidden(
          "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
    }
    JsonNode affinity = old.path("spec").path("nodeAffinity");
    if (affinity.isObject() && !affinity.equals(spec.path("nodeAffinity"))) {
      violations.invalid(
          "spec.nodeAffinity",
          spec.path("nodeAffinity"),
          "field is immutable, except for updating from beta label to GA");
    }
    if (!old.path("spec").path("volumeMode").equals(spec.path("volumeMode"))) {
      violations.invalid("spec.volumeMode", spec.path("volumeMode"), "field is immutable");
    }
  }

  private static void storageClass(
      Violations violations, ObjectNode object, @Nullable ObjectNode old) {
    if (object.path("provisioner").asText().isEmpty()) {
      violations.required("provisioner", "");
    }
    if (old == null) {
      return;
    }
    if (!object.path("parameters").equals(old.path("parameters"))) {
      violations.forbidden("parameters", "updates to parameters are forbidden.");
    }
    if (!object.path("provisioner").equals(old.path("provisioner"))) {
      violations.forbidden("provisioner", "updates to provisioner are forbidden.");
    }
    for (String field : List.of("reclaimPolicy", "volumeBindingMode")) {
      if (!object.path(field).equals(old.path(field))) {
        violations.invalid(field, object.path(field), "field is immutable");
      }
    }
  }
}
