package dev.holdfast.engine.restore;

import dev.holdfast.engine.restore.action.RestoreContext;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What is known of a restore before the cluster is asked about single objects: which items, in
 * which order, who owns whom. The plan and the restore itself both start from it.
 *
 * @param discovery what the target served when it was asked
 * @param remarks what the user should know about the request, each a sentence
 */
record Draught(
    OpenBackup backup,
    Discovery discovery,
    Preparation preparation,
    RestoreSet set,
    KnownTypes types,
    Owners owners,
    Waves.Order order,
    List<String> remarks) {

  /**
   * @param classes names of the storage classes that the target has
   * @param volumes whether the content of volumes is restored
   */
  static Draught of(
      OpenBackup backup,
      Discovery discovery,
      RestoreOptions options,
      Set<String> classes,
      boolean volumes) {
    Spool spool = backup.spool();
    KnownTypes known = KnownTypes.of(spool, discovery, backup.source());
    Preparation preparation =
        new Preparation(backup, context(backup, discovery, options, classes, volumes), discovery);
    Selection selection = Selection.of(options.spec(), spool, known, options.inputs().keys());
    RestoreSet set = RestoreSet.of(backup, selection, preparation);
    Owners owners = Owners.of(spool, known, set.numbers());
    Waves.Order order = Waves.of(spool, owners, set.numbers(), set.needed());
    List<String> remarks = new ArrayList<>(selection.remarks(options.spec(), known));
    remarks.addAll(set.remarks());
    return new Draught(backup, discovery, preparation, set, known, owners, order, remarks);
  }

  private static RestoreContext context(
      OpenBackup backup,
      Discovery discovery,
      RestoreOptions options,
      Set<String> existing,
      boolean volumes) {
    Set<String> classes = new HashSet<>(existing);
    for (int i = 0; i < backup.spool().size(); i++) {
      ItemKey key = backup.spool().key(i);
      if (key.type().equals(Kinds.STORAGE_CLASSES)) {
        classes.add(key.name());
      }
    }
    return new RestoreContext(
        options.spec(),
        options.name(),
        backup.name(),
        discovery,
        options.inputs().classMapping(),
        classes::contains,
        options.inputs().nodeMapping(),
        options.inputs().imageMapping(),
        options.inputs().parsedModifiers(),
        backup::item,
        volumes ? backup::volumesOfPod : _ -> List.of(),
        backup.volumesWithData());
  }

  Spool spool() {
    return backup.spool();
  }

  ItemKey target(ItemKey source) {
    return preparation.context().target(source);
  }

  /** The type of an owner, as the target serves it or as the backup's source did. */
  Optional<ResourceType> known(ItemScan.Owner owner) {
    return types.discovery().types().stream()
        .filter(t -> t.group().equals(owner.group()) && t.kind().equals(owner.kind()))
        .findFirst();
  }

  /** Whether the restore writes the item that has this key in the backup. */
  boolean restores(ItemKey source) {
    OptionalInt number = spool().find(source);
    return number.isPresent() && set.numbers().get(number.getAsInt());
  }

  /** Whether the restore writes the item that has this key in the target. */
  boolean restoresTarget(ItemKey target) {
    for (String namespace : sources(target.namespace())) {
      if (restores(new ItemKey(target.type(), namespace, target.name()))) {
        return true;
      }
    }
    return false;
  }

  /** The namespaces of the backup whose items go to this one. */
  private List<String> sources(String namespace) {
    Map<String, String> mapping = preparation.context().spec().namespaceMapping();
    if (mapping == null) {
      return List.of(namespace);
    }
    List<String> sources = new ArrayList<>();
    mapping.forEach((from, to) -> {
      if (to.equals(namespace)) {
        sources.add(from);
      }
    });
    if (!mapping.containsKey(namespace)) {
      sources.add(namespace);
    }
    return sources;
  }
}
