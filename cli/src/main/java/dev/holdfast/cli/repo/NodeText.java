package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Locale;

/** Nodes as restic prints them. */
public final class NodeText {

  /** Go's letters for the mode bits from 31 down. */
  private static final String MODE_LETTERS = "dalTLDpSugct?";

  private static final String PERMISSIONS = "rwxrwxrwx";

  private NodeText() {}

  /** {@code -rw-r--r--}, {@code drwxr-xr-x}, {@code Lrwxrwxrwx}: Go's form. */
  static String permissions(Node node) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < MODE_LETTERS.length(); i++) {
      if ((node.mode() >>> (31 - i) & 1) != 0) {
        text.append(MODE_LETTERS.charAt(i));
      }
    }
    if (text.isEmpty()) {
      text.append('-');
    }
    for (int i = 0; i < PERMISSIONS.length(); i++) {
      text.append((node.mode() >>> (8 - i) & 1) != 0 ? PERMISSIONS.charAt(i) : '-');
    }
    return text.toString();
  }

  /**
   * The path, with mode, owner, size, time and link target if they are wanted.
   *
   * @param human sizes in units
   */
  public static String line(String path, Node node, boolean details, boolean human) {
    if (!details) {
      return path;
    }
    byte[] target = node.linkTarget();
    return String.format(
        Locale.ROOT,
        "%s %5d %5d %s %s %s%s",
        permissions(node),
        Integer.toUnsignedLong(node.uid()),
        Integer.toUnsignedLong(node.gid()),
        human ? Sizes.text(node.size()) : String.format(Locale.ROOT, "%6d", node.size()),
        SnapshotTable.TIME.format(node.mtime().atZoneSameInstant(ZoneId.systemDefault())),
        path,
        target == null ? "" : " -> " + new String(target, StandardCharsets.UTF_8));
  }

  /** {@code ls --json}. */
  public static ObjectNode json(String path, Node node) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("name", node.name().toString()).put("type", node.type().text()).put("path", path);
    json.put("uid", Integer.toUnsignedLong(node.uid()));
    json.put("gid", Integer.toUnsignedLong(node.gid()));
    if (node.type() == NodeType.FILE) {
      json.put("size", node.size());
    }
    metadata(json, node);
    if (node.inode() != 0) {
      json.put("inode", node.inode());
    }
    return json.put("message_type", "node").put("struct_type", "node");
  }

  /** {@code find --json}. */
  static ObjectNode match(String path, Node node) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("path", path).put("permissions", permissions(node)).put("type", node.type().text());
    json.put("mode", node.mode());
    times(json, node);
    json.put("uid", Integer.toUnsignedLong(node.uid()));
    json.put("gid", Integer.toUnsignedLong(node.gid()));
    json.put("user", node.user()).put("group", node.group());
    json.put("inode", node.inode()).put("device_id", node.deviceId());
    json.put("size", node.size()).put("links", node.links());
    byte[] target = node.linkTarget();
    return target == null
        ? json
        : json.put("linktarget", new String(target, StandardCharsets.UTF_8));
  }

  private static void metadata(ObjectNode json, Node node) {
    json.put("mode", node.mode()).put("permissions", permissions(node));
    times(json, node);
  }

  private static void times(ObjectNode json, Node node) {
    json.put("mtime", GoTime.format(node.mtime()))
        .put("atime", GoTime.format(node.atime()))
        .put("ctime", GoTime.format(node.ctime()));
  }
}
