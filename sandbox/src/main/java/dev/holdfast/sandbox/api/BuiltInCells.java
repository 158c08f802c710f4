package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The values that {@code kubectl get} shows of built-in types, by type and column. */
final class BuiltInCells {

  private static final Map<String, Function<JsonNode, @Nullable Object>> CELLS = new HashMap<>();

  private BuiltInCells() {}

  /** What a column shows; the object's name, its age or nothing where it is not said otherwise. */
  static Function<JsonNode, @Nullable Object> of(String type, String column) {
    Function<JsonNode, @Nullable Object> own = CELLS.get(type + " " + column);
    if (own != null) {
      return own;
    }
    return switch (column) {
      case "Name" -> text("/metadata/name");
      case "Created At" -> text("/metadata/creationTimestamp");
      case "Age" -> since("/metadata/creationTimestamp");
      default -> object -> "";
    };
  }

  private static void cell(String type, String column, Function<JsonNode, @Nullable Object> value) {
    CELLS.put(type + " " + column, value);
  }

  private static Function<JsonNode, @Nullable Object> text(String pointer) {
    return object -> object.at(pointer).asText();
  }

  private static Function<JsonNode, @Nullable Object> text(String pointer, String otherwise) {
    return object -> or(object.at(pointer).asText(), otherwise);
  }

  private static Function<JsonNode, @Nullable Object> number(String pointer) {
    return object -> object.at(pointer).asLong();
  }

  private static Function<JsonNode, @Nullable Object> count(String pointer) {
    return object -> (long) object.at(pointer).size();
  }

  private static Function<JsonNode, @Nullable Object> flag(String pointer, boolean otherwise) {
    return object -> object.at(pointer).asBoolean(otherwise);
  }

  private static Function<JsonNode, @Nullable Object> since(String pointer) {
    return object -> Ages.since(object.at(pointer).asText(), "<unknown>");
  }

  static String or(String value, String otherwise) {
    return value.isEmpty() ? otherwise : value;
  }

  private static Stream<JsonNode> each(JsonNode object, String pointer) {
    return StreamSupport.stream(object.at(pointer).spliterator(), false);
  }

  private static String join(JsonNode object, String list, String field, String separator) {
    return each(object, list)
        .map(item -> field.isEmpty() ? item.asText() : item.path(field).asText())
        .collect(Collectors.joining(separator));
  }

  /** The first three, and how many there are besides. */
  private static String some(List<String> all, String none) {
    if (all.size() > 3) {
      return String.join(",", all.subList(0, 3)) + " + " + (all.size() - 3) + " more...";
    }
    return all.isEmpty() ? none : String.join(",", all);
  }

  static {
    core();
    workloads();
    network();
    storage();
    policy();
  }

  private static void core() {
    cell("configmaps", "Data", o -> (long) o.path("data").size() + o.path("binaryData").size());
    cell("secrets", "Type", text("/type"));
    cell("secrets", "Data", count("/data"));
    cell("namespaces", "Status", text("/status/phase"));
    cell("pods", "Ready", pod -> PodCells.ready(pod));
    cell("pods", "Status", pod -> PodCells.status(pod));
    cell("pods", "Restarts", pod -> PodCells.restarts(pod));
    cell("pods", "IP", text("/status/podIP", "<none>"));
    cell("pods", "Node", text("/spec/nodeName", "<none>"));
    cell("pods", "Nominated Node", text("/status/nominatedNodeName", "<none>"));
    cell("pods", "Readiness Gates", pod -> PodCells.readinessGates(pod));
    cell("nodes", "Status", node -> NodeCells.status(node));
    cell("nodes", "Roles", node -> NodeCells.roles(node));
    cell("nodes", "Version", text("/status/nodeInfo/kubeletVersion"));
    cell("nodes", "Internal-IP", node -> NodeCells.address(node, "InternalIP"));
    cell("nodes", "External-IP", node -> NodeCells.address(node, "ExternalIP"));
    cell("nodes", "OS-Image", text("/status/nodeInfo/osImage", "<unknown>"));
    cell("nodes", "Kernel-Version", text("/status/nodeInfo/kernelVersion", "<unknown>"));
    cell(
        "nodes",
        "Container-Runtime",
        text("/status/nodeInfo/containerRuntimeVersion", "<unknown>"));
    cell("resourcequotas", "Request", o -> quota(o, false));
    cell("resourcequotas", "Limit", o -> quota(o, true));
    for (String events : List.of("events", "events.events.k8s.io")) {
      cell(events, "Last Seen", event -> EventCells.lastSeen(event));
      cell(events, "First Seen", event -> EventCells.firstSeen(event));
      cell(events, "Type", text("/type"));
      cell(events, "Reason", text("/reason"));
      cell(events, "Object", event -> EventCells.object(event));
      cell(events, "Subobject", event -> EventCells.involved(event).path("fieldPath").asText());
      cell(events, "Source", event -> EventCells.source(event));
      cell(events, "Message", event -> EventCells.message(event));
      cell(events, "Count", event -> EventCells.count(event));
    }
    cell("leases.coordination.k8s.io", "Holder", text("/spec/holderIdentity"));
    cell("apiservices.apiregistration.k8s.io", "Service", BuiltInCells::apiService);
    cell("apiservices.apiregistration.k8s.io", "Available", BuiltInCells::available);
  }

