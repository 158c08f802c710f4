package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.model.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Old → new node: in node selectors and node affinity of pods and pod templates, in the node
 * affinity of PersistentVolumes, and as the selected node of a claim, so that it is provisioned
 * there. The key {@code *} stands for every other node.
 *
 * @param nodes by old name
 */
public record NodeMapping(Map<String, String> nodes) {

  /** The label of Velero's ConfigMap; its value is {@code RestoreItemAction}. */
  public static final String LABEL = "velero.io/change-pvc-node-selector";

  public static final NodeMapping NONE = new NodeMapping(Map.of());

  static final String SELECTED = "volume.kubernetes.io/selected-node";
  private static final String ANY = "*";

  /** Labels and topology keys whose values are names of nodes. */
  private static final Set<String> NAMES =
      Set.of("kubernetes.io/hostname", "openebs.io/nodename", "openebs.io/nodeid");

  public NodeMapping {
    nodes = Map.copyOf(nodes);
  }

  /**
   * Reads Velero's ConfigMap out of those given; {@link #NONE} if none carries the labels.
   *
   * @throws Failure.Invalid if several do
   */
  public static NodeMapping fromConfigMaps(List<ObjectNode> configMaps) {
    return new NodeMapping(PluginConfig.data(configMaps, LABEL));
  }

  /**
   * Reads {@code old=new} as given on the command line.
   *
   * @throws Failure.Invalid if one has another form, or a node is mapped twice
   */
  public static NodeMapping fromFlags(List<String> flags) {
    Map<String, String> nodes = new TreeMap<>();
    for (String flag : flags) {
      String[] parts = flag.split("=", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw new Failure.Invalid("'" + flag + "' is not a node mapping", "write OLD=NEW");
      }
      String before = nodes.put(parts[0].trim(), parts[1].trim());
      if (before != null && !before.equals(parts[1].trim())) {
        throw new Failure.Invalid("Node '" + parts[0] + "' is mapped twice", "keep one of the two");
      }
    }
    return new NodeMapping(nodes);
  }

  /** These, and the others where these say nothing. */
  public NodeMapping over(NodeMapping others) {
    Map<String, String> all = new TreeMap<>(others.nodes);
    all.putAll(nodes);
    return new NodeMapping(all);
  }

  /** The node that takes the place of this one; empty if it is not mapped. */
  public Optional<String> of(String node) {
    return node.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(nodes.getOrDefault(node, nodes.get(ANY)));
  }

  void pods(Draft draft) {
    if (nodes.isEmpty()) {
      return;
    }
    ObjectNode spec =
        switch (draft.source.type().resource()) {
          case "pods" -> Fields.object(draft.item, "spec");
          case "cronjobs" ->
              Fields.object(draft.item, "spec", "jobTemplate", "spec", "template", "spec");
          default -> Fields.object(draft.item, "spec", "template", "spec");
        };
    if (spec != null) {
      map(spec);
    }
  }

  /** In place, in the spec of a pod. */
  void map(ObjectNode spec) {
    ObjectNode selector = Fields.object(spec, "nodeSelector");
    if (selector != null) {
      for (String key : NAMES) {
        of(Fields.text(selector, key)).ifPresent(node -> selector.put(key, node));
      }
    }
    String[] affinity = {"affinity", "nodeAffinity"};
    ObjectNode rules = Fields.object(spec, affinity);
    if (rules != null) {
      terms(rules.at("/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms"));
      for (ObjectNode each :
          Fields.objects(rules, "preferredDuringSchedulingIgnoredDuringExecution")) {
        term(each.path("preference"));
      }
    }
  }

  void volume(Draft draft) {
    if (!nodes.isEmpty()) {
      terms(draft.item.at("/spec/nodeAffinity/required/nodeSelectorTerms"));
    }
  }

  /** The node that the claim's volume was on, as the claim says it. */
  void claim(Draft draft) {
    of(Fields.annotation(draft.original, SELECTED))
        .ifPresent(node -> {
          boolean bound = !Fields.text(draft.item, "spec", "volumeName").isEmpty();
          if (!bound) {
            draft.item.withObject("/metadata/annotations").put(SELECTED, node);
          }
        });
  }

  private void terms(JsonNode terms) {
    terms.forEach(this::term);
  }

  private void term(JsonNode term) {
    for (JsonNode expression : term.path("matchExpressions")) {
      if (NAMES.contains(expression.path("key").asText())) {
        values(expression);
      }
    }
    for (JsonNode field : term.path("matchFields")) {
      if (field.path("key").asText().equals("metadata.name")) {
        values(field);
      }
    }
  }

  private void values(JsonNode expression) {
    if (expression.get("values") instanceof ArrayNode values) {
      for (int i = 0; i < values.size(); i++) {
        int at = i;
        of(values.get(i).asText()).ifPresent(node -> values.set(at, TextNode.valueOf(node)));
      }
    }
  }
}
