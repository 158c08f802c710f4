package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What {@code kubectl get services} shows of addresses and ports. */
final class ServiceCells {

  private ServiceCells() {}

  static String external(JsonNode service) {
    List<String> addresses = new ArrayList<>();
    service.at("/spec/externalIPs").forEach(ip -> addresses.add(ip.asText()));
    String type = service.at("/spec/type").asText();
    if (type.equals("ExternalName")) {
      return service.at("/spec/externalName").asText();
    }
    if (type.equals("LoadBalancer")) {
      String balancers = addresses(service);
      if (!balancers.isEmpty()) {
        addresses.addFirst(balancers);
      }
      return addresses.isEmpty() ? "<pending>" : String.join(",", addresses);
    }
    return addresses.isEmpty() ? "<none>" : String.join(",", addresses);
  }

  /** Where the load balancer is reached; also an Ingress's. */
  static String addresses(JsonNode object) {
    return object
        .at("/status/loadBalancer/ingress")
        .valueStream()
        .map(each -> BuiltInCells.or(each.path("ip").asText(), each.path("hostname").asText()))
        .filter(address -> !address.isEmpty())
        .distinct()
        .sorted()
        .collect(Collectors.joining(","));
  }

  static String ports(JsonNode service) {
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
    return BuiltInCells.or(ports, "<none>");
  }
}
