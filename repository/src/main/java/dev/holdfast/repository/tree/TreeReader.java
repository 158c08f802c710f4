package dev.holdfast.repository.tree;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.Id;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads trees node by node, so that a directory of a million files needs no million nodes in
 * memory.
 */
public final class TreeReader {

  private static final BigInteger UINT64 = BigInteger.ONE.shiftLeft(64);

  /** For a value in the middle of a document. */
  private static final ObjectReader INNER =
      Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private TreeReader() {}

  /** All nodes of a tree. */
  public static List<Node> read(byte[] text, String what) {
    List<Node> nodes = new ArrayList<>();
    read(text, what, nodes::add);
    return nodes;
  }

  /**
   * Gives every node of a tree, in its order.
   *
   * @throws Failure.Corrupt if the text is malformed
   */
  public static void read(byte[] text, String what, Consumer<Node> sink) {
    try (JsonParser json = Json.MAPPER.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new Failure.Corrupt(what + " is not a tree");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        boolean nodes = json.currentName().equals("nodes");
        if (json.nextToken() == JsonToken.START_ARRAY && nodes) {
          while (json.nextToken() == JsonToken.START_OBJECT) {
            sink.accept(new Fields().read(json, what));
          }
        } else {
          json.skipChildren();
        }
      }
      if (json.currentToken() != JsonToken.END_OBJECT) {
        throw new Failure.Corrupt(what + " is not a tree");
      }
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not valid JSON", null, e);
    }
  }

  /** The members of one node as they are met. */
  private static final class Fields {
    private static final OffsetDateTime ZERO =
        OffsetDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private @Nullable RawName name;
    private @Nullable NodeType type;
    private long mode;
    private OffsetDateTime mtime = ZERO;
    private OffsetDateTime atime = ZERO;
    private OffsetDateTime ctime = ZERO;
    private int uid;
    private int gid;
    private String user = "";
    private String group = "";
    private long inode;
    private long deviceId;
    private long size;
    private long links;
    private byte @Nullable [] linkTarget;
    private byte @Nullable [] linkTargetRaw;
    private List<Node.Xattr> xattrs = List.of();
    private @Nullable JsonNode genericAttributes;
    private long device;
    private @Nullable List<Id> content;
    private @Nullable Id subtree;
    private String error = "";

    Node read(JsonParser json, String what) throws IOException {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_NULL) {
          continue;
        }
        member(json, field, what);
      }
      if (name == null || type == null) {
        throw new Failure.Corrupt(what + " has a node without name or known type");
      }
      return new Node(
          name,
          type,
          mode,
          mtime,
          atime,
          ctime,
          uid,
          gid,
          user,
          group,
          inode,
          deviceId,
          size,
          links,
          linkTargetRaw != null ? linkTargetRaw : linkTarget,
          xattrs,
          genericAttributes,
          device,
          content,
          subtree,
          error);
    }

    private void member(JsonParser json, String field, String what) throws IOException {
      switch (field) {
        case "name" -> name = RawName.of(GoQuote.unquote(json.getText()));
        case "type" -> type = NodeType.of(json.getText());
        case "mode" -> mode = number(json);
        case "mtime" -> mtime = GoTime.parse(json.getText());
        case "atime" -> atime = GoTime.parse(json.getText());
        case "ctime" -> ctime = GoTime.parse(json.getText());
        case "uid" -> uid = (int) number(json);
        case "gid" -> gid = (int) number(json);
        case "user" -> user = json.getText();
        case "group" -> group = json.getText();
        case "inode" -> inode = number(json);
        case "device_id" -> deviceId = number(json);
        case "size" -> size = number(json);
        case "links" -> links = number(json);
        case "linktarget" -> linkTarget = json.getText().getBytes(StandardCharsets.UTF_8);
        case "linktarget_raw" -> linkTargetRaw = json.getBinaryValue();
        case "extended_attributes" -> xattrs = xattrs(json);
        case "generic_attributes" -> genericAttributes = INNER.readTree(json);
        case "device" -> device = number(json);
        case "content" -> content = ids(json, what);
        case "subtree" -> subtree = Id.parse(json.getText());
        case "error" -> error = json.getText();
        default -> json.skipChildren();
      }
    }

    private static long number(JsonParser json) throws IOException {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        throw new Failure.Corrupt("A node has text where a number belongs");
      }
      if (json.getNumberType() != JsonParser.NumberType.BIG_INTEGER && json.getLongValue() >= 0) {
        return json.getLongValue();
      }
      BigInteger value = json.getBigIntegerValue();
      if (value.signum() < 0 || value.compareTo(UINT64) >= 0) {
        throw new Failure.Corrupt("A node has a number out of range: " + value);
      }
      return value.longValue();
    }

    private static List<Id> ids(JsonParser json, String what) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw new Failure.Corrupt(what + " has a node whose content is no list");
      }
      List<Id> ids = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        ids.add(Id.parse(json.getText()));
      }
      return ids;
    }

    private static List<Node.Xattr> xattrs(JsonParser json) throws IOException {
      List<Node.Xattr> xattrs = new ArrayList<>();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        String name = "";
        byte[] value = {};
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String field = json.currentName();
          boolean present = json.nextToken() != JsonToken.VALUE_NULL;
          if (present && field.equals("name")) {
            name = json.getText();
          } else if (present && field.equals("value")) {
            value = json.getBinaryValue();
          }
        }
        xattrs.add(new Node.Xattr(name, value));
      }
      return xattrs;
    }
  }
}
