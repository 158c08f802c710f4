package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.NamespaceFilter;
import dev.holdfast.engine.select.TypeFilter;
import dev.holdfast.engine.select.TypeNames;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.velero.Backup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The first stage: filters → which types, which namespaces. Reads, writes nothing. */
final class Select {

  private static final List<String> NEEDED_VERBS = List.of("list", "create", "get", "delete");

  /** Pods first, so that they bring their volumes; then claims and volumes. */
  private static final List<String> FIRST =
      List.of("pods", "persistentvolumeclaims", "persistentvolumes");

  /** One object served by two groups: stored once, by the group that comes first. */
  private static final Map<String, Set<String>> COHABITING =
      Map.of(
          "deployments", Set.of("extensions", "apps"),
          "daemonsets", Set.of("extensions", "apps"),
          "replicasets", Set.of("extensions", "apps"),
          "networkpolicies", Set.of("extensions", "networking.k8s.io"),
          "events", Set.of("", "events.k8s.io"));

  private final Cluster cluster;
  private final Backup.Spec spec;
  private final Findings findings;

  Select(Cluster cluster, Backup.Spec spec, Findings findings) {
    this.cluster = cluster;
    this.spec = spec;
    this.findings = findings;
  }

  /**
   * @throws Failure.Absent if the spec names only namespaces that do not exist
   * @throws Failure.Invalid if it names one that its label excludes
   */
  Selection select(Operation op) {
    Discovery discovery = cluster.discover(op);
    discovery
        .failed()
        .forEach((group, why) ->
            findings.warning(
                Findings.About.RUN,
                "the API group "
                    + group
                    + " could not be discovered, its items are not in the"
                    + " backup: "
                    + why));
    List<Cluster.Item> namespaces = namespaces(op, discovery);
    NamespaceFilter namespaceFilter = namespaceFilter(namespaces);
    TypeNames names = new TypeNames(discovery);
    TypeFilter typeFilter = TypeFilter.of(spec, names, namespaceFilter);
    reportUnknown(names);
    List<ResourceType> types = types(discovery, typeFilter);
    requireSomeNamespace(namespaceFilter, namespaces, types);
    return new Selection(
        discovery,
        typeFilter,
        namespaceFilter,
        LabelFilter.of(spec.labelSelector(), spec.orLabelSelectors()),
        types,
        namespaces,
        ordered(names));
  }

  /**
   * All namespaces; where the caller may not list them, those that the spec names and he may get.
   */
  private List<Cluster.Item> namespaces(Operation op, Discovery discovery) {
    Optional<ResourceType> type = discovery.find(TypeFilter.NAMESPACES);
    if (type.isEmpty()) {
      return List.of();
    }
    List<Cluster.Item> items = new ArrayList<>();
    try {
      cluster.list(op, type.get(), "", Cluster.ListOptions.ALL, items::add);
      return items;
    } catch (Failure.Denied e) {
      findings.warning(
          Findings.About.type(TypeFilter.NAMESPACES, ""), "namespaces cannot be listed", e);
    }
    List<Cluster.Item> named = new ArrayList<>();
    for (String name :
        spec.includedNamespaces() == null ? List.<String>of() : spec.includedNamespaces()) {
      try {
        named.add(cluster.get(op, type.get(), "", name).orElseGet(() -> absent(type.get(), name)));
      } catch (Failure.Denied e) {
        findings.info(
            new Findings.About("namespaces", null, name), "may not be read, is taken to exist");
        named.add(unseen(type.get(), name));
      }
    }
    named.removeIf(item -> item.json().length == 0);
    return named;
  }

  private static Cluster.Item absent(ResourceType type, String name) {
    return new Cluster.Item(type, "", name, new byte[0]);
  }

  /** Stands for a namespace that the caller may use but not read; is not stored. */
  private static Cluster.Item unseen(ResourceType type, String name) {
    return new Cluster.Item(type, "", name, Json.bytes(Map.of("metadata", Map.of("name", name))));
  }

