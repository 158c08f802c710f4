package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.holdfast.sandbox.schema.ServedType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What {@code kubectl get} shows of each type. */
final class Columns {

  /**
   * One column.
   *
   * @param priority above 0 for those that only {@code -o wide} shows
   * @param value of an object
   */
  record Column(
      String name,
      String type,
      String format,
      int priority,
      String description,
      Function<JsonNode, Object> value) {}

  private static final Column NAME =
      new Column(
          "Name",
          "string",
          "name",
          0,
          "Name must be unique within a namespace. Is required when creating resources, although"
              + " some resources may allow a client to request the generation of an appropriate name"
              + " automatically.",
          object -> object.at("/metadata/name").asText());

  private static final Map<String, List<Column>> BUILT_IN = new TreeMap<>();

  static {
    add("configmaps", number("Data", o -> o.path("data").size() + o.path("binaryData").size()));
    add("secrets", text("Type", "/type"), number("Data", o -> o.path("data").size()));
    add("serviceaccounts", number("Secrets", o -> o.path("secrets").size()));
    add("namespaces", text("Status", "/status/phase"));
    add(
        "pods",
        string("Ready", Columns::podReady),
        string("Status", Columns::podStatus),
        string("Restarts", o -> String.valueOf(restarts(o))));
    add(
        "services",
        text("Type", "/spec/type"),
        string("Cluster-IP", o -> or(o.at("/spec/clusterIP").asText(), "<none>")),
        string("External-IP", Columns::externalAddress),
        string("Port(s)", Columns::ports));
    add(
        "deployments.apps",
        string(
            "Ready",
            o -> o.at("/status/readyReplicas").asLong() + "/" + o.at("/spec/replicas").asLong()),
        integer("Up-to-date", "/status/updatedReplicas"),
        integer("Available", "/status/availableReplicas"));
    add(
        "statefulsets.apps",
        string(
            "Ready",
            o -> o.at("/status/readyReplicas").asLong() + "/" + o.at("/spec/replicas").asLong()));
    add(
        "replicasets.apps",
        integer("Desired", "/spec/replicas"),
        integer("Current", "/status/replicas"),
        integer("Ready", "/status/readyReplicas"));
    add(
        "daemonsets.apps",
        integer("Desired", "/status/desiredNumberScheduled"),
        integer("Current", "/status/currentNumberScheduled"),
        integer("Ready", "/status/numberReady"),
        integer("Up-to-date", "/status/updatedNumberScheduled"),
        integer("Available", "/status/numberAvailable"),
        string("Node Selector", o -> labels(o.at("/spec/template/spec/nodeSelector"))));
    add(
        "jobs.batch",
        string("Status", o -> "Running"),
        string(
            "Completions",
            o -> o.at("/status/succeeded").asLong() + "/" + o.at("/spec/completions").asLong(1)),
        string("Duration", o -> ""));
    add(
        "cronjobs.batch",
        text("Schedule", "/spec/schedule"),
        string("Timezone", o -> or(o.at("/spec/timeZone").asText(), "<none>")),
        string("Suspend", o -> o.at("/spec/suspend").asBoolean() ? "True" : "False"),
        number("Active", o -> o.at("/status/active").size()),
        string(
            "Last Schedule", o -> Ages.since(o.at("/status/lastScheduleTime").asText(), "<none>")));
    add(
        "persistentvolumeclaims",
        text("Status", "/status/phase"),
        text("Volume", "/spec/volumeName"),
        text("Capacity", "/status/capacity/storage"),
        string("Access Modes", o -> modes(o.at("/spec/accessModes"))),
        text("StorageClass", "/spec/storageClassName"),
        string(
            "VolumeAttributesClass",
            o -> or(o.at("/spec/volumeAttributesClassName").asText(), "<unset>")));
    add(
        "persistentvolumes",
        text("Capacity", "/spec/capacity/storage"),
        string("Access Modes", o -> modes(o.at("/spec/accessModes"))),
        text("Reclaim Policy", "/spec/persistentVolumeReclaimPolicy"),
        text("Status", "/status/phase"),
        string("Claim", Columns::claim),
        text("StorageClass", "/spec/storageClassName"),
        string(
            "VolumeAttributesClass",
            o -> or(o.at("/spec/volumeAttributesClassName").asText(), "<unset>")),
        text("Reason", "/status/reason"));
    add(
        "storageclasses.storage.k8s.io",
        text("Provisioner", "/provisioner"),
        text("ReclaimPolicy", "/reclaimPolicy"),
        text("VolumeBindingMode", "/volumeBindingMode"),
        string(
            "AllowVolumeExpansion",
            o -> String.valueOf(o.path("allowVolumeExpansion").asBoolean())));
    add(
        "ingresses.networking.k8s.io",
        string("Class", o -> or(o.at("/spec/ingressClassName").asText(), "<none>")),
        string("Hosts", Columns::hosts),
        string("Address", o -> ""),
        string("Ports", o -> o.at("/spec/tls").isEmpty() ? "80" : "80, 443"));
    add("roles.rbac.authorization.k8s.io", text("Created At", "/metadata/creationTimestamp"));
    add(
        "rolebindings.rbac.authorization.k8s.io",
        string("Role", o -> o.at("/roleRef/kind").asText() + "/" + o.at("/roleRef/name").asText()));
    add(
        "clusterrolebindings.rbac.authorization.k8s.io",
        string("Role", o -> o.at("/roleRef/kind").asText() + "/" + o.at("/roleRef/name").asText()));
    add(
        "customresourcedefinitions.apiextensions.k8s.io",
        text("Created At", "/metadata/creationTimestamp"));
    add(
        "clusterroles.rbac.authorization.k8s.io",
        text("Created At", "/metadata/creationTimestamp"));
    add(
        "priorityclasses.scheduling.k8s.io",
        integer("Value", "/value"),
        string("Global-Default", o -> String.valueOf(o.path("globalDefault").asBoolean())));
    add(
        "poddisruptionbudgets.policy",
        string("Min Available", o -> or(o.at("/spec/minAvailable").asText(), "N/A")),
        string("Max Unavailable", o -> or(o.at("/spec/maxUnavailable").asText(), "N/A")),
        integer("Allowed Disruptions", "/status/disruptionsAllowed"));
    add(
        "networkpolicies.networking.k8s.io",
        string("Pod-Selector", o -> selector(o.at("/spec/podSelector"))));
  }

