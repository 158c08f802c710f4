package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.api.PodAccess;
import dev.holdfast.sandbox.api.Request;
import dev.holdfast.sandbox.api.Response;
import dev.holdfast.sandbox.api.Target;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Stored;
import java.util.ArrayList;
import java.util.List;

/** {@code log} and {@code exec} of the pods that run here. */
final class PodDoor implements PodAccess {

  private final Objects objects;
  private final Kubelet kubelet;

  PodDoor(Objects objects, Kubelet kubelet) {
    this.objects = objects;
    this.kubelet = kubelet;
  }

  @Override
  public Response answer(Request request, Target target, Stored pod) {
    ObjectNode object = objects.read(pod);
    if (object.at("/spec/nodeName").asText().isEmpty()) {
      throw ApiError.badRequest("pod " + pod.name() + " does not have a host assigned");
    }
    if (kubelet.lost(object.at("/spec/nodeName").asText())) {
      throw ApiError.of(
          500,
          "InternalError",
          "error dialing backend: dial tcp 127.0.0.1:10250: connect: no route to host",
          null);
    }
    String name = containerName(request, object);
    PodRun run = kubelet.find(pod.uid());
    ContainerRun container = run == null ? null : run.container(name);
    return switch (target.subresource()) {
      case "log" -> LogStream.answer(request, container, pod.name(), name);
      case "exec" -> {
        if (container == null || !container.running()) {
          throw ApiError.of(
              500,
              "InternalError",
              "unable to upgrade connection: container not found (\"" + name + "\")",
              null);
        }
        yield ExecSession.answer(request, container);
      }
      default ->
          throw ApiError.badRequest("the sandbox's nodes do not offer " + target.subresource());
    };
  }

  private static String containerName(Request request, JsonNode pod) {
    List<String> names = new ArrayList<>();
    pod.at("/spec/containers").forEach(each -> names.add(each.path("name").asText()));
    String asked = request.parameter("container");
    if (!asked.isEmpty()) {
      boolean there =
          names.contains(asked)
              || pod.at("/spec/initContainers")
                  .valueStream()
                  .anyMatch(each -> each.path("name").asText().equals(asked));
      if (!there) {
        throw ApiError.badRequest(
            "container " + asked + " is not valid for pod " + pod.at("/metadata/name").asText());
      }
      return asked;
    }
    if (names.size() > 1) {
      throw ApiError.badRequest(
          "a container name must be specified for pod "
              + pod.at("/metadata/name").asText()
              + ", choose one of: "
              + names.toString().replace(",", ""));
    }
    return names.getFirst();
  }
}
