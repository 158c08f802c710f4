package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.engine.restore.action.RestoreContext;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What became of the items so far: a byte for each, and words for those that have something to say.
 * Fed by the restore and, when it goes on after a kill, by its journal. Thread-safe.
 */
final class Ledger {

  private final Spool spool;
  private final RestoreContext context;
  private final byte[] outcomes;
  private final Map<Integer, ItemResult> worded = new ConcurrentSkipListMap<>();
  private final Map<Integer, String> uids = new ConcurrentHashMap<>();

  /** Items that an earlier attempt could not write. */
  private final Set<ItemKey> retried = ConcurrentHashMap.newKeySet();

  /** Items that an attempt was about to delete and create again. */
  private final Set<ItemKey> intents = ConcurrentHashMap.newKeySet();

  /** Results of what is not in the backup: namespaces that had to be made. */
  private final Map<ItemKey, ItemResult> others = new ConcurrentSkipListMap<>();

  Ledger(Spool spool, RestoreContext context) {
    this.spool = spool;
    this.context = context;
    this.outcomes = new byte[spool.size()];
  }

  /**
   * Takes a result in.
   *
   * @param uid the object's, if another item needs it; null otherwise
   * @return the line for the journal
   */
  Object record(ItemResult result, @Nullable String uid) {
    var number = spool.find(result.source());
    if (number.isEmpty()) {
      others.put(result.source(), result);
    } else {
      int item = number.getAsInt();
      boolean plain =
          result.error() == null && result.reason() == null && result.warnings().isEmpty();
      if (!plain) {
        worded.put(item, result);
      }
      if (uid != null) {
        uids.put(item, uid);
      }
      synchronized (outcomes) {
        outcomes[item] = (byte) (result.outcome().ordinal() + 1);
      }
    }
    return line(result, uid);
  }

  private static Object line(ItemResult result, @Nullable String uid) {
    var line = Json.MAPPER.createObjectNode();
    line.put("item", result.source().toString());
    line.put("outcome", result.outcome().text());
    if (uid != null) {
      line.put("uid", uid);
    }
    if (result.error() != null) {
      line.put("error", result.error());
    }
    if (result.reason() != null) {
      line.put("reason", result.reason());
    }
    result.warnings().forEach(w -> line.withArray("/warnings").add(w));
    return line;
  }

  /**
   * Notes that the item is about to be deleted and created again.
   *
   * @return the line for the journal
   */
  Object intend(ItemKey source) {
    intents.add(source);
    return Map.of("item", source.toString(), "intent", "recreate");
  }

  boolean intended(ItemKey source) {
    return intents.contains(source);
  }

  /** Takes in a line of the journal. What failed is tried again, so it does not count. */
  void replay(JsonNode line) {
    if (!line.has("item")) {
      return;
    }
    ItemKey source = ItemKey.parse(line.path("item").asText());
    if (line.has("intent")) {
      intents.add(source);
      return;
    }
    ItemResult result = result(line, context.target(source));
    if (result.outcome() == Outcome.FAILED) {
      retried.add(source);
    } else {
      var _ = record(result, text(line, "uid"));
    }
  }

  /** What a line of the journal says of an item; not for an intent. */
  static ItemResult result(JsonNode line, ItemKey target) {
    List<String> warnings = new ArrayList<>();
    line.path("warnings").forEach(w -> warnings.add(w.asText()));
    return new ItemResult(
        ItemKey.parse(line.path("item").asText()),
        target,
        Outcome.of(line.path("outcome").asText()),
        text(line, "error"),
        text(line, "reason"),
        warnings);
  }

  private static @Nullable String text(JsonNode line, String field) {
    return line.has(field) ? line.path(field).asText() : null;
  }

  /** Whether the item's fate is known. */
  boolean done(int item) {
    synchronized (outcomes) {
      return outcomes[item] != 0;
    }
  }

  Optional<Outcome> outcome(int item) {
    int value;
    synchronized (outcomes) {
      value = outcomes[item];
    }
    return value == 0 ? Optional.empty() : Optional.of(Outcome.values()[value - 1]);
  }

  /** Whether an earlier attempt failed to write it, so that what it owns was written without. */
  boolean retried(int item) {
    return retried.contains(spool.key(item));
  }

  /** Takes in the uid of an item that only has to be there and therefore has no result. */
  void present(int item, String uid) {
    uids.put(item, uid);
  }

  /** The uid that an owner has in the cluster; empty if it is not there. */
  Optional<String> uid(int item) {
    return Optional.ofNullable(uids.get(item));
  }

  /** Every result: what is not in the backup first, then in the backup's order. */
  void forEach(Consumer<ItemResult> each) {
    others.values().forEach(each);
    for (int i = 0; i < outcomes.length; i++) {
      ItemResult result = result(i);
      if (result != null) {
        each.accept(result);
      }
    }
  }

  private @Nullable ItemResult result(int item) {
    ItemResult result = worded.get(item);
    if (result != null) {
      return result;
    }
    ItemKey source = spool.key(item);
    return outcome(item).map(o -> ItemResult.of(source, context.target(source), o)).orElse(null);
  }

  /** How many items had which outcome. */
  Map<Outcome, Integer> counts() {
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    forEach(r -> counts.merge(r.outcome(), 1, Integer::sum));
    return counts;
  }
}
