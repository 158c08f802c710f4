package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Restore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The recorded restores of a real Velero and the backup that they started from. */
final class VeleroCases {

  private VeleroCases() {}

  /** The items of the backup {@code source}, each once. */
  static Map<ItemKey, ObjectNode> backup() throws IOException {
    Path tar = Fixtures.path("velero-cases/bucket/backups/source/source.tar.gz");
    Map<ItemKey, ObjectNode> items = new TreeMap<>();
    try (InputStream file = Files.newInputStream(tar);
        TarArchiveInputStream entries = new TarArchiveInputStream(new GZIPInputStream(file))) {
      for (TarArchiveEntry e = entries.getNextEntry(); e != null; e = entries.getNextEntry()) {
        String[] path = e.getName().split("/");
        boolean namespaced = path.length == 5 && path[2].equals("namespaces");
        boolean cluster = path.length == 4 && path[2].equals("cluster");
        if (!path[0].equals("resources") || !namespaced && !cluster) {
          continue;
        }
        String name = path[path.length - 1].replaceAll("\\.json$", "");
        ItemKey key = ItemKey.of(path[1], namespaced ? path[3] : "", name);
        items.put(key, Json.object(entries.readAllBytes(), key.toString()));
      }
    }
    return items;
  }

  static JsonNode restores() throws IOException {
    return Json.MAPPER.readTree(Files.readAllBytes(Fixtures.path("velero-cases/restores.json")));
  }

  static String modifier(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(Fixtures.path("velero-cases/modifiers.json"));
    return Json.object(bytes, "modifiers").path(name).asText();
  }

  /** A context in which nothing is mapped, with the given spec. */
  static RestoreContext context(Restore.Spec spec, Map<ItemKey, ObjectNode> backup) {
    return context(spec, backup, ResourceModifiers.NONE);
  }

  static RestoreContext context(
      Restore.Spec spec, Map<ItemKey, ObjectNode> backup, ResourceModifiers modifiers) {
    return new RestoreContext(
        spec,
        "back",
        "source",
        new Discovery("v1.36.2", List.of(), Map.of()),
        StorageClassMapping.NONE,
        name -> true,
        NodeMapping.NONE,
        ImageMapping.NONE,
        modifiers,
        key -> Optional.ofNullable(backup.get(key)),
        _ -> List.of(),
        Set.of());
  }
}