  private static void workloads() {
    pods("deployments.apps", "/spec/template/spec");
    pods("statefulsets.apps", "/spec/template/spec");
    pods("replicasets.apps", "/spec/template/spec");
    pods("daemonsets.apps", "/spec/template/spec");
    pods("replicationcontrollers", "/spec/template/spec");
    pods("jobs.batch", "/spec/template/spec");
    pods("cronjobs.batch", "/spec/jobTemplate/spec/template/spec");
    pods("podtemplates", "/template/spec");
    cell("podtemplates", "Pod Labels", o -> Labels.text(o.at("/template/metadata/labels")));
    cell("replicationcontrollers", "Selector", o -> Labels.text(o.at("/spec/selector")));
    cell(
        "cronjobs.batch",
        "Selector",
        o -> Labels.selector(o.at("/spec/jobTemplate/spec/selector")));
    for (String type : List.of("deployments.apps", "statefulsets.apps")) {
      cell(
          type,
          "Ready",
          o -> o.at("/status/readyReplicas").asLong() + "/" + o.at("/spec/replicas").asLong());
    }
    cell("deployments.apps", "Up-to-date", number("/status/updatedReplicas"));
    cell("deployments.apps", "Available", number("/status/availableReplicas"));
    for (String type : List.of("replicasets.apps", "replicationcontrollers")) {
      cell(type, "Desired", number("/spec/replicas"));
      cell(type, "Current", number("/status/replicas"));
      cell(type, "Ready", number("/status/readyReplicas"));
    }
    cell("daemonsets.apps", "Desired", number("/status/desiredNumberScheduled"));
    cell("daemonsets.apps", "Current", number("/status/currentNumberScheduled"));
    cell("daemonsets.apps", "Ready", number("/status/numberReady"));
    cell("daemonsets.apps", "Up-to-date", number("/status/updatedNumberScheduled"));
    cell("daemonsets.apps", "Available", number("/status/numberAvailable"));
    cell(
        "daemonsets.apps",
        "Node Selector",
        o -> Labels.text(o.at("/spec/template/spec/nodeSelector")));
    cell("jobs.batch", "Status", job -> JobCells.status(job));
    cell("jobs.batch", "Completions", job -> JobCells.completions(job));
    cell("jobs.batch", "Duration", job -> JobCells.duration(job));
    cell("cronjobs.batch", "Schedule", text("/spec/schedule"));
    cell("cronjobs.batch", "Timezone", text("/spec/timeZone", "<none>"));
    cell("cronjobs.batch", "Suspend", o -> o.at("/spec/suspend").asBoolean() ? "True" : "False");
    cell("cronjobs.batch", "Active", count("/status/active"));
    cell(
        "cronjobs.batch",
        "Last Schedule",
        o -> Ages.since(o.at("/status/lastScheduleTime").asText(), "<none>"));
    cell("controllerrevisions.apps", "Controller", BuiltInCells::controller);
    cell("controllerrevisions.apps", "Revision", number("/revision"));
    for (String column : HpaCells.COLUMNS) {
      cell("horizontalpodautoscalers.autoscaling", column, hpa -> HpaCells.cell(column, hpa));
    }
  }

