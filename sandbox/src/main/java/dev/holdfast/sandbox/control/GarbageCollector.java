package dev.holdfast.sandbox.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import dev.holdfast.sandbox.admission.Write;
import dev.holdfast.sandbox.api.Deletions;
import dev.holdfast.sandbox.api.Writer;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Stored;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Deletes what loses its last owner, and sees to foreground and orphan deletion. An owner that was
 * never there counts as lost, as in a real cluster; only what was loaded is left as it stands.
 */
public final class GarbageCollector implements Controller {

  private final ObjectStore store;
  private final TypeTable types;
  private final Writer writer;
  private final Deletions deletions;

  /** Owner's uid → its dependents. */
  private final Map<String, Set<ItemKey>> dependents = new HashMap<>();

  /** uid → owner that waits for its dependents to go first. */
  private final Map<String, ItemKey> waitingOwners = new HashMap<>();

  /** The uids of all objects. */
  private final Set<String> living = new HashSet<>();

  public GarbageCollector(ObjectStore store, TypeTable types, Writer writer, Deletions deletions) {
    this.store = store;
    this.types = types;
    this.writer = writer;
    this.deletions = deletions;
    store.snapshot().forEach(this::add);
  }

  private static ItemKey key(Stored object) {
    return new ItemKey(object.type(), object.namespace(), object.name());
  }

  private void add(Stored object) {
    living.add(object.uid());
    for (String owner : object.owners()) {
      dependents.computeIfAbsent(owner, o -> new LinkedHashSet<>()).add(key(object));
    }
  }

  @Override
  public void observe(Change change) {
    Stored before = change.before();
    Stored after = change.after();
    if (before != null) {
      for (String owner : before.owners()) {
        Set<ItemKey> known = dependents.get(owner);
        if (known != null && (after == null || !after.owners().contains(owner))) {
          known.remove(key(before));
          if (known.isEmpty()) {
            dependents.remove(owner);
          }
        }
      }
    }
    if (after == null) {
      living.remove(change.object().uid());
      ownerGone(change.object().uid());
      change.object().owners().forEach(this::dependentGone);
      return;
    }
    add(after);
    if (after.terminating()) {
      terminating(after);
    } else if (before == null && !after.owners().isEmpty()) {
      collect(key(after));
    }
  }

  private void ownerGone(String uid) {
    for (ItemKey each : List.copyOf(dependents.getOrDefault(uid, Set.of()))) {
      collect(each);
    }
  }

  /**
   * Deletes an object all of whose owners are gone; takes gone owners out of one that has others.
   */
  private void collect(ItemKey key) {
    Stored object = store.get(key.type(), key.namespace(), key.name());
    ServedType type = types.find(key.type());
    if (object == null || type == null || object.owners().isEmpty()) {
      return;
    }
    long alive = object.owners().stream().filter(living::contains).count();
    if (alive == 0) {
      delete(type, object, "Background");
    } else if (alive < object.owners().size()) {
      dropOwners(type, object, uid -> !living.contains(uid));
    }
  }

  private void delete(ServedType type, Stored object, String propagation) {
    try {
      deletions.delete(
          type,
          object.namespace(),
          object.name(),
          new Deletions.Deletion(object.uid(), "", propagation, -1, false));
    } catch (ApiError e) {
      ignoreGone(e);
    }
  }

  private static void ignoreGone(ApiError e) {
    if (e.code() != 404 && e.code() != 409) {
      throw e;
    }
  }

  private void dropOwners(
      ServedType type, Stored object, java.util.function.Predicate<String> gone) {
    edit(
        type,
        object,
        present -> {
          ArrayNode owners = present.withObject("/metadata").withArray("ownerReferences");
          for (int i = owners.size() - 1; i >= 0; i--) {
            if (gone.test(owners.get(i).path("uid").asText())) {
              owners.remove(i);
            }
          }
          if (owners.isEmpty()) {
            present.withObject("/metadata").remove("ownerReferences");
          }
          return present;
        });
  }

  private void edit(ServedType type, Stored object, Writer.Edit edit) {
    try {
      writer.update(Write.internal(type, object.namespace()), object.name(), edit);
    } catch (ApiError e) {
      ignoreGone(e);
    }
  }

  private void terminating(Stored owner) {
    ServedType type = types.find(owner.type());
    if (type == null) {
      return;
    }
    JsonNode finalizers =
        Codec.read(owner, type.apiVersion(), type.kind()).path("metadata").path("finalizers");
    if (has(finalizers, "orphan")) {
      for (ItemKey each : List.copyOf(dependents.getOrDefault(owner.uid(), Set.of()))) {
        Stored dependent = store.get(each.type(), each.namespace(), each.name());
        ServedType its = types.find(each.type());
        if (dependent != null && its != null) {
          dropOwners(its, dependent, uid -> uid.equals(owner.uid()));
        }
      }
      removeFinalizer(type, owner, "orphan");
    } else if (has(finalizers, "foregroundDeletion")) {
      foreground(type, owner);
    }
  }

  private void foreground(ServedType type, Stored owner) {
    boolean blocked = false;
    for (ItemKey each : List.copyOf(dependents.getOrDefault(owner.uid(), Set.of()))) {
      Stored dependent = store.get(each.type(), each.namespace(), each.name());
      ServedType its = types.find(each.type());
      if (dependent == null || its == null) {
        continue;
      }
      if (!dependent.terminating()) {
        delete(its, dependent, "Foreground");
      }
      Stored left = store.get(each.type(), each.namespace(), each.name());
      blocked |= left != null && blocks(left, its, owner.uid());
    }
    if (blocked) {
      waitingOwners.put(owner.uid(), key(owner));
    } else {
      waitingOwners.remove(owner.uid());
      removeFinalizer(type, owner, "foregroundDeletion");
    }
  }

  private static boolean blocks(Stored dependent, ServedType type, String owner) {
    ObjectNode object = Codec.read(dependent, type.apiVersion(), type.kind());
    for (JsonNode each : object.path("metadata").path("ownerReferences")) {
      if (each.path("uid").asText().equals(owner)) {
        return each.path("blockOwnerDeletion").asBoolean();
      }
    }
    return false;
  }

  /** An owner that waits for its dependents may go on. */
  private void dependentGone(String ownerUid) {
    ItemKey waiting = waitingOwners.get(ownerUid);
    if (waiting == null) {
      return;
    }
    Stored owner = store.get(waiting.type(), waiting.namespace(), waiting.name());
    if (owner != null && owner.uid().equals(ownerUid)) {
      terminating(owner);
    }
  }

  private void removeFinalizer(ServedType type, Stored owner, String finalizer) {
    edit(
        type,
        owner,
        present -> {
          Deletions.removeFinalizer(present.withObject("/metadata"), finalizer);
          return present;
        });
  }

  private static boolean has(JsonNode finalizers, String name) {
    return finalizers.valueStream().anyMatch(each -> each.asText().equals(name));
  }
}
