package dev.holdfast.engine.restore;

import dev.holdfast.engine.restore.action.ItemTransform;
import dev.holdfast.engine.restore.action.RestoreContext;
import dev.holdfast.engine.restore.action.ServedVersion;
import dev.holdfast.engine.restore.action.Transformed;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.ResourceType;

/** From the number of an item in the spool to the item as it is to stand in the cluster. */
final class Preparation {

  /** What is to become of an item, as far as the item alone decides it. */
  sealed interface Prepared {
    int number();
  }

  /**
   * @param type in which it is written
   */
  record Ready(int number, ResourceType type, Transformed item) implements Prepared {
    ItemKey target() {
      return new ItemKey(type.groupResource(), item.target().namespace(), item.target().name());
    }
  }

  /** It is not to be restored, for a reason that is no fault. */
  record Unwanted(int number, String reason) implements Prepared {}

  /** It cannot be restored as asked. */
  record Hopeless(int number, String reason) implements Prepared {}

  private final OpenBackup backup;
  private final RestoreContext context;
  private volatile Discovery discovery;

  Preparation(OpenBackup backup, RestoreContext context, Discovery discovery) {
    this.backup = backup;
    this.context = context;
    this.discovery = discovery;
  }

  /** What the cluster serves now that its definitions are established. */
  void served(Discovery now) {
    discovery = now;
  }

  /** Whether the cluster serves the type, in whatever version. */
  boolean serves(GroupResource type) {
    return discovery.find(type).isPresent();
  }

  RestoreContext context() {
    return context;
  }

  Prepared prepare(int number) {
    ItemKey key = backup.spool().key(number);
    try {
      Transformed item = ItemTransform.apply(key, backup.item(number), context);
      String skip = item.skipReason();
      if (skip != null) {
        return new Unwanted(number, skip);
      }
      ResourceType type = ServedVersion.find(discovery, key.type(), item.item());
      item.item().put("apiVersion", type.apiVersion());
      return new Ready(number, type, item);
    } catch (Failure.Invalid | Failure.Absent | Failure.Rejected | Failure.Unsupported e) {
      return new Hopeless(number, e.describe());
    }
  }
}
