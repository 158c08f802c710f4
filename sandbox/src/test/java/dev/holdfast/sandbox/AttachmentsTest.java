package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume that every node reaches, wanted by pods on two of them. */
@Timeout(120)
class AttachmentsTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Client client;

  @BeforeEach
  void open() {
    sandbox =
        Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(folder.resolve("kubeconfig")).nodes(2));
    client = new Client(sandbox);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> client.get("/api/v1/namespaces/default/serviceaccounts/default").code() == 200);
  }

  @AfterEach
  void close() {
    sandbox.close();
  }

  private void claim(String mode) throws Exception {
    created(
        "/api/v1/namespaces/default/persistentvolumeclaims",
        """
        {"metadata": {"name": "data"},
         "spec": {"storageClassName": "csi", "accessModes": ["%s"],
                  "resources": {"requests": {"storage": "1Gi"}}}}
        """
            .formatted(mode));
  }

  private void pod(String name, String node) throws Exception {
    created(
        PODS,
        """
        {"metadata": {"name": "%s"},
         "spec": {"terminationGracePeriodSeconds": 0,
                  "nodeSelector": {"kubernetes.io/hostname": "%s"},
                  "containers": [{"name": "c", "image": "c:1",
                                  "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                  "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}}
        """
            .formatted(name, node));
  }

  private void created(String path, String json) throws Exception {
    var answer = client.post(path, json);
    assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
  }

  private JsonNode read(String path) throws Exception {
    return client.get(path).body();
  }

  private static void eventually(ThrowingRunnable sees) {
    await().atMost(Duration.ofMinutes(2)).untilAsserted(sees);
  }

  private void runs(String pod) {
    eventually(
        () -> assertThat(read(PODS + "/" + pod).at("/status/phase").asText()).isEqualTo("Running"));
  }

  private void waits(String pod, String reason, String message) {
    eventually(() ->
        assertThat(read("/api/v1/namespaces/default/events").path("items").valueStream())
            .filteredOn(event -> event.at("/involvedObject/name").asText().equals(pod))
            .singleElement()
            .satisfies(event -> {
              assertThat(event.path("reason").asText()).isEqualTo(reason);
              assertThat(event.path("message").asText()).matches(message);
            }));
    eventually(() ->
        assertThat(
                read(PODS + "/" + pod)
                    .at("/status/containerStatuses/0/state/waiting/reason")
                    .asText())
            .isEqualTo("ContainerCreating"));
  }

  private void delete(String pod) throws Exception {
    assertThat(client.delete(PODS + "/" + pod).code()).isEqualTo(200);
  }

  @Test
  void oneNodeHasAReadWriteOnceVolume() throws Exception {
    claim("ReadWriteOnce");
    pod("first", "node-1");
    runs("first");
    pod("beside", "node-1");
    runs("beside");
    pod("other", "node-2");
    waits(
        "other",
        "FailedAttachVolume",
        "Multi-Attach error for volume \"pvc-[-0-9a-f]+\" Volume is already used by pod\\(s\\)"
            + " beside, first");
    delete("first");
    delete("beside");
    runs("other");
  }

  @Test
  void allNodesHaveAReadWriteManyVolume() throws Exception {
    claim("ReadWriteMany");
    pod("first", "node-1");
    runs("first");
    pod("other", "node-2");
    runs("other");
  }

  @Test
  void onePodHasAReadWriteOncePodVolume() throws Exception {
    claim("ReadWriteOncePod");
    pod("first", "node-1");
    runs("first");
    pod("other", "node-1");
    eventually(() ->
        assertThat(read(PODS + "/other").at("/status/conditions/0/message").asText())
            .isEqualTo(
                "0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same"
                    + " name and ReadWriteOncePod access mode."));
    delete("first");
    runs("other");
  }

  /** Whoever names the node himself is not seen by the scheduler, but by the kubelet. */
  @Test
  void theKubeletAlsoRefusesASecondPod() throws Exception {
    claim("ReadWriteOncePod");
    pod("first", "node-1");
    runs("first");
    created(
        PODS,
        """
        {"metadata": {"name": "other"},
         "spec": {"nodeName": "node-1",
                  "containers": [{"name": "c", "image": "c:1",
                                  "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                  "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}}
        """);
    waits(
        "other",
        "FailedMount",
        "MountVolume.SetUp failed for volume \"pvc-[-0-9a-f]+\" : volume uses the ReadWriteOncePod"
            + " access mode and is already in use by another pod");
    delete("first");
    runs("other");
  }

  /** As after a power failure: nobody knows whether the node still writes. */
  @Test
  void aLostNodeKeepsItsVolumesUntilItsPodsAreDeletedByForce() throws Exception {
    claim("ReadWriteOnce");
    pod("first", "node-1");
    runs("first");
    sandbox.loseNode("node-1");
    pod("other", "node-2");
    waits("other", "FailedAttachVolume", ".*already used by pod\\(s\\) first");
    delete("first?gracePeriodSeconds=0");
    runs("other");
  }
}
