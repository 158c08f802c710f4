package dev.holdfast.engine.restore;

import dev.holdfast.archive.LocationKeys;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.archive.Results;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Restore;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The restores that a location, or a {@code --state} directory, knows of. */
public final class Restores {

  private static final Pattern DOCUMENT =
      Pattern.compile(
          Pattern.quote(LocationKeys.LATER) + "[^/]+/[^/]+/restores/([^/]+)/restore\\.json");

  private static final GroupResource NAMESPACES = GroupResource.parse("namespaces");

  private final ObjectStore store;

  public Restores(ObjectStore store) {
    this.store = store;
  }

  /** All of ours, in the order of backup and name; restores that Velero did have no document. */
  public List<Restore> list(Operation op) {
    return documents(op).stream().map(key -> read(op, key)).toList();
  }

  private List<String> documents(Operation op) {
    List<String> keys = new ArrayList<>();
    store.listAll(
        op,
        LocationKeys.LATER,
        meta -> {
          if (DOCUMENT.matcher(meta.key()).matches()) {
            keys.add(meta.key());
          }
        });
    return keys;
  }

  private Restore read(Operation op, String key) {
    return Json.read(bytes(op, key), Restore.class, key);
  }

  private String key(Operation op, String name) {
    return documents(op).stream()
        .filter(key -> key.endsWith("/restores/" + name + "/restore.json"))
        .findFirst()
        .orElseThrow(() -> absent(name));
  }

  /**
   * @throws Failure.Absent if there is no such restore
   */
  public Restore get(Operation op, String name) {
    return read(op, key(op, name));
  }

  /**
   * What is needed to go on with a restore that has not ended: its document and inputs, the rest as
   * given.
   *
   * @throws Failure.Absent if there is no such restore
   */
  public RestoreOptions resume(Operation op, String name, RestoreOptions given) {
    Restore restore = get(op, name);
    return new RestoreOptions(
        restore,
        RestoreState.inputs(restore),
        given.identities(),
        given.state(),
        true,
        given.yes(),
        given.scratch(),
        given.parallel(),
        given.patience(),
        given.mover().pods() ? given.mover() : RestoreState.mover(restore).orElse(given.mover()),
        given.version());
  }

  /** Whether it has ended, well or not. */
  public static boolean ended(Restore restore) {
    return RestoreState.ended(restore);
  }

  /**
   * Warnings and errors; empty while the restore has not ended. Velero's restores have them too.
   */
  public Optional<Results> results(Operation op, String name) {
    String key = new RestoreKeys(name).results();
    return find(op, key).map(b -> Results.read(b, key));
  }

  /** Every item with what became of it; empty while the restore has not ended. */
  public Optional<ResourceList> items(Operation op, String name) {
    String key = new RestoreKeys(name).resourceList();
    return find(op, key).map(b -> ResourceList.read(b, key));
  }

  /**
   * What became of each item so far, in our words and with the reasons, in the order of the keys in
   * the cluster; {@link #items} has Velero's words for the same. What the last seconds before a
   * kill did is missing until the restore goes on.
   */
  public List<ItemResult> outcomes(Operation op, String name) {
    String document = key(op, name);
    Restore restore = read(op, document);
    Map<String, String> mapping =
        restore.spec() == null || restore.spec().namespaceMapping() == null
            ? Map.of()
            : restore.spec().namespaceMapping();
    Map<ItemKey, ItemResult> outcomes = new TreeMap<>();
    Journal.read(
        op,
        store,
        RestoreKeys.journalBeside(document),
        line -> {
          if (line.has("outcome")) {
            ItemKey target = mapped(ItemKey.parse(line.path("item").asText()), mapping);
            outcomes.put(target, Ledger.result(line, target));
          }
        });
    return List.copyOf(outcomes.values());
  }

  /**
   * The log, gzipped; the caller closes it.
   *
   * @throws Failure.Absent if there is none (yet)
   */
  public InputStream log(Operation op, String name) {
    try {
      return store.get(op, new RestoreKeys(name).logs());
    } catch (Failure.Absent e) {
      throw absent(name);
    }
  }

  private static ItemKey mapped(ItemKey source, Map<String, String> mapping) {
    return source.type().equals(NAMESPACES)
        ? new ItemKey(source.type(), "", mapping.getOrDefault(source.name(), source.name()))
        : new ItemKey(
            source.type(),
            mapping.getOrDefault(source.namespace(), source.namespace()),
            source.name());
  }

  private Failure.Absent absent(String name) {
    return new Failure.Absent(
        "There is no restore '" + name + "' in " + store.describe(),
        "see which there are with 'restore get'",
        null);
  }

  private byte[] bytes(Operation op, String key) {
    return find(op, key).orElseThrow(() -> new Failure.Absent(key + " is gone"));
  }

  private Optional<byte[]> find(Operation op, String key) {
    try (InputStream in = store.get(op, key)) {
      return Optional.of(in.readAllBytes());
    } catch (Failure.Absent e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read " + key, null, e);
    }
  }
}
