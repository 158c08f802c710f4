package dev.holdfast.engine.restore;

import dev.holdfast.engine.restore.action.ImageMapping;
import dev.holdfast.engine.restore.action.NodeMapping;
import dev.holdfast.engine.restore.action.ResourceModifiers;
import dev.holdfast.engine.restore.action.StorageClassMapping;
import dev.holdfast.model.ItemKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What decides the result of a restore besides its document. It is kept beside the journal, so that
 * {@code restore resume} needs nothing but the name.
 *
 * @param modifiers the YAML of the resource modifiers; null for none
 * @param storageClasses old → new storage class
 * @param nodes old → new node
 * @param images how image names change
 * @param items only these items of the backup ({@code deployments.apps/shop/web}, keys there) and
 *     what they need; empty for what the filters select
 * @param existingVolumes what becomes of volumes that exist, as {@link ExistingVolumes#of} reads
 *     it; null to keep them
 */
public record RestoreInputs(
    @Nullable String modifiers,
    @Nullable Map<String, String> storageClasses,
    @Nullable Map<String, String> nodes,
    @Nullable List<ImageMapping.Rule> images,
    @Nullable List<String> items,
    @Nullable String existingVolumes) {

  public static final RestoreInputs NONE = new RestoreInputs(null, null, null, null, null, null);

  public RestoreInputs {
    storageClasses = storageClasses == null ? Map.of() : new TreeMap<>(storageClasses);
    nodes = nodes == null ? Map.of() : new TreeMap<>(nodes);
    images = images == null ? List.of() : List.copyOf(images);
    items = items == null ? List.of() : List.copyOf(items);
  }

  /** The YAML as a Restore's ConfigMap holds it. */
  public RestoreInputs modifiers(@Nullable String yaml) {
    return new RestoreInputs(yaml, storageClasses, nodes, images, items, existingVolumes);
  }

  public RestoreInputs mapped(StorageClassMapping classes, ImageMapping names) {
    return new RestoreInputs(
        modifiers, classes.classes(), nodes, names.rules(), items, existingVolumes);
  }

  public RestoreInputs nodes(NodeMapping mapping) {
    return new RestoreInputs(
        modifiers, storageClasses, mapping.nodes(), images, items, existingVolumes);
  }

  public RestoreInputs items(List<ItemKey> keys) {
    List<String> names = keys.stream().map(ItemKey::toString).toList();
    return new RestoreInputs(modifiers, storageClasses, nodes, images, names, existingVolumes);
  }

  public RestoreInputs existing(ExistingVolumes value) {
    String text = value == ExistingVolumes.KEEP ? null : value.text();
    return new RestoreInputs(modifiers, storageClasses, nodes, images, items, text);
  }

  ExistingVolumes existing() {
    return ExistingVolumes.of(existingVolumes);
  }

  /**
   * @throws dev.holdfast.model.Failure.Invalid if the YAML is malformed
   */
  ResourceModifiers parsedModifiers() {
    return modifiers == null ? ResourceModifiers.NONE : ResourceModifiers.parse(modifiers);
  }

  StorageClassMapping classMapping() {
    return storageClasses == null
        ? StorageClassMapping.NONE
        : new StorageClassMapping(storageClasses);
  }

  NodeMapping nodeMapping() {
    return nodes == null ? NodeMapping.NONE : new NodeMapping(nodes);
  }

  ImageMapping imageMapping() {
    return images == null ? ImageMapping.NONE : new ImageMapping(images);
  }

  List<ItemKey> keys() {
    return items == null ? List.of() : items.stream().map(ItemKey::parse).toList();
  }
}
