package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.velero.Restore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What the transformation of an item depends on besides the item.
 *
 * @param spec the Restore's spec: namespace mapping, node ports, restoreStatus
 * @param restoreName becomes the label {@code velero.io/restore-name} of every item
 * @param backupName becomes the label {@code velero.io/backup-name} of every item
 * @param discovery what the target cluster serves
 * @param storageClasses old → new storage class
 * @param storageClassExists whether a class of this name is or will be in the target cluster
 * @param nodes old → new node
 * @param images how image names change
 * @param modifiers the resource modifiers
 * @param backup looks an item of the backup up by its key there
 * @param podVolumes names of the volumes that live in a pod of the backup and are to be filled
 * @param volumesWithData names of PersistentVolumes whose content the backup holds: they are not
 *     restored as they were, their claims are provisioned anew and filled
 */
public record RestoreContext(
    Restore.Spec spec,
    String restoreName,
    String backupName,
    Discovery discovery,
    StorageClassMapping storageClasses,
    Predicate<String> storageClassExists,
    NodeMapping nodes,
    ImageMapping images,
    ResourceModifiers modifiers,
    Function<ItemKey, Optional<ObjectNode>> backup,
    Function<ItemKey, List<String>> podVolumes,
    Set<String> volumesWithData) {

  public RestoreContext {
    volumesWithData = Set.copyOf(volumesWithData);
  }

  /** Where items of this namespace go; cluster-scoped items stay without one. */
  public String targetNamespace(String namespace) {
    Map<String, String> mapping = spec.namespaceMapping();
    return mapping == null ? namespace : mapping.getOrDefault(namespace, namespace);
  }

  /** The key that an item of the backup has in the target cluster. */
  public ItemKey target(ItemKey source) {
    return source.type().equals(Types.NAMESPACES)
        ? new ItemKey(source.type(), "", targetNamespace(source.name()))
        : new ItemKey(
            source.type(),
            targetNamespace(source.namespace()),
            SnapshotAction.target(this, source).orElse(source.name()));
  }
}