  private static void pods(String type, String spec) {
    cell(type, "Containers", o -> join(o, spec + "/containers", "name", ","));
    cell(type, "Images", o -> join(o, spec + "/containers", "image", ","));
    cell(type, "Selector", o -> Labels.selector(o.at("/spec/selector")));
  }

  private static void network() {
    cell("services", "Type", text("/spec/type"));
    cell("services", "Cluster-IP", text("/spec/clusterIP", "<none>"));
    cell("services", "External-IP", service -> ServiceCells.external(service));
    cell("services", "Port(s)", service -> ServiceCells.ports(service));
    cell("services", "Selector", o -> Labels.text(o.at("/spec/selector")));
    cell("endpoints", "Endpoints", BuiltInCells::endpoints);
    String slices = "endpointslices.discovery.k8s.io";
    cell(slices, "AddressType", text("/addressType"));
    cell(
        slices,
        "Ports",
        o -> some(each(o, "/ports").map(BuiltInCells::slicePort).toList(), "<unset>"));
    cell(
        slices,
        "Endpoints",
        o ->
            some(
                each(o, "/endpoints")
                    .flatMap(endpoint -> each(endpoint, "/addresses"))
                    .map(JsonNode::asText)
                    .toList(),
                "<unset>"));
    String ingresses = "ingresses.networking.k8s.io";
    cell(ingresses, "Class", text("/spec/ingressClassName", "<none>"));
    cell(ingresses, "Hosts", BuiltInCells::hosts);
    cell(ingresses, "Address", o -> ServiceCells.addresses(o));
    cell(ingresses, "Ports", o -> o.at("/spec/tls").isEmpty() ? "80" : "80, 443");
    String classes = "ingressclasses.networking.k8s.io";
    cell(classes, "Controller", text("/spec/controller"));
    cell(classes, "Parameters", BuiltInCells::parameters);
    cell(
        "networkpolicies.networking.k8s.io",
        "Pod-Selector",
        o -> Labels.selector(o.at("/spec/podSelector")));
    cell("servicecidrs.networking.k8s.io", "CIDRs", o -> join(o, "/spec/cidrs", "", ","));
    cell("ipaddresses.networking.k8s.io", "ParentRef", BuiltInCells::parent);
  }

  private static void storage() {
    for (String type : List.of("persistentvolumeclaims", "persistentvolumes")) {
      cell(
          type,
          "Status",
          o ->
              o.path("metadata").has("deletionTimestamp")
                  ? "Terminating"
                  : o.at("/status/phase").asText());
      cell(type, "StorageClass", text("/spec/storageClassName"));
      cell(type, "VolumeAttributesClass", text("/spec/volumeAttributesClassName", "<unset>"));
      cell(type, "VolumeMode", text("/spec/volumeMode", "<unset>"));
    }
    cell("persistentvolumeclaims", "Volume", text("/spec/volumeName"));
    cell(
        "persistentvolumeclaims",
        "Capacity",
        claim -> bound(claim, claim.at("/status/capacity/storage").asText()));
    cell(
        "persistentvolumeclaims",
        "Access Modes",
        claim -> bound(claim, modes(claim.at("/status/accessModes"))));
    cell("persistentvolumes", "Capacity", text("/spec/capacity/storage"));
    cell("persistentvolumes", "Access Modes", o -> modes(o.at("/spec/accessModes")));
    cell("persistentvolumes", "Reclaim Policy", text("/spec/persistentVolumeReclaimPolicy"));
    cell("persistentvolumes", "Claim", BuiltInCells::claim);
    cell("persistentvolumes", "Reason", text("/status/reason"));
    String classes = "storageclasses.storage.k8s.io";
    cell(classes, "Name", BuiltInCells::className);
    cell(classes, "Provisioner", text("/provisioner"));
    cell(classes, "ReclaimPolicy", text("/reclaimPolicy", "Delete"));
    cell(classes, "VolumeBindingMode", text("/volumeBindingMode", "Immediate"));
    cell(classes, "AllowVolumeExpansion", flag("/allowVolumeExpansion", false));
    cell("volumeattributesclasses.storage.k8s.io", "DriverName", text("/driverName"));
    String drivers = "csidrivers.storage.k8s.io";
    cell(drivers, "AttachRequired", flag("/spec/attachRequired", true));
    cell(drivers, "PodInfoOnMount", flag("/spec/podInfoOnMount", false));
    cell(drivers, "StorageCapacity", flag("/spec/storageCapacity", false));
    cell(
        drivers,
        "TokenRequests",
        o -> or(join(o, "/spec/tokenRequests", "audience", ","), "<unset>"));
    cell(drivers, "RequiresRepublish", flag("/spec/requiresRepublish", false));
    cell(drivers, "Modes", o -> or(join(o, "/spec/volumeLifecycleModes", "", ","), "<none>"));
    cell("csinodes.storage.k8s.io", "Drivers", count("/spec/drivers"));
    String attachments = "volumeattachments.storage.k8s.io";
    cell(attachments, "Attacher", text("/spec/attacher"));
    cell(attachments, "PV", text("/spec/source/persistentVolumeName"));
    cell(attachments, "Node", text("/spec/nodeName"));
    cell(attachments, "Attached", flag("/status/attached", false));
  }