  private Columns() {}

  private static void add(String type, Column... columns) {
    BUILT_IN.put(type, List.of(columns));
  }

  private static Column string(String name, Function<JsonNode, Object> value) {
    return new Column(name, "string", "", 0, name, value);
  }

  private static Column text(String name, String pointer) {
    return string(name, object -> object.at(pointer).asText());
  }

  private static Column number(String name, Function<JsonNode, Object> value) {
    return new Column(name, "integer", "", 0, name, value);
  }

  private static Column integer(String name, String pointer) {
    return number(name, object -> object.at(pointer).asLong());
  }

  /** The columns of a type. */
  static List<Column> of(ServedType type) {
    List<Column> columns = new ArrayList<>(List.of(NAME));
    JsonNode definition = type.definition();
    if (definition != null && !definition.path("additionalPrinterColumns").isEmpty()) {
      definition.path("additionalPrinterColumns").forEach(column -> columns.add(custom(column)));
      return columns;
    }
    List<Column> own = BUILT_IN.getOrDefault(type.qualified(), List.of());
    columns.addAll(own);
    if (own.stream().noneMatch(column -> column.name().equals("Created At"))) {
      columns.add(
          string(
              "Age",
              object ->
                  Ages.since(object.at("/metadata/creationTimestamp").asText(), "<unknown>")));
    }
    return columns;
  }

