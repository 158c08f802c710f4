package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.model.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Volumes that neither a mover pod nor exec can read: where their node has them mounted. */
@Timeout(300)
class KubeletDirectoryTest {

  /**
   * A container whose tar does not run, with a volume of its own and a claim that it alone may
   * have.
   */
  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: none, namespace: shop}
      data: {tar: "no program"}
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
              command: [sh, -c, "exec sleep infinity"]
              volumeMounts:
              - {name: own, mountPath: /own}
              - {name: data, mountPath: /data, subPath: part}
              - {name: none, mountPath: /usr/bin/tar, subPath: tar}
            volumes:
            - {name: own, emptyDir: {}}
            - {name: none, configMap: {name: none}}
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {storageClassName: csi, accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
      """;

  private static final String READER =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: reader, namespace: shop}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: localhost/host
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]
      """;

  @TempDir private Path folder;
  private CsiTown csi;
  private Town town;
  private MoverImage image;

  @BeforeEach
  void open() {
    image = new MoverImage();
    csi = new CsiTown(folder);
    town = csi.town;
  }

  @AfterEach
  void close() {
    image.close();
    if (csi != null) {
      csi.close();
    }
  }

  private BackupOutcome backup(String application, MoverOptions mover) {
    csi.start(application);
    var _ = town.exec("shop", "db-0", "echo one > /own/file; echo two > /data/file");
    // The simulated kubelets have their directory beside that of the volumes.
    JsonNode attributes =
        csi.list("persistentvolumes", "").getFirst().at("/spec/csi/volumeAttributes");
    Path volume = Path.of(attributes.path("sandbox.holdfast.dev/directory").asText());
    String kubelet =
        mover.kubelet().isEmpty() ? "" : volume.resolve("../..").normalize().toString();
    return csi.backup(
        Town.op(),
        "first",
        "'defaultVolumesToFsBackup':true",
        how -> how.mover(mover.kubelet(kubelet)));
  }

  @Test
  @Tag("EMF-10")
  void whatOnlyTheNodeHasComesOutAndBack() {
    MoverOptions mover = image.options();
    BackupOutcome outcome = backup(APPLICATION, mover.kubelet("there"));
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(csi.log("first"))
        .contains("volume own of pod shop/db-0 saved by mover pod from the kubelet's directory")
        .contains("(claim data-db-0) of pod shop/db-0 saved by mover pod from the kubelet's");
    town.delete("namespaces", "", "shop");
    String claims = ",'includedResources':['persistentvolumeclaims','persistentvolumes']";
    RestoreOutcome restored =
        town.restore(Town.op(), "back", "first", claims, RestoreInputs.NONE, mover);
    assertThat(restored.results().errors().all()).isEmpty();
    town.apply(READER);
    town.ready("shop", "reader");
    assertThat(town.exec("shop", "reader", "cat /data/part/file")).isEqualTo("two\n");
  }

  @Test
  void withoutBeingAskedForItIsNotTouched() {
    assertThat(backup(APPLICATION, image.options()).results().errors().all().toString())
        .contains("volume own of pod shop/db-0 is not in the backup", "no tar that can be used")
        .contains("no running container mounts the whole of it")
        .doesNotContain("where the node has it");
  }

  @Test
  void podSecurityMayRefuseIt() {
    String baseline =
        APPLICATION.replace(
            "{name: shop}\n---\napiVersion: v1\nkind: ConfigMap",
            "{name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}\n---\n"
                + "apiVersion: v1\nkind: ConfigMap");
    assertThat(baseline).contains("enforce");
    assertThat(backup(baseline, image.options().kubelet("there")).results().errors().all())
        .hasSize(2)
        .allMatch(each ->
            each.contains("where the node has it")
                && each.contains("violates PodSecurity")
                && each.contains("Pod Security standard is privileged"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"emptyDir":{}}              |                                    | kubernetes.io~empty-dir/v
          {"csi":{"driver":"d"}}       |                                    | kubernetes.io~csi/v/mount
          {"nfs":{}}                   |                                    | kubernetes.io~nfs/v
          {"persistentVolumeClaim":{}} | {"csi":{}}                         | kubernetes.io~csi/pv/mount
          {"ephemeral":{}}             | {"csi":{}}                         | kubernetes.io~csi/pv/mount
          {"persistentVolumeClaim":{}} | {"local":{}}                       | kubernetes.io~local-volume/pv
          {"persistentVolumeClaim":{}} | {"csi":{},"volumeMode":"Block"}    |
          {"persistentVolumeClaim":{}} | {"hostPath":{}}                    |
          {"persistentVolumeClaim":{}} |                                    |
          {"hostPath":{}}              |                                    |
          """)
  void isWhereKubeletsMountIt(String inPod, @Nullable String spec, @Nullable String expected) {
    ObjectNode volume = Json.object(inPod.getBytes(StandardCharsets.UTF_8), "v").put("name", "v");
    ObjectNode persistent = null;
    if (spec != null) {
      persistent = Json.MAPPER.createObjectNode();
      persistent.putObject("metadata").put("name", "pv");
      persistent.set("spec", Json.object(spec.getBytes(StandardCharsets.UTF_8), "spec"));
    }
    assertThat(KubeletPath.of("uid", volume, persistent))
        .isEqualTo(expected == null ? "" : "pods/uid/volumes/" + expected);
  }
}