  private static void policy() {
    for (String type : List.of("rolebindings", "clusterrolebindings")) {
      String qualified = type + ".rbac.authorization.k8s.io";
      cell(
          qualified,
          "Role",
          o -> o.at("/roleRef/kind").asText() + "/" + o.at("/roleRef/name").asText());
      cell(qualified, "Users", o -> subjects(o, "User"));
      cell(qualified, "Groups", o -> subjects(o, "Group"));
      cell(qualified, "ServiceAccounts", o -> subjects(o, "ServiceAccount"));
    }
    String budgets = "poddisruptionbudgets.policy";
    cell(budgets, "Min Available", text("/spec/minAvailable", "N/A"));
    cell(budgets, "Max Unavailable", text("/spec/maxUnavailable", "N/A"));
    cell(budgets, "Allowed Disruptions", number("/status/disruptionsAllowed"));
    String priorities = "priorityclasses.scheduling.k8s.io";
    cell(priorities, "Value", number("/value"));
    cell(priorities, "Global-Default", flag("/globalDefault", false));
    cell(priorities, "PreemptionPolicy", text("/preemptionPolicy"));
    cell("runtimeclasses.node.k8s.io", "Handler", text("/handler"));
    for (String kind : List.of("validating", "mutating")) {
      String group = ".admissionregistration.k8s.io";
      cell(kind + "webhookconfigurations" + group, "Webhooks", count("/webhooks"));
      String policies = kind + "admissionpolicies" + group;
      cell(policies, "Validations", count("/spec/validations"));
      cell(policies, "Mutations", count("/spec/mutations"));
      cell(policies, "ParamKind", BuiltInCells::paramKind);
      String bindings = kind + "admissionpolicybindings" + group;
      cell(bindings, "PolicyName", text("/spec/policyName"));
      cell(bindings, "ParamRef", BuiltInCells::paramRef);
    }
    String schemas = "flowschemas.flowcontrol.apiserver.k8s.io";
    cell(schemas, "PriorityLevel", text("/spec/priorityLevelConfiguration/name"));
    cell(schemas, "MatchingPrecedence", number("/spec/matchingPrecedence"));
    cell(schemas, "DistinguisherMethod", text("/spec/distinguisherMethod/type", "<none>"));
    cell(schemas, "MissingPL", o -> "?");
    cell("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "Type", text("/spec/type"));
  }

  private static String quota(JsonNode quota, boolean limits) {
    List<String> parts = new ArrayList<>();
    quota
        .at("/status/hard")
        .propertyStream()
        .sorted(Map.Entry.comparingByKey())
        .filter(hard -> hard.getKey().startsWith("limits.") == limits)
        .forEach(hard ->
            parts.add(
                hard.getKey()
                    + ": "
                    + or(quota.at("/status/used").path(hard.getKey()).asText(), "0")
                    + "/"
                    + hard.getValue().asText()));
    return String.join(", ", parts);
  }

  private static String apiService(JsonNode service) {
    JsonNode target = service.at("/spec/service");
    return target.isObject()
        ? target.path("namespace").asText() + "/" + target.path("name").asText()
        : "Local";
  }

  private static String available(JsonNode service) {
    return each(service, "/status/conditions")
        .filter(condition -> condition.path("type").asText().equals("Available"))
        .map(condition ->
            condition.path("status").asText().equals("True")
                ? "True"
                : condition.path("status").asText()
                    + " ("
                    + condition.path("reason").asText()
                    + ")")
        .findFirst()
        .orElse("Unknown");
  }

  private static String controller(JsonNode revision) {
    return each(revision, "/metadata/ownerReferences")
        .filter(owner -> owner.path("controller").asBoolean())
        .map(owner -> {
          String version = owner.path("apiVersion").asText();
          int slash = version.indexOf('/');
          String group = slash < 0 ? "" : "." + version.substring(0, slash);
          return owner.path("kind").asText().toLowerCase(Locale.ROOT)
              + group
              + "/"
              + owner.path("name").asText();
        })
        .findFirst()
        .orElse("<none>");
  }

  private static String endpoints(JsonNode endpoints) {
    List<String> all = new ArrayList<>();
    each(endpoints, "/subsets")
        .forEach(subset -> {
          List<String> ports =
              each(subset, "/ports").map(port -> ":" + port.path("port").asText()).toList();
          for (String port : ports.isEmpty() ? List.of("") : ports) {
            each(subset, "/addresses").forEach(a -> all.add(a.path("ip").asText() + port));
          }
        });
    return some(all, "<none>");
  }

  private static String slicePort(JsonNode port) {
    return port.has("port") ? port.path("port").asText() : or(port.path("name").asText(), "*");
  }

  private static String hosts(JsonNode ingress) {
    return some(
        each(ingress, "/spec/rules")
            .map(rule -> rule.path("host").asText())
            .filter(host -> !host.isEmpty())
            .toList(),
        "*");
  }

  private static String parameters(JsonNode ingressClass) {
    JsonNode parameters = ingressClass.at("/spec/parameters");
    if (!parameters.isObject()) {
      return "<none>";
    }
    String group = parameters.path("apiGroup").asText();
    return parameters.path("kind").asText()
        + (group.isEmpty() ? "" : "." + group)
        + "/"
        + parameters.path("name").asText();
  }

  private static String parent(JsonNode address) {
    JsonNode ref = address.at("/spec/parentRef");
    return Stream.of("resource", "namespace", "name")
        .map(field -> ref.path(field).asText())
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining("/"));
  }