  private static Column custom(JsonNode column) {
    String pointer = pointer(column.path("jsonPath").asText());
    String type = column.path("type").asText();
    return new Column(
        column.path("name").asText(),
        type,
        column.path("format").asText(),
        column.path("priority").asInt(),
        or(
            column.path("description").asText(),
            "Custom resource definition column (in JSONPath format): "
                + column.path("jsonPath").asText()),
        object -> {
          JsonNode value = object.at(pointer);
          if (type.equals("date")) {
            return Ages.since(value.asText(), "<unknown>");
          }
          return value.isMissingNode() ? NullNode.getInstance() : value;
        });
  }

  /** A plain JSON path as a JSON pointer; filters and wildcards find nothing. */
  private static String pointer(String path) {
    return path.replaceAll("\\['?([^'\\]]+)'?]", ".$1")
        .replace("\\.", "\u0000")
        .replace('.', '/')
        .replace('\u0000', '.');
  }

  private static String or(String value, String otherwise) {
    return value.isEmpty() ? otherwise : value;
  }

  private static Object podReady(JsonNode pod) {
    long ready =
        pod.at("/status/containerStatuses")
            .valueStream()
            .filter(status -> status.path("ready").asBoolean())
            .count();
    return ready + "/" + pod.at("/spec/containers").size();
  }

  private static Object podStatus(JsonNode pod) {
    return pod.path("metadata").has("deletionTimestamp")
        ? "Terminating"
        : or(pod.at("/status/reason").asText(), pod.at("/status/phase").asText());
  }

  private static long restarts(JsonNode pod) {
    return pod.at("/status/containerStatuses")
        .valueStream()
        .mapToLong(status -> status.path("restartCount").asLong())
        .sum();
  }

  private static Object externalAddress(JsonNode service) {
    List<String> addresses = new ArrayList<>();
    service.at("/spec/externalIPs").forEach(ip -> addresses.add(ip.asText()));
    if (service.at("/spec/type").asText().equals("LoadBalancer")) {
      service
          .at("/status/loadBalancer/ingress")
          .forEach(
              each -> addresses.add(or(each.path("ip").asText(), each.path("hostname").asText())));
      return addresses.isEmpty() ? "<pending>" : String.join(",", addresses);
    }
    if (service.at("/spec/type").asText().equals("ExternalName")) {
      return service.at("/spec/externalName").asText();
    }
    return addresses.isEmpty() ? "<none>" : String.join(",", addresses);
  }

  private static Object ports(JsonNode service) {
    String ports =
        service
            .at("/spec/ports")
            .valueStream()
            .map(port ->
                port.path("port").asText()
                    + (port.has("nodePort") ? ":" + port.path("nodePort").asText() : "")
                    + "/"
                    + port.path("protocol").asText())
            .collect(Collectors.joining(","));
    return or(ports, "<none>");
  }

  private static String labels(JsonNode labels) {
    List<String> all = new ArrayList<>();
    labels.properties().forEach(e -> all.add(e.getKey() + "=" + e.getValue().asText()));
    Collections.sort(all);
    return all.isEmpty() ? "<none>" : String.join(",", all);
  }

  private static String selector(JsonNode selector) {
    return labels(selector.path("matchLabels"));
  }

  private static String modes(JsonNode modes) {
    return modes
        .valueStream()
        .map(mode ->
            switch (mode.asText()) {
              case "ReadWriteOnce" -> "RWO";
              case "ReadOnlyMany" -> "ROX";
              case "ReadWriteMany" -> "RWX";
              case "ReadWriteOncePod" -> "RWOP";
              default -> mode.asText();
            })
        .collect(Collectors.joining(","));
  }

  private static Object claim(JsonNode volume) {
    JsonNode ref = volume.at("/spec/claimRef");
    return ref.isObject() ? ref.path("namespace").asText() + "/" + ref.path("name").asText() : "";
  }

  private static Object hosts(JsonNode ingress) {
    String hosts =
        ingress
            .at("/spec/rules")
            .valueStream()
            .map(rule -> rule.path("host").asText())
            .filter(host -> !host.isEmpty())
            .collect(Collectors.joining(","));
    return or(hosts, "*");
  }
}
