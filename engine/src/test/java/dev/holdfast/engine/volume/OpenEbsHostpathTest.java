package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.engine.restore.RestoreOutcome;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A volume of OpenEBS' hostpath provisioner, by what Kubernetes sees of it: a directory of the node
 * on which it was made.
 */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class OpenEbsHostpathTest {

  private static final String APPLICATION =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata:
        name: openebs-hostpath
        annotations:
          openebs.io/cas-type: local
          cas.openebs.io/config: |
            - name: StorageType
              value: hostpath
            - name: BasePath
              value: /var/openebs/local
      provisioner: openebs.io/local
      reclaimPolicy: Delete
      volumeBindingMode: WaitForFirstConsumer
      ---
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: db
              image: localhost/host
              command: [sleep, infinity]
              volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {storageClassName: openebs-hostpath, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private static JsonNode volume(Town town) {
    JsonNode claim = town.get("persistentvolumeclaims", "shop", "data-db-0").orElseThrow();
    return town.get("persistentvolumes", "", claim.at("/spec/volumeName").asText()).orElseThrow();
  }

  private static String node(JsonNode volume) {
    UnaryOperator<String> at = path -> volume.at("/spec/nodeAffinity/required" + path).asText();
    assertThat(at.apply("/nodeSelectorTerms/0/matchExpressions/0/key"))
        .isEqualTo("kubernetes.io/hostname");
    return at.apply("/nodeSelectorTerms/0/matchExpressions/0/values/0");
  }

  @Test
  @Tag("EMF-2")
  @Tag("EMF-3")
  @Tag("EBS-15")
  void comesBackOnAnotherNodeWhenItsOwnIsLost(@TempDir Path folder) {
    try (Town town = new Town(folder, 2)) {
      town.apply(APPLICATION);
      town.ready("shop", "db-0");
      var _ = town.exec("shop", "db-0", "mkdir /data/sub; echo rows > /data/sub/table");
      JsonNode before = volume(town);
      assertThat(before.at("/metadata/labels").path("openebs.io/cas-type").asText())
          .isEqualTo("local-hostpath");
      assertThat(town.backup(Town.op(), "first", "shop", "").phase()).isEqualTo("Completed");
      town.delete("namespaces", "", "shop");
      town.sandbox().loseNode(node(before));
      RestoreOutcome outcome = town.restore(Town.op(), "back", "first", "");
      assertThat(outcome.results().errors().all()).isEmpty();
      town.ready("shop", "db-0");
      assertThat(town.exec("shop", "db-0", "cat /data/sub/table")).isEqualTo("rows\n");
      JsonNode after = volume(town);
      assertThat(node(after)).isNotEqualTo(node(before));
      assertThat(after.at("/metadata/annotations").path("pv.kubernetes.io/provisioned-by").asText())
          .isEqualTo("openebs.io/local");
    }
  }
}
