package dev.holdfast.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import dev.holdfast.s3server.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application and its volumes, each saved its way, out to a bucket and back from it. */
@Timeout(300)
class VolumesInBucketTest {

  @TempDir Path folder;
  private Shore shore;
  private S3Server server;
  private Terminal terminal;

  @BeforeEach
  void start() throws IOException {
    server = S3Server.start(S3Server.Options.MEMORY).bucket("site");
    shore = new Shore(folder, 1);
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "")
            .with("HOLDFAST_PASSWORD", "correct horse");
    Path keys =
        Files.writeString(
            folder.resolve("keys"),
            "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
                .formatted(server.accessKey(), server.secretKey()));
    done(
        "backup-location",
        "create",
        "site",
        "--provider=aws",
        "--bucket=site",
        "--default",
        "--secret-file",
        keys + "",
        "--backup-location-config",
        "region=minio,s3ForcePathStyle=true,s3Url=" + server.endpoint());
    claim("files", "standard");
    claim("kept", "csi");
    claim("junk", "csi");
    shore.create(
        "pods",
        "shop",
        """
        {"metadata": {"name": "db"},
         "spec": {"terminationGracePeriodSeconds": 0,
           "containers": [{"name": "db", "image": "localhost/host",
             "command": ["sh", "-c", "for i in files kept junk; do [ -e /$i/rows ] && echo back > /$i/rows.was || echo $i > /$i/rows; done; touch /tmp/up; exec sleep infinity"],
             "readinessProbe": {"exec": {"command": ["test", "-e", "/tmp/up"]}},
             "volumeMounts": [{"name": "files", "mountPath": "/files"},
               {"name": "kept", "mountPath": "/kept"}, {"name": "junk", "mountPath": "/junk"}]}],
           "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": "files"}},
             {"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}},
             {"name": "junk", "persistentVolumeClaim": {"claimName": "junk"}}]}}
        """);
    shore.ready("db");
  }

  private void claim(String name, String storageClass) {
    shore.create(
        "persistentvolumeclaims",
        "shop",
        """
        {"metadata": {"name": "%s", "labels": {"keep": "%s"}},
         "spec": {"storageClassName": "%s", "accessModes": ["ReadWriteOnce"],
           "resources": {"requests": {"storage": "1Gi"}}}}
        """
            .formatted(name, name.equals("junk") ? "no" : "yes", storageClass));
  }

  @AfterEach
  void stop() {
    shore.close();
    server.close();
  }

  private String done(String... words) {
    Terminal.Result result = terminal.run(words);
    assertThat(result.code())
        .as("%s%n%s%s", String.join(" ", words), result.out(), result.err())
        .isZero();
    return result.out() + result.err();
  }

  @Test
  @Tag("EMF-12")
  @Tag("EMF-21")
  @Tag("EBS-6")
  @Tag("SF-13")
  void goOutAndComeBack() throws IOException {
    Path policies =
        Files.writeString(
            folder.resolve("policies.yaml"),
            """
            version: v1
            volumePolicies:
            - conditions: {pvcLabels: {keep: "no"}}
              action: {type: skip}
            - conditions: {storageClass: [csi]}
              action: {type: snapshot}
            """);
    done(
        "backup",
        "create",
        "b",
        "-n",
        "shop",
        "--snapshot-local",
        "--resource-policies",
        policies + "");
    assertThat(done("volume", "ls", "b"))
        .containsPattern("shop/files +Saved ")
        .containsPattern("shop/kept +CSI snapshot .* in the storage of csi.sandbox.holdfast.dev")
        .containsPattern("shop/junk +Skipped .* a resource policy skips it");
    shore.delete("namespaces/shop");
    done("restore", "create", "--from-backup", "b");
    shore.ready("db");
    Path target = Files.createDirectory(folder.resolve("target"));
    done("backup", "create", "again", "-n", "shop");
    done("volume", "restore", "again", "files", "/", "-t", target.resolve("files") + "");
    assertThat(target.resolve("files/rows")).hasContent("files\n");
    assertThat(target.resolve("files/rows.was")).hasContent("back\n");
    done("volume", "restore", "again", "kept", "/", "-t", target.resolve("kept") + "");
    assertThat(target.resolve("kept/rows.was")).hasContent("back\n");
    assertThat(done("volume", "ls", "again", "junk")).isEqualTo("/rows\n");
  }
}
