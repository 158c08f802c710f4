package dev.holdfast.cli.document;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which items: flags that backup and restore share, named as Velero names them. */
public final class SelectionFlags {

  @Option(
      names = {"-n", "--namespace", "--include-namespaces"},
      split = ",",
      paramLabel = "NS",
      description = "Only these namespaces, separated by commas; '*' and '?' match. Default: all.")
  @Nullable List<String> includeNamespaces;

  @Option(
      names = "--exclude-namespaces",
      split = ",",
      paramLabel = "NS",
      description = "All but these namespaces.")
  @Nullable List<String> excludeNamespaces;

  @Option(
      names = "--include-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "Only these types, such as deployments.apps or secrets. Default: all.")
  @Nullable List<String> includeResources;

  @Option(
      names = "--exclude-resources",
      split = ",",
      paramLabel = "TYPE",
      description = "All but these types.")
  @Nullable List<String> excludeResources;

  @Option(
      names = "--include-cluster-resources",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description =
          "Cluster-scoped items: true for all, false for none. Default: those that belong to what"
              + " is chosen, and all where everything is.")
  @Nullable Boolean includeClusterResources;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "LABELS",
      description = "Only items with these labels, such as 'app=web,tier in (a,b)'.")
  @Nullable String selector;

  @Option(
      names = "--or-selector",
      paramLabel = "LABELS",
      description = "Items that match any of several: 'app=web or app=db'.")
  @Nullable String orSelector;

  /** Writes what was given over the spec's own fields. */
  public void into(ObjectNode spec) {
    list(spec, "includedNamespaces", includeNamespaces);
    list(spec, "excludedNamespaces", excludeNamespaces);
    list(spec, "includedResources", includeResources);
    list(spec, "excludedResources", excludeResources);
    if (includeClusterResources != null) {
      spec.put("includeClusterResources", includeClusterResources);
    }
    if (selector != null) {
      spec.set("labelSelector", parsed("--selector", selector));
    }
    if (orSelector != null) {
      ArrayNode any = spec.putArray("orLabelSelectors");
      for (String one : orSelector.split(" or ", -1)) {
        any.add(parsed("--or-selector", one.strip()));
      }
    }
  }

  /** The one namespace that was asked for, else null: part of a default name. */
  public @Nullable String onlyNamespace() {
    return includeNamespaces != null
            && includeNamespaces.size() == 1
            && !includeNamespaces.getFirst().contains("*")
        ? includeNamespaces.getFirst()
        : null;
  }

  static void list(ObjectNode spec, String field, @Nullable List<String> values) {
    if (values != null) {
      ArrayNode array = spec.putArray(field);
      values.stream().map(String::strip).filter(value -> !value.isEmpty()).forEach(array::add);
    }
  }

  static void map(ObjectNode parent, String field, @Nullable Map<String, String> values) {
    if (values != null) {
      ObjectNode object = parent.withObjectProperty(field);
      values.forEach(object::put);
    }
  }

  private static ObjectNode parsed(String flag, String text) {
    try {
      return Json.tree(LabelSelector.parse(text));
    } catch (Failure.Invalid e) {
      throw new Failure.Invalid(flag + ": " + e.getMessage(), e.next(), e);
    }
  }
}
