package dev.holdfast.engine.backup;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.NamespaceFilter;
import dev.holdfast.engine.select.TypeFilter;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.ResourceType;
import java.util.List;
import java.util.Map;

/**
 * What a run is to collect: the filters, resolved against what the cluster serves and holds.
 *
 * @param types to list, in the archive's order; Namespaces, if they are wanted, are not among them:
 *     they depend on what else is found
 * @param namespaces the cluster's Namespace objects, as far as the caller may see them
 * @param ordered plural name of a type → items that come first, {@code ns/name} or {@code name}
 */
record Selection(
    Discovery discovery,
    TypeFilter typeFilter,
    NamespaceFilter namespaceFilter,
    LabelFilter labels,
    List<ResourceType> types,
    List<Cluster.Item> namespaces,
    Map<String, List<String>> ordered) {}
