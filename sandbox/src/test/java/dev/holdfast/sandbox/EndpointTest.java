package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** Services lead to the pods that match and are ready. */
class EndpointTest {

  private static final String CORE = "/api/v1/namespaces/default/";
  private static final String SLICES =
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

  private static void pod(Client client, String name, boolean ready, String ip) throws Exception {
    client.post(
        CORE + "pods",
        """
        {"metadata": {"name": "%s", "labels": {"app": "web"}}, "spec": {"containers": [
         {"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8080}]}]}}
        """
            .formatted(name));
    var patched =
        client.merge(
            CORE + "pods/" + name + "/status",
            """
            {"status": {"phase": "Running", "podIP": "%s", "podIPs": [{"ip": "%s"}],
             "conditions": [{"type": "Ready", "status": "%s"}]}}
            """
                .formatted(ip, ip, ready ? "True" : "False"));
    assertThat(patched.code()).as(patched.body().toString()).isEqualTo(200);
  }

  @Test
  void followPodsAndGoWithTheService() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      Client client = new Client(sandbox);
      await().until(() -> client.get(CORE + "serviceaccounts/default").code() == 200);
      client.post(
          CORE + "services",
          """
          {"metadata": {"name": "web", "labels": {"x": "y"}}, "spec": {"selector": {"app": "web"},
           "ports": [{"name": "w", "port": 80, "targetPort": "http"}]}}
          """);
      pod(client, "a", true, "10.1.0.1");
      pod(client, "b", false, "10.1.0.2");
      String ready = "/subsets/0/addresses/0/";
      await()
          .until(() ->
              client
                  .get(CORE + "endpoints/web")
                  .at("/subsets/0/notReadyAddresses/0/ip")
                  .equals("10.1.0.2"));
      var endpoints = client.get(CORE + "endpoints/web");
      assertThat(endpoints.at(ready + "ip")).isEqualTo("10.1.0.1");
      assertThat(endpoints.at(ready + "targetRef/name")).isEqualTo("a");
      assertThat(endpoints.at("/subsets/0/ports/0/port")).isEqualTo("8080");
      await().until(() -> client.get(SLICES).body().at("/items/0/endpoints").size() == 2);
      var slices = client.get(SLICES + "?labelSelector=kubernetes.io/service-name=web");
      assertThat(slices.at("/items/0/metadata/ownerReferences/0/name")).isEqualTo("web");
      assertThat(slices.at("/items/0/ports/0/port")).isEqualTo("8080");
      client.delete(CORE + "pods/a");
      await().until(() -> client.get(CORE + "endpoints/web").at(ready + "ip").isEmpty());
      client.delete(CORE + "services/web");
      await().until(() -> client.get(CORE + "endpoints/web").code() == 404);
      await().until(() -> client.get(SLICES).body().at("/items").isEmpty());
    }
  }
}
