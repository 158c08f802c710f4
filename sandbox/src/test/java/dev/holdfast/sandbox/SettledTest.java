package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A write that changes nothing makes no version, and who has nothing to say writes nothing. */
class SettledTest {

  private static final String APPS = "/apis/apps/v1/namespaces/default/";
  private static final String CORE = "/api/v1/namespaces/default/";

  private static final String TEMPLATE =
      """
      "replicas": 2, "selector": {"matchLabels": {"app": "x"}}, "template": {
       "metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
      """;

  @Test
  void controllersWriteOnlyWhatChanged() throws Exception {
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.nodes(2))) {
      Client client = new Client(sandbox);
      await().until(() -> client.get(CORE + "serviceaccounts/default").code() == 200);
      client.post(
          APPS + "deployments", "{\"metadata\":{\"name\":\"web\"},\"spec\":{" + TEMPLATE + "}}");
      client.post(
          APPS + "statefulsets",
          "{\"metadata\":{\"name\":\"db\"},\"spec\":{\"serviceName\":\"db\"," + TEMPLATE + "}}");
      client.post(
          CORE + "services",
          """
          {"metadata": {"name": "web"}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}
          """);
      client.post(
          CORE + "resourcequotas",
          """
          {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "9", "count/secrets": "100"}}}
          """);
      await().until(() -> ready(client, "deployments/web") && ready(client, "statefulsets/db"));
      await()
          .until(() ->
              client.get(CORE + "endpoints/web").body().at("/subsets/0/addresses").size() == 4);
      await().atMost(Duration.ofMinutes(2)).until(() -> versionsBetween(client) == 0);
    }
  }

  private static boolean ready(Client client, String path) throws Exception {
    return client.get(APPS + path).at("/status/readyReplicas").equals("2");
  }

  /** How many writes of others fall between twenty of ours. */
  private static long versionsBetween(Client client) throws Exception {
    long first = 0;
    long last = 0;
    for (int i = 0; i < 20; i++) {
      var made = client.post(CORE + "configmaps", "{\"metadata\":{\"generateName\":\"x-\"}}");
      last = Long.parseLong(made.at("/metadata/resourceVersion"));
      first = i == 0 ? last : first;
    }
    return last - first - 19;
  }

  @Test
  void aPutOfWhatIsThereLeavesTheVersion() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      Client client = new Client(sandbox);
      await().until(() -> client.get(CORE + "serviceaccounts/default").code() == 200);
      var made =
          client.post(
              APPS + "deployments",
              "{\"metadata\":{\"name\":\"web\"},\"spec\":{" + TEMPLATE + "}}");
      ObjectNode body = made.body().deepCopy();
      body.withObject("/status").put("unavailableReplicas", 0).put("replicas", 0);
      for (String path : new String[] {"deployments/web", "deployments/web/status"}) {
        var put = client.put(APPS + path, body.toString());
        assertThat(put.code()).as(put.body().toString()).isEqualTo(200);
        assertThat(put.at("/metadata/resourceVersion"))
            .as(path)
            .isEqualTo(made.at("/metadata/resourceVersion"));
      }
    }
  }
}
