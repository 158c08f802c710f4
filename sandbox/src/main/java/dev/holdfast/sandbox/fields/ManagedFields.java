package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Schema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code metadata.managedFields}: which manager set which fields. */
public final class ManagedFields {

  /** Fields of metadata that have no manager. */
  private static final List<String> UNMANAGED =
      List.of(
          "name",
          "namespace",
          "creationTimestamp",
          "selfLink",
          "uid",
          "generation",
          "managedFields",
          "resourceVersion");

  /** Who makes a change, and how. */
  public record Author(
      String manager, String operation, String apiVersion, String subresource, String time) {
    public static final String APPLY = "Apply";
    public static final String UPDATE = "Update";

    private Author at(String otherTime) {
      return new Author(manager, operation, apiVersion, subresource, otherTime);
    }

    private boolean sameAs(Entry entry) {
      return manager.equals(entry.manager)
          && operation.equals(entry.operation)
          && subresource.equals(entry.subresource)
          && (operation.equals(APPLY) || apiVersion.equals(entry.apiVersion));
    }
  }

  private static final class Entry {
    final String manager;
    final String operation;
    final String apiVersion;
    final String subresource;
    String time;
    FieldSet fields;

    Entry(Author author, FieldSet fields) {
      manager = author.manager;
      operation = author.operation;
      apiVersion = author.apiVersion;
      subresource = author.subresource;
      time = author.time;
      this.fields = fields;
    }

    static Entry parse(JsonNode json) {
      return new Entry(
          new Author(
              json.path("manager").asText(),
              json.path("operation").asText(),
              json.path("apiVersion").asText(),
              json.path("subresource").asText(),
              json.path("time").asText()),
          FieldSet.parse(json.path("fieldsV1")));
    }

    ObjectNode toJson() {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("manager", manager).put("operation", operation).put("apiVersion", apiVersion);
      if (!time.isEmpty()) {
        json.put("time", time);
      }
      json.put("fieldsType", "FieldsV1").set("fieldsV1", fields.toJson());
      if (!subresource.isEmpty()) {
        json.put("subresource", subresource);
      }
      return json;
    }

