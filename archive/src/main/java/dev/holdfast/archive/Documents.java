package dev.holdfast.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Backup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The Backup document and the arrays of documents beside it, with Velero's bytes. */
public final class Documents {

  /** The array file of a backup that has none, as Velero writes it: {@code null}. */
  public static final byte[] NO_DOCUMENTS = Gzip.compress(GoJson.line(null));

  private Documents() {}

  /**
   * {@code velero-backup.json}: indented, kind first, {@code spec.metadata} and {@code spec.hooks}
   * always there.
   */
  public static byte[] backup(Backup backup) {
    ObjectNode tree = Json.tree(backup);
    ObjectNode ordered = Json.MAPPER.createObjectNode();
    ordered.put("kind", Backup.KIND).put("apiVersion", Backup.API_VERSION);
    ordered.set("metadata", object(tree.get("metadata")));
    ordered.set("spec", VeleroOrder.spec(object(tree.get("spec"))));
    ordered.set("status", object(tree.get("status")));
    return GoJson.indented(ordered);
  }

  /**
   * Reads {@code velero-backup.json}; fields that records older than Velero 1.10 have are read as
   * today's ({@code defaultVolumesToRestic}).
   *
   * @throws Failure.Corrupt if it is damaged, names another backup, or has no name
   * @throws Failure.Unsupported if its archive has a format that this version does not know
   */
  public static Backup readBackup(byte[] json, String name, String what) {
    ObjectNode tree = Json.object(json, what);
    if (!Backup.KIND.equals(tree.path("kind").asText())) {
      throw new Failure.Corrupt(what + " is not a Backup but '" + tree.path("kind").asText() + "'");
    }
    VeleroOrder.modernise(tree);
    Backup backup;
    try {
      backup = Json.MAPPER.treeToValue(tree, Backup.class);
    } catch (IOException | IllegalArgumentException e) {
      throw new Failure.Corrupt(what + " cannot be read as a Backup", null, e);
    }
    if (backup.metadata() == null || !name.equals(backup.metadata().name())) {
      throw new Failure.Corrupt(
          what + " says that it is another backup's",
          "somebody copied or renamed it; a backup is only valid under its own name",
          null);
    }
    ArchiveVersion.check(backup);
    return backup;
  }

  /** An array file: PodVolumeBackups, native snapshots, operations. {@code null} is empty. */
  public static List<ObjectNode> readAll(byte[] gzip, String what) {
    JsonNode root;
    try {
      root = Json.MAPPER.readTree(Gzip.decompress(gzip, what));
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is not valid JSON", null, e);
    }
    if (root == null || root.isNull()) {
      return List.of();
    }
    if (!(root instanceof ArrayNode array)) {
      throw new Failure.Corrupt(what + " is not an array");
    }
    List<ObjectNode> documents = new ArrayList<>();
    for (JsonNode node : array) {
      if (!(node instanceof ObjectNode object)) {
        throw new Failure.Corrupt(what + " has an entry that is not an object");
      }
      documents.add(object);
    }
    return documents;
  }

  /** An array file, gzipped: {@code []} if empty. */
  public static byte[] all(List<?> documents) {
    return Gzip.compress(GoJson.line(documents));
  }

  private static ObjectNode object(@org.jspecify.annotations.Nullable JsonNode node) {
    return node instanceof ObjectNode object ? object : Json.MAPPER.createObjectNode();
  }
}