  private static String bound(JsonNode claim, String value) {
    return claim.at("/spec/volumeName").asText().isEmpty() ? "" : value;
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
              default -> "";
            })
        .filter(mode -> !mode.isEmpty())
        .collect(Collectors.joining(","));
  }

  private static String claim(JsonNode volume) {
    JsonNode ref = volume.at("/spec/claimRef");
    return ref.isObject() ? ref.path("namespace").asText() + "/" + ref.path("name").asText() : "";
  }

  private static String className(JsonNode storageClass) {
    JsonNode annotations = storageClass.at("/metadata/annotations");
    boolean chosen =
        Stream.of("storageclass.kubernetes.io/", "storageclass.beta.kubernetes.io/")
            .anyMatch(
                prefix -> annotations.path(prefix + "is-default-class").asText().equals("true"));
    return storageClass.at("/metadata/name").asText() + (chosen ? " (default)" : "");
  }

  private static String subjects(JsonNode binding, String kind) {
    return each(binding, "/subjects")
        .filter(subject -> subject.path("kind").asText().equals(kind))
        .map(subject ->
            (kind.equals("ServiceAccount") ? subject.path("namespace").asText() + "/" : "")
                + subject.path("name").asText())
        .collect(Collectors.joining(", "));
  }

  private static String paramKind(JsonNode policy) {
    JsonNode kind = policy.at("/spec/paramKind");
    return kind.isObject()
        ? kind.path("apiVersion").asText() + "/" + kind.path("kind").asText()
        : "<unset>";
  }

  private static String paramRef(JsonNode binding) {
    JsonNode ref = binding.at("/spec/paramRef");
    return ref.isObject()
        ? or(ref.path("namespace").asText(), "*") + "/" + or(ref.path("name").asText(), "*")
        : "<unset>";
  }
}