    void set(FieldSet newFields, String now) {
      if (!newFields.equals(fields)) {
        fields = newFields;
        time = now;
      }
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  /** Reads the managers of an object. */
  public static ManagedFields of(JsonNode object) {
    ManagedFields result = new ManagedFields();
    object
        .path("metadata")
        .path("managedFields")
        .forEach(entry -> {
          if (!entry.isEmpty()) {
            result.entries.add(Entry.parse(entry));
          }
        });
    return result;
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Writes them into the object. */
  public void into(ObjectNode object) {
    entries.removeIf(entry -> entry.fields.isEmpty());
    entries.sort(
        Comparator.comparing((Entry entry) -> entry.operation)
            .thenComparing(entry -> entry.time)
            .thenComparing(entry -> entry.manager)
            .thenComparing(entry -> entry.apiVersion)
            .thenComparing(entry -> entry.subresource));
    ObjectNode metadata = object.withObject("/metadata");
    if (entries.isEmpty()) {
      metadata.remove("managedFields");
      return;
    }
    ArrayNode list = metadata.putArray("managedFields");
    entries.forEach(entry -> list.add(entry.toJson()));
  }

  /** Records what the author changed by a write that is no apply. */
  public void update(Schema schema, ObjectNode before, ObjectNode after, Author author) {
    if (entries.isEmpty() && before.path("metadata").has("uid")) {
      return; // nobody's fields are tracked from an update on
    }
    FieldWalk.Comparison comparison = FieldWalk.compare(schema, before, after);
    FieldSet changed = strip(comparison.changed, author.subresource);
    FieldSet removed = strip(comparison.removed, author.subresource);
    if (changed.isEmpty() && removed.isEmpty()) {
      return;
    }
    @Nullable Entry own = null;
    for (Entry entry : entries) {
      if (author.sameAs(entry)) {
        own = entry;
      } else {
        FieldSet left = entry.fields.minus(changed).minus(removed);
        if (!left.equals(entry.fields)) {
          entry.fields = left;
        }
      }
    }
    if (own == null) {
      entries.add(new Entry(author, changed.minus(removed)));
    } else {
      own.set(own.fields.union(changed).minus(removed), author.time);
    }
  }

  private static FieldSet strip(FieldSet fields, String subresource) {
    FieldSet result = fields.copy();
    result.remove("f:apiVersion");
    result.remove("f:kind");
    for (String name : UNMANAGED) {
      result.remove("f:metadata", "f:" + name);
    }
    FieldSet metadata = result.children().get("f:metadata");
    if (metadata != null && metadata.member()) {
      FieldSet below = metadata.copy();
      result.remove("f:metadata");
      below
          .children()
          .forEach((name, child) -> result.at("f:metadata").children().put(name, child));
    }
    if (subresource.isEmpty()) {
      result.remove("f:status");
    } else if (subresource.equals("status")) {
      result.remove("f:spec");
    }
    result.prune();
    return result;
  }

  /** A field that somebody else owns and would be changed. */
  public record Conflict(
      String manager, String operation, String apiVersion, String subresource, String path) {}

  /**
   * Server-side apply.
   *
   * @param live the present object; null if there is none
   * @param config what the author wants
   * @return the merged object with its managed fields; before defaults
   */
  public static Applied apply(
      Schema schema, @Nullable ObjectNode live, ObjectNode config, Author author, boolean force) {
    ObjectNode base = live == null ? JsonNodeFactory.instance.objectNode() : live.deepCopy();
    ManagedFields managed = live == null ? new ManagedFields() : of(live);
    if (live != null && managed.isEmpty()) { // what was there belongs to nobody by name
      Author before =
          new Author("before-first-apply", Author.UPDATE, author.apiVersion, "", author.time);
      managed.update(schema, JsonNodeFactory.instance.objectNode(), live, before);
    }
    config.withObject("/metadata").remove("managedFields");
    FieldSet wanted = strip(FieldWalk.fields(schema, config), author.subresource);
    ObjectNode merged = (ObjectNode) ApplyMerge.merge(schema, base, config);
    FieldSet changed =
        strip(FieldWalk.compare(schema, base, merged).changed, author.subresource).and(wanted);
    List<Conflict> conflicts = new ArrayList<>();
    @Nullable Entry own = null;
    for (Entry entry : managed.entries) {
      if (author.sameAs(entry)) {
        own = entry;
        continue;
      }
      FieldSet taken = entry.fields.and(changed);
      for (List<String> path : taken.paths()) {
        conflicts.add(
            new Conflict(
                entry.manager,
                entry.operation,
                entry.apiVersion,
                entry.subresource,
                FieldSet.text(path)));
      }
      if (force) {
        entry.fields = entry.fields.minus(taken);
      }
    }
    if (!conflicts.isEmpty() && !force) {
      return new Applied(merged, conflicts);
    }
    if (own != null) {
      FieldSet others = new FieldSet();
      for (Entry entry : managed.entries) {
        if (!Objects.equals(entry, own)) {
          others = others.union(entry.fields);
        }
      }
      ApplyMerge.remove(schema, merged, own.fields.minus(wanted).minus(others), wanted, others);
      own.set(wanted, same(live, merged) ? own.time : author.time);
    } else {
      Author silent = same(live, merged) ? author.at("") : author;
      managed.entries.add(new Entry(silent, wanted));
    }
    managed.into(merged);
    return new Applied(merged, List.of());
  }

  /** Whether an apply changed nothing but owners: then no time is noted. */
  private static boolean same(@Nullable ObjectNode live, ObjectNode merged) {
    if (live == null) {
      return false;
    }
    ObjectNode before = live.deepCopy();
    ObjectNode after = merged.deepCopy();
    before.withObject("/metadata").remove("managedFields");
    after.withObject("/metadata").remove("managedFields");
    return before.equals(after);
  }

  /** The outcome of an apply: if there are conflicts, nothing else counts. */
  public record Applied(ObjectNode object, List<Conflict> conflicts) {}
}
