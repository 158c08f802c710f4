package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.Schema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects of built-in types in protobuf, in which newer clients send them. Answers are always
 * JSON, which such clients accept.
 *
 * <p>A body is the magic {@code k8s\0} and a message Unknown: 1 the TypeMeta (1 apiVersion, 2
 * kind), 2 the object. Its fields' numbers are in the table of the built-in types.
 */
final class Protobuf {

  private static final byte[] MAGIC = {'k', '8', 's', 0};
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ByteBuffer in;

  private Protobuf(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** One field on the wire: a number for varints and fixed sizes, else bytes. */
  private record Wire(int field, long number, byte @Nullable [] bytes) {
    byte[] message() {
      if (bytes == null) {
        throw new IllegalArgumentException("field " + field + " is not length-delimited");
      }
      return bytes;
    }

    String text() {
      return new String(message(), StandardCharsets.UTF_8);
    }
  }

  /**
   * @throws IllegalArgumentException if it is no such body
   */
  static ObjectNode decode(byte[] body, Schema schema) {
    if (body.length < 4 || !Arrays.equals(Arrays.copyOf(body, 4), MAGIC)) {
      throw new IllegalArgumentException("it does not start with k8s");
    }
    ObjectNode object = NODES.objectNode();
    ObjectNode type = NODES.objectNode();
    for (Wire wire : wires(Arrays.copyOfRange(body, 4, body.length))) {
      if (wire.field() == 1) {
        for (Wire each : wires(wire.message())) {
          type.put(each.field() == 1 ? "apiVersion" : "kind", each.text());
        }
      } else if (wire.field() == 2) {
        message(schema, wire.message(), List.of(), object);
      }
    }
    object.setAll(type);
    return object;
  }

  private static List<Wire> wires(byte[] bytes) {
    Protobuf reader = new Protobuf(bytes);
    List<Wire> wires = new ArrayList<>();
    while (reader.in.hasRemaining()) {
      wires.add(reader.next());
    }
    return wires;
  }

  private Wire next() {
    try {
      long tag = varint();
      int field = (int) (tag >>> 3);
      return switch ((int) tag & 7) {
        case 0 -> new Wire(field, varint(), null);
        case 1 -> new Wire(field, in.getLong(), null);
        case 2 -> {
          byte[] bytes = new byte[Math.toIntExact(varint())];
          in.get(bytes);
          yield new Wire(field, 0, bytes);
        }
        case 5 -> new Wire(field, in.getInt(), null);
        default -> throw new IllegalArgumentException("unknown wire type");
      };
    } catch (java.nio.BufferUnderflowException
        | NegativeArraySizeException
        | ArithmeticException e) {
      throw new IllegalArgumentException("it ends in the middle of a field", e);
    }
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number is too long");
  }

  /**
   * @param prefix the number of the embedded message that is read; empty for the type itself
   */
  private static void message(Schema schema, byte[] bytes, List<Integer> prefix, ObjectNode into) {
    Schema.Structure structure = schema.structure();
    if (structure == null) {
      return;
    }
    for (Wire wire : wires(bytes)) {
      List<Integer> number = new ArrayList<>(prefix);
      number.add(wire.field());
      Schema.Field field = structure.numbered(number);
      if (field != null) {
        field(field, wire, into);
      } else if (prefix.isEmpty() && structure.embeds(wire.field())) {
        message(schema, wire.message(), number, into);
      } else if (prefix.size() == 1
          && wire.bytes() != null
          && structure.embeds(prefix.getFirst())) {
        message(schema, wire.message(), number, into); // embedded in what is embedded
      } else {
        throw new IllegalArgumentException(
            "field " + number + " of " + structure.name() + " is not known");
      }
    }
  }

  private static void field(Schema.Field field, Wire wire, ObjectNode into) {
    Schema schema = field.schema();
    switch (schema.kind()) {
      case LIST -> {
        ArrayNode list =
            into.get(field.name()) instanceof ArrayNode present
                ? present
                : into.putArray(field.name());
        list.add(value(schema.element(), wire));
      }
      case MAP -> {
        ObjectNode map =
            into.get(field.name()) instanceof ObjectNode present
                ? present
                : into.putObject(field.name());
        entry(schema.element(), wire.message(), map);
      }
      default -> into.set(field.name(), value(schema, wire));
    }
  }

  private static void entry(Schema type, byte[] bytes, ObjectNode map) {
    String key = "";
    JsonNode value = null;
    for (Wire wire : wires(bytes)) {
      if (wire.field() == 1) {
        key = wire.text();
      } else {
        value = value(type, wire);
      }
    }
    map.set(key, value == null ? NODES.textNode("") : value);
  }

  private static JsonNode value(Schema schema, Wire wire) {
    return switch (schema.kind()) {
      case OBJECT -> {
        ObjectNode object = NODES.objectNode();
        message(schema, wire.message(), List.of(), object);
        yield object;
      }
      case STRING -> NODES.textNode(wire.text());
      case BYTES -> NODES.textNode(Base64.getEncoder().encodeToString(wire.message()));
      case QUANTITY -> NODES.textNode(first(wire));
      case BOOLEAN -> NODES.booleanNode(wire.number() != 0);
      case INTEGER, LONG -> NODES.numberNode(wire.number());
      case NUMBER -> NODES.numberNode(Double.longBitsToDouble(wire.number()));
      case TIME -> time(wire.message());
      case INT_OR_STRING -> intOrString(wire.message());
      case LIST -> {
        ArrayNode list = NODES.arrayNode(); // a message with one repeated field: ExtraValue
        wires(wire.message()).forEach(each -> list.add(value(schema.element(), each)));
        yield list;
      }
      case ANY, MAP -> raw(wire.message());
    };
  }

  /** The one text of a message. */
  private static String first(Wire wire) {
    for (Wire each : wires(wire.message())) {
      if (each.field() == 1) {
        return each.text();
      }
    }
    return "0";
  }

  private static JsonNode time(byte[] bytes) {
    long seconds = 0;
    int nanos = 0;
    for (Wire wire : wires(bytes)) {
      if (wire.field() == 1) {
        seconds = wire.number();
      } else {
        nanos = (int) wire.number();
      }
    }
    if (bytes.length == 0) {
      return NODES.nullNode();
    }
    Instant instant = Instant.ofEpochSecond(seconds, nanos);
    return NODES.textNode(
        nanos == 0
            ? instant.toString()
            : String.format(
                Locale.ROOT, "%s.%06dZ", instant.toString().substring(0, 19), nanos / 1000));
  }

  private static JsonNode intOrString(byte[] bytes) {
    long type = 0;
    long number = 0;
    String text = "";
    for (Wire wire : wires(bytes)) {
      switch (wire.field()) {
        case 1 -> type = wire.number();
        case 2 -> number = wire.number();
        default -> text = wire.text();
      }
    }
    return type == 0 ? NODES.numberNode(number) : NODES.textNode(text);
  }

  /** JSON in a message's first field: RawExtension, FieldsV1, JSON. */
  private static JsonNode raw(byte[] bytes) {
    for (Wire wire : wires(bytes)) {
      if (wire.field() == 1 && wire.bytes() != null) {
        try {
          return Json.MAPPER.readTree(wire.message());
        } catch (IOException e) {
          throw new IllegalArgumentException("a raw value is not JSON", e);
        }
      }
    }
    return NODES.objectNode();
  }
}
