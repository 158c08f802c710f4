package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Old → new storage class, for PersistentVolumeClaims, PersistentVolumes and the claim templates of
 * StatefulSets.
 */
public record StorageClassMapping(Map<String, String> classes) {

  /** The label of Velero's ConfigMap; its value is {@code RestoreItemAction}. */
  public static final String LABEL = "velero.io/change-storage-class";

  public static final StorageClassMapping NONE = new StorageClassMapping(Map.of());

  public StorageClassMapping {
    classes = Map.copyOf(classes);
  }

  /**
   * Reads Velero's ConfigMap out of those given; {@link #NONE} if none carries the labels.
   *
   * @throws Failure.Invalid if several do
   */
  public static StorageClassMapping fromConfigMaps(List<ObjectNode> configMaps) {
    return new StorageClassMapping(PluginConfig.data(configMaps, LABEL));
  }

  /**
   * Reads {@code old=new} as given on the command line.
   *
   * @throws Failure.Invalid if one has another form
   */
  public static StorageClassMapping fromFlags(List<String> flags) {
    Map<String, String> classes = new TreeMap<>();
    for (String flag : flags) {
      String[] parts = flag.split("=", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw new Failure.Invalid("'" + flag + "' is not a storage class mapping", "write OLD=NEW");
      }
      String before = classes.put(parts[0].trim(), parts[1].trim());
      if (before != null && !before.equals(parts[1].trim())) {
        throw new Failure.Invalid(
            "Storage class '" + parts[0] + "' is mapped twice", "keep one of the two");
      }
    }
    return new StorageClassMapping(classes);
  }

  /** These, and the others where these say nothing. */
  public StorageClassMapping over(StorageClassMapping others) {
    Map<String, String> all = new TreeMap<>(others.classes);
    all.putAll(classes);
    return new StorageClassMapping(all);
  }

  void apply(Draft draft) {
    if (classes.isEmpty()) {
      return;
    }
    if (draft.source.type().equals(Types.STATEFUL_SETS)) {
      for (ObjectNode template : Fields.objects(draft.item, "spec", "volumeClaimTemplates")) {
        change(draft, Fields.object(template, "spec"));
      }
    } else {
      change(draft, Fields.object(draft.item, "spec"));
    }
  }

  private void change(Draft draft, @Nullable ObjectNode spec) {
    String target = spec == null ? null : classes.get(Fields.text(spec, "storageClassName"));
    if (spec == null || target == null) {
      return;
    }
    if (!draft.context.storageClassExists().test(target)) {
      throw new Failure.Absent(
          "Storage class '%s', to which '%s' is mapped, does not exist in the cluster"
              .formatted(target, Fields.text(spec, "storageClassName")),
          "create it, or map to one that exists",
          null);
    }
    spec.put("storageClassName", target);
  }
}
