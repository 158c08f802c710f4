package dev.holdfast.archive;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Names by type: {@code N-resource-list.json.gz}. Key {@code group/version/Kind} (core: {@code
 * v1/Pod}), value the sorted {@code ns/name} or {@code name}; of a restore each with {@code
 * (created|updated|failed|skipped)} behind it.
 *
 * @param byType sorted by key
 */
public record ResourceList(Map<String, List<String>> byType) {

  public ResourceList {
    Map<String, List<String>> sorted = new TreeMap<>();
    byType.forEach((type, names) -> sorted.put(type, names.stream().sorted().toList()));
    byType = sorted;
  }

  /** How many items. */
  public int size() {
    return byType.values().stream().mapToInt(List::size).sum();
  }

  /** Collects a list, item by item. */
  public static final class Builder {
    private final Map<String, List<String>> byType = new TreeMap<>();

    public Builder add(String apiVersion, String kind, String namespace, String name) {
      return add(apiVersion, kind, namespace, name, null);
    }

    /**
     * @param outcome {@code created}, {@code updated}, {@code failed} or {@code skipped}; null for
     *     a backup's list
     */
    public Builder add(
        String apiVersion, String kind, String namespace, String name, @Nullable String outcome) {
      String item = namespace.isEmpty() ? name : namespace + "/" + name;
      byType
          .computeIfAbsent(apiVersion + "/" + kind, _ -> new ArrayList<>())
          .add(outcome == null ? item : item + "(" + outcome + ")");
      return this;
    }

    public ResourceList build() {
      return new ResourceList(byType);
    }
  }

  /** The gzipped file. */
  public byte[] toBytes() {
    return Gzip.compress(GoJson.line(byType));
  }

  /**
   * @throws Failure.Corrupt naming {@code what}
   */
  public static ResourceList read(byte[] gzip, String what) {
    try {
      Map<String, List<String>> byType =
          Json.MAPPER.readValue(Gzip.decompress(gzip, what), new TypeReference<>() {});
      return new ResourceList(byType == null ? Map.of() : byType);
    } catch (IOException | NullPointerException e) {
      throw new Failure.Corrupt(what + " is not a resource list", null, e);
    }
  }
}
