package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What may change of a Pod, and what a spec of pods is warned of. Answers and words are those of a
 * real 1.36.2, which were noted from one.
 */
class PodChangesTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";
  private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

  private static Sandbox sandbox;
  private static Client client;

  @BeforeAll
  static void pod() throws Exception {
    sandbox = Sandbox.start();
    client = new Client(sandbox);
    String pod =
        """
        {"metadata": {"name": "p"}, "spec": {"activeDeadlineSeconds": 9,
          "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
          "containers": [{"name": "c", "image": "i"}]}}
        """;
    assertThat(client.post(PODS, pod).code()).isEqualTo(201);
  }

  @AfterAll
  static void close() {
    sandbox.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"tolerations\":[{\"key\":\"b\",\"operator\":\"Exists\"}] | spec.tolerations: Forbidden:"
            + " existing toleration can not be modified except its tolerationSeconds",
        "\"containers\":[{\"name\":\"c\",\"image\":\"j\"},{\"name\":\"d\",\"image\":\"j\"}] |"
            + " spec.containers: Forbidden: pod updates may not add or remove containers",
        "\"containers\":[{\"name\":\"e\",\"image\":\"i\"}] | spec: Forbidden: pod updates may not"
            + " change fields other than `spec.containers[*].image`,",
        "\"activeDeadlineSeconds\":10 | spec.activeDeadlineSeconds: Invalid value: 10: must be less"
            + " than or equal to previous value",
        "\"activeDeadlineSeconds\":null | spec.activeDeadlineSeconds: Invalid value: null: must not"
            + " update from a positive integer to nil value",
        "\"schedulingGates\":[{\"name\":\"g.example.org/x\"}] | spec.schedulingGates[0].name:"
            + " Forbidden: only deletion is allowed, but found new scheduling gate"
            + " 'g.example.org/x'",
        "\"nodeName\":\"elsewhere\" | spec: Forbidden: pod updates may not change fields other than"
            + " `spec.containers[*].image`,"
      })
  void changesThatAreRefused(String change, String why) throws Exception {
    Client.Answer answer = client.merge(PODS + "/p?dryRun=All", "{\"spec\":{" + change + "}}");
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.at("/message")).startsWith("Pod \"p\" is invalid: " + why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'activeDeadlineSeconds':8",
        "'tolerations':[{'key':'a','operator':'Exists','effect':'NoExecute','tolerationSeconds':7},"
            + "{'key':'b','operator':'Exists'}]",
      },
      quoteCharacter = '`')
  void changesThatAreAccepted(String change) throws Exception {
    String body = "{\"spec\":{" + change.replace('\'', '"') + "}}";
    assertThat(client.merge(PODS + "/p?dryRun=All", body).code()).isEqualTo(200);
  }

  @Test
  void templatesAreWarnedOfWhenTheyChange() throws Exception {
    String deployment =
        """
        {"metadata": {"name": "w"}, "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}},
          "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
            "nodeSelector": {"beta.kubernetes.io/os": "linux"}, "terminationGracePeriodSeconds": -1,
            "hostAliases": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}],
            "imagePullSecrets": [{"name": "s"}, {"name": "s"}],
            "volumes": [{"name": "g", "glusterfs": {"endpoints": "e", "path": "p"}},
              {"name": "o", "storageos": {"volumeName": "v"}}],
            "containers": [
              {"name": "c", "image": "i",
                "resources": {"requests": {"memory": "1500m"}, "limits": {"memory": "2"}},
                "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}, {"name": "A", "value": "3"}],
                "ports": [{"name": "web", "containerPort": 80}, {"containerPort": 80, "hostPort": 81}]},
              {"name": "d", "image": "i", "ports": [{"name": "web", "containerPort": 80}]}]}}}}
        """;
    String at = "spec.template.spec.";
    String ports = at + "containers[1].ports[0]: ";
    assertThat(warnings(client.post(DEPLOYMENTS, deployment)))
        .containsExactlyInAnyOrder(
            at
                + "nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use"
                + " \"kubernetes.io/os\" instead",
            at + "volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+",
            at + "volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+",
            at + "hostAliases[1].ip: duplicate ip \"10.0.0.1\"",
            at + "imagePullSecrets[1].name: duplicate name \"s\"",
            at
                + "containers[0].resources.requests[memory]: fractional byte value \"1500m\" is"
                + " invalid, must be an integer",
            at
                + "containers[0].env[2]: hides previous definition of \"A\", which may be dropped"
                + " when using apply",
            at
                + "containers[0].ports[1]: overlapping port definition with "
                + at
                + "containers[0].ports[0]",
            ports + "duplicate port definition with " + at + "containers[0].ports[0]",
            ports + "overlapping port definition with " + at + "containers[0].ports[1]",
            ports
                + "duplicate port name \"web\" with "
                + at
                + "containers[0].ports[0], services and probes that select ports by name will use "
                + at
                + "containers[0].ports[0]",
            at
                + "terminationGracePeriodSeconds: must be >= 0; negative values are invalid and"
                + " will be treated as 1");
    assertThat(
            warnings(client.merge(DEPLOYMENTS + "/w", "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}")))
        .isEmpty();
    assertThat(warnings(client.merge(DEPLOYMENTS + "/w", "{\"spec\":{\"replicas\":1}}")))
        .hasSize(12);
  }

  private static List<String> warnings(Client.Answer answer) {
    assertThat(answer.code()).as(answer.body().toString()).isBetween(200, 201);
    return answer.http().headers().allValues("Warning").stream()
        .map(text -> text.substring(7, text.length() - 1).replace("\\\"", "\""))
        .toList();
  }
}
