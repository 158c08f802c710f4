package dev.holdfast.cli.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Session;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** ConfigMaps that a document names: among the documents of {@code -f}, else in the cluster. */
public final class ConfigMapSource {

  private final Session session;
  private final Cluster cluster;
  private final @Nullable DocumentFile source;
  private final String namespace;

  /**
   * @param source the documents of {@code -f}; null without them
   * @param namespace of the document that names them; null for {@code velero}
   */
  public ConfigMapSource(
      Session session, Cluster cluster, @Nullable DocumentFile source, @Nullable String namespace) {
    this.session = session;
    this.cluster = cluster;
    this.source = source;
    this.namespace = Objects.requireNonNullElse(namespace, "velero");
  }

  /**
   * The value of the ConfigMap's only key.
   *
   * @param flag takes the same from a file, for the message
   * @throws Failure.Absent if there is no such ConfigMap
   * @throws Failure.Invalid if it has another number of keys
   */
  public String onlyValue(String name, String flag) {
    List<String> values = new ArrayList<>();
    find(name, flag).path("data").forEach(value -> values.add(value.asText()));
    if (values.size() != 1) {
      throw new Failure.Invalid(
          "ConfigMap " + name + " must have exactly one key, but has " + values.size());
    }
    return values.getFirst();
  }

  /**
   * The ConfigMaps of the namespace with this label, and those of {@code -f}; none where they may
   * not be listed.
   *
   * @param selector such as {@code key=value}
   */
  public List<ObjectNode> labelled(String selector) {
    List<ObjectNode> found = new ArrayList<>();
    if (source != null) {
      found.addAll(source.all("ConfigMap"));
    }
    try {
      cluster
          .discover(session.operation())
          .find(GroupResource.parse("configmaps"))
          .ifPresent(type ->
              cluster.list(
                  session.operation(),
                  type,
                  namespace,
                  new Cluster.ListOptions(selector, null, 0),
                  item -> found.add(Json.object(item.json(), "ConfigMap " + item.name()))));
    } catch (Failure.Denied | Failure.Absent e) {
      // without rights in that namespace there is nothing to be read from it
    }
    return found;
  }

  private ObjectNode find(String name, String flag) {
    if (source != null) {
      for (ObjectNode candidate : source.all("ConfigMap")) {
        if (name.equals(candidate.path("metadata").path("name").asText())) {
          return candidate;
        }
      }
    }
    var type =
        cluster.discover(session.operation()).find(GroupResource.parse("configmaps")).orElseThrow();
    return cluster
        .get(session.operation(), type, namespace, name)
        .map(item -> Json.object(item.json(), "ConfigMap " + name))
        .orElseThrow(() ->
            new Failure.Absent(
                "There is no ConfigMap " + name + " in namespace " + namespace,
                "give it as a file: " + flag + " FILE",
                null));
  }

  /**
   * The text of a file that a flag names.
   *
   * @throws Failure.Absent if it cannot be read
   */
  public static String read(Path file, String flag) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new Failure.Absent(flag + ": cannot read " + file, "check its path and its rights", e);
    }
  }
}
