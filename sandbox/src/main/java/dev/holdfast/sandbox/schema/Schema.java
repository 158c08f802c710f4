package dev.holdfast.sandbox.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a value may be: of a field of a built-in type ({@link BuiltInSchemas}) or of a custom
 * resource ({@link CustomSchemas}).
 *
 * @param structure of an OBJECT
 * @param items of a LIST its elements, of a MAP its values
 * @param keys how elements of a LIST are told apart; empty if it is atomic, or a set
 * @param set whether a LIST is a set of scalars
 * @param atomic whether an OBJECT or MAP is owned as a whole
 * @param mergeKey how a strategic merge patch tells elements apart; empty: it replaces the list
 * @param mergeScalars whether a strategic merge patch unites a list of scalars
 * @param replaced whether a strategic merge patch replaces an OBJECT
 * @param rules what a custom resource's schema says beyond the shape; else missing
 */
public record Schema(
    Kind kind,
    @Nullable Structure structure,
    @Nullable Schema items,
    List<String> keys,
    boolean set,
    boolean atomic,
    String mergeKey,
    boolean mergeScalars,
    boolean replaced,
    boolean preserveUnknown,
    JsonNode rules) {

  /** The kinds of values. */
  public enum Kind {
    OBJECT,
    MAP,
    LIST,
    STRING,
    BYTES,
    TIME,
    INTEGER,
    /** An integer of 64 bits; INTEGER has 32, or any number of them in a custom type. */
    LONG,
    NUMBER,
    BOOLEAN,
    INT_OR_STRING,
    QUANTITY,
    ANY
  }

  /** When a field is encoded. */
  public enum Presence {
    /** Not if it is empty or zero. */
    OMIT_EMPTY,
    /** If it was given, even if it is zero. */
    POINTER,
    /** Always. */
    ALWAYS
  }

  /**
   * One field of an object.
   *
   * @param number in protobuf: the field's, preceded by that of the message in which it is
   *     embedded, if it is; empty if it has none
   */
  public record Field(
      String name,
      Schema schema,
      Presence presence,
      boolean required,
      @Nullable JsonNode defaultValue,
      List<String> allowed,
      List<Integer> number) {}

  /** The fields of an object type. May refer to itself. */
  public static final class Structure {
    private final String name;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final Map<List<Integer>, Field> numbers = new HashMap<>();

    public Structure(String name) {
      this.name = name;
    }

    /** {@code core.v1.Container}; empty for a custom resource's. */
    public String name() {
      return name;
    }

    public @Nullable Field field(String field) {
      return fields.get(field);
    }

    public Iterable<Field> fields() {
      return fields.values();
    }

    /** The field with this number in protobuf; null if there is none. */
    public @Nullable Field numbered(List<Integer> number) {
      return numbers.get(number);
    }

    /** Whether fields stand in an embedded message of this number. */
    public boolean embeds(int number) {
      return numbers.keySet().stream().anyMatch(n -> n.size() > 1 && n.getFirst() == number);
    }

    void add(Field field) {
      fields.put(field.name(), field);
      if (!field.number().isEmpty()) {
        numbers.put(field.number(), field);
      }
    }
  }

  /** Anything goes. */
  public static final Schema ANYTHING = scalar(Kind.ANY);

  static Schema scalar(Kind kind) {
    return new Schema(
        kind,
        null,
        null,
        List.of(),
        false,
        false,
        "",
        false,
        false,
        kind == Kind.ANY,
        MissingNode.getInstance());
  }

  static Schema object(Structure structure, boolean atomic) {
    return new Schema(
        Kind.OBJECT,
        structure,
        null,
        List.of(),
        false,
        atomic,
        "",
        false,
        false,
        false,
        MissingNode.getInstance());
  }

  static Schema container(Kind kind, Schema items) {
    return new Schema(
        kind,
        null,
        items,
        List.of(),
        false,
        false,
        "",
        false,
        false,
        false,
        MissingNode.getInstance());
  }

  Schema merging(
      List<String> newKeys,
      boolean newSet,
      boolean newAtomic,
      String newMergeKey,
      boolean newMergeScalars) {
    return new Schema(
        kind,
        structure,
        items,
        newKeys,
        newSet,
        newAtomic,
        newMergeKey,
        newMergeScalars,
        replaced,
        preserveUnknown,
        rules);
  }

  Schema replacing() {
    return new Schema(
        kind,
        structure,
        items,
        keys,
        set,
        atomic,
        mergeKey,
        mergeScalars,
        true,
        preserveUnknown,
        rules);
  }

  /** The schema of a field or map value; null if there is none of that name. */
  public @Nullable Schema child(String name) {
    if (kind == Kind.MAP) {
      return items;
    }
    if (structure != null) {
      Field field = structure.field(name);
      if (field != null) {
        return field.schema();
      }
      if (items != null) { // properties beside additionalProperties
        return items;
      }
    }
    return preserveUnknown ? ANYTHING : null;
  }

  /** The schema of the elements of a list. */
  public Schema element() {
    return items == null ? ANYTHING : items;
  }

  /** The name of the object type; empty if it has none. */
  public String typeName() {
    return structure == null ? "" : structure.name();
  }
}
