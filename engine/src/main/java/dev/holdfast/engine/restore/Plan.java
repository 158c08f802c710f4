package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.restore.action.FieldDiff;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a restore would do, item by item, before it does it.
 *
 * @param backup the backup's name
 * @param entries in the order in which the restore would come to them
 * @param volumes which way the content of each goes
 * @param remarks what the user should know about the request, each a sentence
 */
public record Plan(
    String backup, List<PlanEntry> entries, List<Volume> volumes, List<String> remarks) {

  /**
   * Which way the content of a volume would go.
   *
   * @param volume {@code NAMESPACE/CLAIM} or {@code NAMESPACE/POD/VOLUME}, in the backup
   * @param way a few words
   */
  public record Volume(String volume, String way) {}

  public Plan {
    entries = List.copyOf(entries);
    volumes = List.copyOf(volumes);
    remarks = List.copyOf(remarks);
  }

  /** How many items would see which action. */
  public Map<Action, Integer> counts() {
    Map<Action, Integer> counts = new EnumMap<>(Action.class);
    entries.forEach(e -> counts.merge(e.action(), 1, Integer::sum));
    return counts;
  }

  /** Whether the cluster already is what the backup says, for all that is to be restored. */
  public boolean nothingToDo() {
    return entries.stream()
        .allMatch(e -> e.action() == Action.IDENTICAL || e.action() == Action.SKIP);
  }

  /**
   * One JSON document: {@code backup}, {@code counts}, {@code items}, {@code volumes} ({@code
   * volume}, {@code way}), {@code remarks}. An item has {@code source}, {@code target}, {@code
   * action}, and where they apply {@code then}, {@code reason}, {@code changes} ({@code path},
   * {@code cluster}, {@code backup}) and {@code more}.
   */
  public ObjectNode json() {
    ObjectNode json = Json.MAPPER.createObjectNode().put("backup", backup);
    ObjectNode counts = json.putObject("counts");
    counts().forEach((action, count) -> counts.put(action.text(), count));
    ArrayNode items = json.putArray("items");
    entries.forEach(entry -> items.add(json(entry)));
    ArrayNode ways = json.putArray("volumes");
    volumes.forEach(each -> ways.addObject().put("volume", each.volume()).put("way", each.way()));
    remarks.forEach(json.putArray("remarks")::add);
    return json;
  }

  private static ObjectNode json(PlanEntry entry) {
    ObjectNode item = Json.MAPPER.createObjectNode();
    item.put("source", entry.source().toString());
    item.put("target", entry.target().toString());
    item.put("action", entry.action().text());
    put(item, "then", entry.then());
    put(item, "reason", entry.reason());
    for (FieldDiff.Change change : entry.changes()) {
      ObjectNode field = item.withArray("/changes").addObject().put("path", change.path());
      put(field, "cluster", change.before());
      put(field, "backup", change.after());
    }
    if (entry.more() > 0) {
      item.put("more", entry.more());
    }
    return item;
  }

  private static void put(ObjectNode object, String field, @Nullable String value) {
    if (value != null) {
      object.put(field, value);
    }
  }

  /**
   * Writes it for people: a line for each item that is shown, its changes below it, and the counts.
   *
   * @param shown which entries; the counts are of all
   */
  public void print(Appendable out, Predicate<PlanEntry> shown) {
    try {
      for (PlanEntry entry : entries) {
        if (shown.test(entry)) {
          print(out, entry);
        }
      }
      for (Volume volume : volumes) {
        out.append("volume " + volume.volume() + ": " + volume.way() + "\n");
      }
      for (String remark : remarks) {
        out.append("note: ").append(remark).append('\n');
      }
      String separator = "";
      for (var count : counts().entrySet()) {
        out.append(separator).append(count.getValue() + " " + count.getKey().text());
        separator = ", ";
      }
      out.append(entries.isEmpty() ? "nothing to restore\n" : "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void print(Appendable out, PlanEntry entry) throws IOException {
    String verb = entry.action().text() + (entry.then() == null ? "" : ", " + entry.then());
    out.append("%-18s ".formatted(verb)).append(entry.target().toString());
    if (!entry.source().equals(entry.target())) {
      out.append(" (from ").append(entry.source().toString()).append(')');
    }
    if (entry.reason() != null) {
      out.append(": ").append(entry.reason());
    }
    out.append('\n');
    for (FieldDiff.Change change : entry.changes()) {
      out.append("    ").append(change.toString()).append('\n');
    }
    if (entry.more() > 0) {
      out.append("    … and " + entry.more() + " more fields\n");
    }
  }
}
