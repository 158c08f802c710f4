package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.VolumeInfo;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.volume.ResourcePolicies.Action;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which volumes are saved: resource policies, annotations, the spec; the rest is told. */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class VolumeChoiceTest {

  private static final String VOLUME =
      """
      {"spec":{"capacity":{"storage":"10Gi"},"storageClassName":"gold",
       "csi":{"driver":"disk.example","volumeAttributes":{"fast":"yes","zone":"a"}}}}
      """;

  private static final String SHARE =
      """
      {"spec":{"capacity":{"storage":"500Mi"},"nfs":{"server":"filer","path":"/exports/a"}}}
      """;

  private static final String CLAIM =
      """
      {"metadata":{"labels":{"tier":"db","x":"y"}},"status":{"phase":"Bound"},
       "spec":{"accessModes":["ReadWriteOnce","ReadOnlyMany"],"volumeMode":"Filesystem"}}
      """;

  private static JsonNode json(String text) {
    return Json.object(text.getBytes(StandardCharsets.UTF_8), "test");
  }

  private static boolean matches(String condition, VolumeFacts volume) {
    String yaml =
        "version: v1\nvolumePolicies:\n- conditions: {" + condition + "}\n  action: {type: skip}\n";
    return ResourcePolicies.parse(yaml).match(volume).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| true",
        "capacity: '5Gi,10Gi' | true",
        "capacity: '10Gi,' | true",
        "capacity: ',10Gi' | true",
        "capacity: '11Gi,0' | false",
        "capacity: '0,9.9Gi' | false",
        "capacity: '0,0' | true",
        "storageClass: [silver, gold] | true",
        "storageClass: [silver] | false",
        "csi: {} | true",
        "csi: {driver: disk.example} | true",
        "csi: {driver: other} | false",
        "csi: {driver: disk.example, volumeAttributes: {fast: 'yes'}} | true",
        "csi: {driver: disk.example, volumeAttributes: {fast: 'no'}} | false",
        "csi: {driver: disk.example, volumeAttributes: {color: blue}} | false",
        "nfs: {} | false",
        "volumeTypes: [nfs, csi] | true",
        "volumeTypes: [hostPath] | false",
        "pvcLabels: {tier: db} | true",
        "pvcLabels: {tier: db, x: z} | false",
        "pvcPhase: [Pending, Bound] | true",
        "pvcPhase: [Lost] | false",
        "pvcVolumeMode: Filesystem | true",
        "pvcVolumeMode: Block | false",
        "pvcAccessModes: [ReadOnlyMany] | true",
        "pvcAccessModes: [ReadWriteMany] | false",
        "'storageClass: [gold], csi: {driver: other}' | false",
      })
  void conditionsHoldTogether(String condition, boolean holds) {
    var volume = new VolumeFacts(json(VOLUME), null, json(CLAIM));
    assertThat(matches(condition == null ? "" : condition, volume)).isEqualTo(holds);
  }

  @Test
  void nfsAndPodsOwnVolumesAreKnown() {
    var share = new VolumeFacts(json(SHARE), null, null);
    assertThat(matches("nfs: {}", share)).isTrue();
    assertThat(matches("nfs: {server: filer, path: /exports/a}", share)).isTrue();
    assertThat(matches("nfs: {path: /exports/b}", share)).isFalse();
    assertThat(matches("pvcLabels: {tier: db}", share)).isFalse();
    var scratch = new VolumeFacts(null, json("{\"name\":\"x\",\"emptyDir\":{}}"), null);
    assertThat(matches("volumeTypes: [emptyDir]", scratch)).isTrue();
    assertThat(matches("capacity: '1Gi,'", scratch)).isFalse();
  }

  @Test
  void theFirstRuleThatMatchesDecides() {
    ResourcePolicies policies =
        ResourcePolicies.parse(
            """
            version: v1
            volumePolicies:
            - conditions: {storageClass: [silver]}
              action: {type: skip}
            - conditions: {csi: {driver: disk.example}}
              action: {type: snapshot, parameters: {snapshotClass: fast}}
            - conditions: {}
              action: {type: fs-backup}
            """);
    assertThat(policies.match(new VolumeFacts(json(VOLUME), null, null)).orElseThrow())
        .matches(rule -> rule.action() == Action.SNAPSHOT)
        .matches(rule -> "fast".equals(rule.parameters().get("snapshotClass")));
    assertThat(policies.match(new VolumeFacts(json(SHARE), null, null)).orElseThrow().action())
        .isEqualTo(Action.FS_BACKUP);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "version: v2",
        "{version: v1, policies: []}",
        "{version: v1, volumePolicies: [{action: {type: delete}}]}",
        "{version: v1, volumePolicies: [{action: {type: skip}, when: x}]}",
        "{version: v1, volumePolicies: [{conditions: {size: 3}, action: {type: skip}}]}",
        "{version: v1, volumePolicies: [{conditions: {capacity: 10Gi}, action: {type: skip}}]}",
        "{version: v1, volumePolicies: [{conditions: {capacity: '9Gi,1Gi'}, action: {type:"
            + " skip}}]}",
        "{version: v1, volumePolicies: [{conditions: {capacity: 'a,b'}, action: {type: skip}}]}",
        "{version: v1, volumePolicies: [{conditions: {volumeTypes: [floppy]}, action: {type:"
            + " skip}}]}",
        "{version: v1, volumePolicies: [{conditions: {storageClass: gold}, action: {type: skip}}]}",
        "version: v1\nversion: v1",
        "version: [",
      })
  void whatIsNotKnownIsRefused(String yaml) {
    assertThatThrownBy(() -> ResourcePolicies.parse(yaml)).isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void filtersOfItemsAreNotSilentlyIgnored() {
    assertThatThrownBy(() -> ResourcePolicies.parse("{version: v1, includeExcludePolicy: {}}"))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("includeExcludePolicy");
  }

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data, namespace: shop, labels: {tier: db}}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: cache, namespace: shop, labels: {tier: cache}}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: db
        namespace: shop
        annotations: {ANNOTATIONS}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: db
          image: localhost/host
          command: [sh, -c, "echo rows > /data/table; echo warm > /cache/c; echo s > /scratch/s; exec sleep infinity"]
          readinessProbe: {exec: {command: [cat, /scratch/s]}}
          volumeMounts:
          - {name: data, mountPath: /data}
          - {name: cache, mountPath: /cache}
          - {name: scratch, mountPath: /scratch}
          - {name: host, mountPath: /host}
        volumes:
        - name: data
          persistentVolumeClaim: {claimName: data}
        - name: cache
          persistentVolumeClaim: {claimName: cache}
        - name: scratch
          emptyDir: {}
        - name: host
          hostPath: {path: /usr/share}
      """;

  @TempDir Path folder;

  /** What became of each volume of the pod: {@code data saved}, or its reason. */
  private List<String> choices(
      String annotations, String spec, String policies, List<String> errors) throws IOException {
    try (Town town = new Town(folder, 1)) {
      town.apply(APPLICATION.replace("ANNOTATIONS", annotations));
      town.ready("shop", "db");
      try (VolumeRepositories repositories = town.repositories()) {
        BackupOptions options = town.options("one", spec, repositories);
        VolumeOptions how =
            VolumeOptions.into(repositories).policies(ResourcePolicies.parse(policies));
        BackupOutcome outcome =
            new BackupRun(town.cluster(), town.store(), options.volumes(how), Progress.SILENT)
                .run(Town.op());
        errors.addAll(outcome.results().errors().all());
      }
      try (var in = town.store().get(Town.op(), new BackupKeys("one").volumeInfo())) {
        return VolumeInfo.read(in.readAllBytes(), "volumes").stream()
            .map(info ->
                info.pvbInfo() == null
                    ? info.pvcName() + ": " + info.skippedReason()
                    : info.pvbInfo().volumeName() + " saved")
            .toList();
      }
    }
  }

  @Test
  @Tag("KUR-31")
  @Tag("EMF-10")
  void allAreSavedButWhatAnAnnotationOrItsKindKeepsOut() throws IOException {
    List<String> errors = new java.util.ArrayList<>();
    assertThat(
            choices(
                "backup.velero.io/backup-volumes-excludes: 'cache, scratch'",
                "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}",
                "version: v1",
                errors))
        .containsExactlyInAnyOrder(
            "data saved",
            "cache: the pod's annotation excludes it",
            "null: volume scratch of pod pods/shop/db: the pod's annotation excludes it",
            "null: volume host of pod pods/shop/db: it is a hostPath");
    assertThat(errors).isEmpty();
  }

  @Test
  void onlyWhatTheAnnotationNamesWithoutTheDefault() throws IOException {
    List<String> errors = new java.util.ArrayList<>();
    assertThat(
            choices(
                "backup.velero.io/backup-volumes: 'data,scratch'",
                "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':false}",
                "version: v1",
                errors))
        .contains("data saved", "scratch saved")
        .anyMatch(each -> each.endsWith("its volume is not one of a CSI driver"));
    assertThat(errors).singleElement().asString().contains("is not in the backup");
  }

  @Test
  void aPolicyComesBeforeAnnotationsAndDefaults() throws IOException {
    List<String> errors = new java.util.ArrayList<>();
    assertThat(
            choices(
                "backup.velero.io/backup-volumes-excludes: 'data'",
                "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}",
                """
                version: v1
                volumePolicies:
                - conditions: {pvcLabels: {tier: db}}
                  action: {type: fs-backup}
                - conditions: {volumeTypes: [emptyDir, hostPath]}
                  action: {type: skip}
                - conditions: {pvcLabels: {tier: cache}, capacity: "0,2Gi"}
                  action: {type: custom}
                """,
                errors))
        .containsExactlyInAnyOrder(
            "data saved",
            "cache: a resource policy leaves it to somebody else (custom)",
            "null: volume scratch of pod pods/shop/db: a resource policy skips it",
            "null: volume host of pod pods/shop/db: a resource policy skips it");
    assertThat(errors).isEmpty();
  }
}