  private NamespaceFilter namespaceFilter(List<Cluster.Item> namespaces) {
    List<String> existing = new ArrayList<>();
    Set<String> labelledOut = new HashSet<>();
    for (Cluster.Item item : namespaces) {
      existing.add(item.name());
      ObjectNode namespace = Json.object(item.json(), "Namespace " + item.name());
      if (namespace
          .at("/metadata/labels")
          .path(BackupRequest.EXCLUDE_LABEL)
          .asText()
          .equals("true")) {
        labelledOut.add(item.name());
      }
    }
    List<String> includes =
        spec.includedNamespaces() == null ? List.of() : spec.includedNamespaces();
    for (String name : new TreeSet<>(labelledOut)) {
      if (includes.contains(name)) {
        throw new Failure.Invalid(
            "Invalid included/excluded namespace lists: excludes list cannot contain an item in"
                + " the includes list: "
                + name,
            "the namespace carries the label "
                + BackupRequest.EXCLUDE_LABEL
                + "=true: remove the label, or do not name it");
      }
    }
    return NamespaceFilter.of(
        spec.includedNamespaces(), spec.excludedNamespaces(), existing, labelledOut);
  }

  /** A namespace that is named and missing is an error; if all of them are, nothing is begun. */
  private void requireSomeNamespace(
      NamespaceFilter filter, List<Cluster.Item> namespaces, List<ResourceType> types) {
    if (filter.matchesNothing()) {
      findings.warning(
          Findings.About.RUN, "no namespaces matched the resolution of wildcard patterns ");
    }
    Set<String> existing = new HashSet<>();
    namespaces.forEach(item -> existing.add(item.name()));
    List<String> named = filter.allAtOnce() ? List.of() : filter.named();
    List<String> missing = named.stream().filter(name -> !existing.contains(name)).toList();
    if (!missing.isEmpty()
        && missing.size() == named.size()
        && types.stream().allMatch(ResourceType::namespaced)) {
      throw new Failure.Absent(
          (missing.size() == 1 ? "Namespace '" : "None of the namespaces '")
              + String.join("', '", missing)
              + (missing.size() == 1 ? "' does not exist" : "' exists")
              + " in "
              + cluster.describe(),
          "look with: kubectl get namespaces; no backup was made",
          null);
    }
    for (String name : missing) {
      findings.error(
          new Findings.About("namespaces", null, null),
          "the namespace " + name + " specified in includedNamespaces does not exist");
    }
  }

  private static List<ResourceType> types(Discovery discovery, TypeFilter filter) {
    Set<String> cohabiting = new HashSet<>();
    return discovery.preferred().stream()
        .filter(type -> NEEDED_VERBS.stream().allMatch(type::can))
        .sorted(
            Comparator.comparingInt(
                    (ResourceType type) -> type.group().equals("extensions") ? 1 : 0)
                .thenComparingInt(Select::rank))
        .filter(filter::collects)
        .filter(type -> !type.groupResource().equals(TypeFilter.NAMESPACES))
        .filter(type ->
            !COHABITING.getOrDefault(type.resource(), Set.of()).contains(type.group())
                || cohabiting.add(type.resource()))
        .toList();
  }

  private static int rank(ResourceType type) {
    int first = type.group().isEmpty() ? FIRST.indexOf(type.resource()) : -1;
    return first < 0 ? FIRST.size() : first;
  }

  private void reportUnknown(TypeNames names) {
    List<@Nullable List<String>> lists =
        java.util.Arrays.asList(
            spec.includedResources(),
            spec.excludedResources(),
            spec.includedClusterScopedResources(),
            spec.excludedClusterScopedResources(),
            spec.includedNamespaceScopedResources(),
            spec.excludedNamespaceScopedResources());
    Set<String> unknown = new TreeSet<>();
    lists.forEach(list -> unknown.addAll(names.unknown(list)));
    // Where CSI snapshots are not installed, the exclusions that Velero adds name nothing.
    unknown.remove(TypeFilter.VOLUME_SNAPSHOTS.toString());
    unknown.remove(TypeFilter.VOLUME_SNAPSHOT_CONTENTS.toString());
    for (String name : unknown) {
      findings.warning(
          Findings.About.RUN,
          "the filters name '" + name + "', which is no type that this cluster serves");
    }
  }

  private Map<String, List<String>> ordered(TypeNames names) {
    Map<String, List<String>> ordered = new LinkedHashMap<>();
    Map<String, String> given =
        spec.orderedResources() == null ? Map.of() : spec.orderedResources();
    given.forEach((type, items) -> {
      Optional<ResourceType> known = names.find(type);
      if (known.isEmpty()) {
        findings.warning(
            Findings.About.RUN,
            "orderedResources names '" + type + "', which is no type that this cluster serves");
        return;
      }
      ordered.put(
          known.get().groupResource().toString(),
          java.util.Arrays.stream(items.split(",", -1))
              .map(String::strip)
              .filter(name -> !name.isEmpty())
              .toList());
    });
    return ordered;
  }
}
