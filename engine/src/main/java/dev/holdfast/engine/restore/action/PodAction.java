package dev.holdfast.engine.restore.action;

import static java.util.stream.Collectors.toSet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.hook.RestoreHooks;
import dev.holdfast.model.ItemKey;
import java.util.List;
import java.util.Set;

/** Pods: without their node and service account token, after their claims and PriorityClass. */
final class PodAction {

  static final List<String> CONTAINERS =
      List.of("containers", "initContainers", "ephemeralContainers");

  private PodAction() {}

  static void apply(Draft draft) {
    if (!Fields.annotation(draft.original, "kubernetes.io/config.mirror").isEmpty()) {
      draft.skip("mirror pod: the kubelet makes it from a file on its node");
    }
    String phase = Fields.text(draft.original, "status", "phase");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      draft.skip("the pod has ended (" + phase + ")");
    }
    if (!Fields.objects(draft.item, "spec", "ephemeralContainers").isEmpty()) {
      Fields.remove(draft.item, Set.of("ephemeralContainers"), "spec");
      draft.warn(
          "Pod "
              + draft.source.name()
              + " is restored without its ephemeral containers: a pod"
              + " cannot be created with them");
    }
    String priorityClass = Fields.text(draft.item, "spec", "priorityClassName");
    if (!priorityClass.isEmpty()) {
      draft.require(new ItemKey(Types.PRIORITY_CLASSES, "", priorityClass));
    }
    for (ObjectNode volume : Fields.objects(draft.item, "spec", "volumes")) {
      String claim = Fields.text(volume, "persistentVolumeClaim", "claimName");
      if (!claim.isEmpty()) {
        draft.require(new ItemKey(Types.CLAIMS, draft.source.namespace(), claim));
      }
    }
  }

  /** Init containers of restore hooks come before the pod's own, but after Velero's waiting one. */
  static void initHooks(Draft draft) {
    ObjectNode spec = Fields.object(draft.item, "spec");
    if (spec == null) {
      return;
    }
    String namespace = draft.context.targetNamespace(draft.source.namespace());
    List<ObjectNode> hooks =
        new RestoreHooks(draft.context.spec().hooks(), draft.context.discovery())
            .initContainers(draft.item, namespace);
    if (hooks.isEmpty()) {
      return;
    }
    Set<String> names = hooks.stream().map(c -> Fields.text(c, "name")).collect(toSet());
    Fields.removeElements(spec, "initContainers", c -> names.contains(Fields.text(c, "name")));
    ArrayNode containers = spec.withArray("/initContainers");
    String first = Fields.text(containers.path(0), "name");
    int at = first.equals("restore-wait") || first.equals("restic-wait") ? 1 : 0;
    for (int i = 0; i < hooks.size(); i++) {
      containers.insert(at + i, hooks.get(i));
    }
  }

  /** What the scheduler, the priority admission and the token controller of old put in. */
  static void removeAssigned(ObjectNode pod) {
    ObjectNode spec = Fields.object(pod, "spec");
    if (spec == null) {
      return;
    }
    spec.remove("nodeName");
    spec.remove("priority");
    String token = Fields.text(spec, "serviceAccountName") + "-token-";
    Fields.removeElements(spec, "volumes", v -> Fields.text(v, "name").startsWith(token));
    for (String kind : CONTAINERS) {
      for (ObjectNode container : Fields.objects(spec, kind)) {
        Fields.removeElements(
            container, "volumeMounts", m -> Fields.text(m, "name").startsWith(token));
      }
    }
  }
}
