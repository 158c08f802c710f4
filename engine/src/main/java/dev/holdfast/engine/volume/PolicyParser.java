package dev.holdfast.engine.volume;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.engine.volume.ResourcePolicies.Action;
import dev.holdfast.engine.volume.ResourcePolicies.Capacity;
import dev.holdfast.engine.volume.ResourcePolicies.Conditions;
import dev.holdfast.engine.volume.ResourcePolicies.Csi;
import dev.holdfast.engine.volume.ResourcePolicies.Nfs;
import dev.holdfast.engine.volume.ResourcePolicies.Rule;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Quantity;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads resource policies strictly: what is not known is an error that says where it stands. */
final class PolicyParser {

  private static final YAMLMapper YAML =
      YAMLMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .build();

  private static final Set<String> FILTERS =
      Set.of("includeExcludePolicy", "clusterScopedFilterPolicy", "namespacedFilterPolicies");

  private final String yaml;

  PolicyParser(String yaml) {
    this.yaml = yaml;
  }

  ResourcePolicies parse() {
    JsonNode root;
    try {
      root = YAML.readTree(yaml);
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
      throw new Failure.Invalid("The resource policies are not valid YAML" + line, null, e);
    }
    if (root == null || !root.isObject()) {
      throw wrong("it", "must be an object with version and volumePolicies");
    }
    for (String filter : FILTERS) {
      if (root.has(filter)) {
        throw new Failure.Unsupported(
            "The resource policies have " + filter + ", which this version does not apply",
            "say in the backup's spec what it is to include, and remove " + filter);
      }
    }
    known(root, "it", Set.of("version", "volumePolicies"));
    String version = root.path("version").asText();
    if (!version.equals("v1")) {
      throw wrong("version", "is '" + version + "', and only v1 is known");
    }
    List<Rule> rules = new ArrayList<>();
    for (JsonNode rule : root.path("volumePolicies")) {
      rules.add(rule(rule, "volumePolicies[" + rules.size() + "]"));
    }
    return new ResourcePolicies(rules);
  }

  private static Failure wrong(String where, String what) {
    return new Failure.Invalid("The resource policies are wrong: " + where + " " + what);
  }

  private static void known(JsonNode object, String where, Set<String> fields) {
    if (!object.isObject() && !object.isMissingNode() && !object.isNull()) {
      throw wrong(where, "must be an object");
    }
    for (String field : (Iterable<String>) object::fieldNames) {
      if (!fields.contains(field)) {
        throw wrong(
            where + "." + field,
            "is unknown; known are " + String.join(", ", fields.stream().sorted().toList()));
      }
    }
  }

  private static Rule rule(JsonNode rule, String where) {
    known(rule, where, Set.of("conditions", "action"));
    JsonNode action = rule.path("action");
    known(action, where + ".action", Set.of("type", "parameters"));
    String type = action.path("type").asText();
    return new Rule(
        conditions(rule.path("conditions"), where + ".conditions"),
        Action.of(type)
            .orElseThrow(() ->
                wrong(
                    where + ".action.type",
                    "is '" + type + "', and must be skip, fs-backup, snapshot or custom")),
        strings(action.path("parameters"), where + ".action.parameters"));
  }

  private static Conditions conditions(JsonNode node, String where) {
    known(
        node,
        where,
        Set.of(
            "capacity",
            "storageClass",
            "nfs",
            "csi",
            "volumeTypes",
            "pvcLabels",
            "pvcPhase",
            "pvcVolumeMode",
            "pvcAccessModes"));
    List<String> types = list(node, "volumeTypes", where);
    for (String type : types) {
      if (!VolumeFacts.isType(type)) {
        throw wrong(where + ".volumeTypes", "has '" + type + "', which is no volume source");
      }
    }
    return new Conditions(
        capacity(node.path("capacity"), where + ".capacity"),
        list(node, "storageClass", where),
        nfs(node, where + ".nfs"),
        csi(node, where + ".csi"),
        types,
        strings(node.path("pvcLabels"), where + ".pvcLabels"),
        list(node, "pvcPhase", where),
        node.path("pvcVolumeMode").asText(),
        list(node, "pvcAccessModes", where));
  }

  private static @Nullable Nfs nfs(JsonNode conditions, String where) {
    JsonNode nfs = conditions.path("nfs");
    known(nfs, where, Set.of("server", "path"));
    return conditions.has("nfs")
        ? new Nfs(nfs.path("server").asText(""), nfs.path("path").asText(""))
        : null;
  }

  private static @Nullable Csi csi(JsonNode conditions, String where) {
    JsonNode csi = conditions.path("csi");
    known(csi, where, Set.of("driver", "volumeAttributes"));
    return conditions.has("csi")
        ? new Csi(
            csi.path("driver").asText(""),
            strings(csi.path("volumeAttributes"), where + ".volumeAttributes"))
        : null;
  }

  /** {@code lower,upper}, either of which may be empty; an upper end of 0 is none. */
  private static @Nullable Capacity capacity(JsonNode node, String where) {
    if (node.isMissingNode() || node.asText().isBlank()) {
      return null;
    }
    String[] ends = node.asText().split(",", -1);
    if (ends.length != 2) {
      throw wrong(where, "is '" + node.asText() + "', and must be LOWER,UPPER");
    }
    BigDecimal lower = quantity(ends[0], where);
    BigDecimal upper = quantity(ends[1], where);
    boolean open = upper == null || upper.signum() == 0;
    if (lower != null && upper != null && !open && lower.compareTo(upper) > 0) {
      throw wrong(where, "ends before it begins: " + node.asText());
    }
    return new Capacity(lower, open ? null : upper);
  }

  private static @Nullable BigDecimal quantity(String text, String where) {
    return text.isBlank()
        ? null
        : Quantity.value(text.strip())
            .filter(value -> value.signum() >= 0)
            .orElseThrow(() -> wrong(where, "has '" + text + "', which is no quantity"));
  }

  private static List<String> list(JsonNode node, String field, String where) {
    JsonNode list = node.path(field);
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw wrong(where + "." + field, "must be a list");
    }
    return list.valueStream().map(JsonNode::asText).toList();
  }

  private static Map<String, String> strings(JsonNode object, String where) {
    if (!object.isObject() && !object.isMissingNode() && !object.isNull()) {
      throw wrong(where, "must be an object");
    }
    Map<String, String> strings = new TreeMap<>();
    object.properties().forEach(each -> strings.put(each.getKey(), each.getValue().asText()));
    return strings;
  }
}
