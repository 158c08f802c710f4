package dev.holdfast.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Shore;
import dev.holdfast.cli.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code volume ls}, {@code dump} and {@code restore}: single files out of a backup. */
@Timeout(300)
class VolumeCommandTest {

  @TempDir Path folder;
  private Shore shore;
  private Terminal terminal;

  @BeforeEach
  void start() {
    shore = new Shore(folder, 1);
    terminal =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", folder.resolve("b") + "")
            .with("HOLDFAST_PASSWORD", "correct horse");
    shore.create(
        "persistentvolumeclaims",
        "shop",
        """
        {"metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
        """);
    shore.create(
        "pods",
        "shop",
        """
        {"metadata": {"name": "db"},
         "spec": {"terminationGracePeriodSeconds": 0,
           "containers": [{"name": "db", "image": "localhost/host",
             "command": ["sh", "-c", "mkdir /data/sub; echo rows > /data/sub/table; echo x > '/data/odd [1]*'; touch /tmp/up; exec sleep infinity"],
             "readinessProbe": {"exec": {"command": ["test", "-e", "/tmp/up"]}},
             "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "cache", "mountPath": "/cache"}]}],
           "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
             {"name": "cache", "emptyDir": {}}]}}
        """);
    shore.ready("db");
  }

  @AfterEach
  void stop() {
    shore.close();
  }

  @Test
  @Tag("SF-14")
  void singleFilesComeOutOfABackup() throws IOException {
    Path policies =
        Files.writeString(
            folder.resolve("policies.yaml"),
            """
            version: v1
            volumePolicies:
            - conditions: {volumeTypes: [emptyDir]}
              action: {type: skip}
            """);
    var made =
        terminal.run("backup", "create", "b", "-n", "shop", "--resource-policies", policies + "");
    assertThat(made.code()).as(made.err()).isEqualTo(ExitCode.OK);
    assertThat(terminal.run("volume", "ls", "b").out())
        .containsPattern("shop/data +Saved")
        .contains("a resource policy skips it");
    assertThat(terminal.run("volume", "ls", "b", "data").out())
        .isEqualTo("/odd [1]*\n/sub\n/sub/table\n");
    assertThat(terminal.run("volume", "ls", "b", "shop/data", "/sub", "-l").out())
        .containsPattern("-rw-r--r-- .* 5 .* /sub/table");
    var dumped = new ByteArrayOutputStream();
    terminal.piped(InputStream.nullInputStream(), dumped);
    assertThat(terminal.run("volume", "dump", "b", "data", "/sub/table").code()).isZero();
    assertThat(dumped).hasToString("rows\n");
    Path target = folder.resolve("target");
    var restored =
        terminal.run("volume", "restore", "b", "data", "odd [1]*", "-t", target.toString());
    assertThat(restored.code()).as(restored.err()).isEqualTo(ExitCode.OK);
    assertThat(target.resolve("odd [1]*")).hasContent("x\n");
    assertThat(target.resolve("sub")).doesNotExist();
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThat(terminal.run("backup", "create", "b", "-n", "shop").code()).isEqualTo(ExitCode.OK);
    var absent = terminal.run("volume", "ls", "b", "nothing");
    assertThat(absent.code()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(absent.err()).contains("has no volume 'nothing'");
    assertThat(terminal.run("volume", "dump", "b", "data", "/nothing").code())
        .isEqualTo(ExitCode.NOT_FOUND);
    assertThat(terminal.run("volume", "restore", "b", "data", "/nothing", "-t", "x").code())
        .isEqualTo(ExitCode.NOT_FOUND);
    var broken = folder.resolve("broken.yaml");
    assertThat(
            terminal
                .run("backup", "create", "c", "-n", "shop", "--resource-policies", broken + "")
                .code())
        .isEqualTo(ExitCode.NOT_FOUND);
  }

  /** Nothing starts on a volume that could not be filled: so nothing is begun. */
  @Test
  @Tag("EBS-34")
  void aRestoreIsRefusedThatCannotOpenTheVolumes() {
    assertThat(terminal.run("backup", "create", "b", "-n", "shop").code()).isEqualTo(ExitCode.OK);
    shore.delete("pods/shop/db");
    shore.delete("persistentvolumeclaims/shop/data");
    Terminal without =
        Terminal.in(folder)
            .always(
                "--kubeconfig", shore.kubeconfig() + "", "--location", folder.resolve("b") + "");
    var refused = without.run("restore", "create", "--from-backup", "b");
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err())
        .contains("holds the content of volumes shop/", "and there is no password to open it")
        .contains("give --password-file", "nothing was written", "--restore-volumes=false");
    var planned = without.run("restore", "plan", "--from-backup", "b");
    assertThat(planned.code()).as(planned.err()).isEqualTo(ExitCode.OK);
    assertThat(planned.out())
        .contains("shop/data: the restore is refused, as there is no password to open it");
    Terminal wrong =
        Terminal.in(folder)
            .always("--kubeconfig", shore.kubeconfig() + "", "--location", folder.resolve("b") + "")
            .with("HOLDFAST_PASSWORD", "wrong");
    for (String verb : new String[] {"create", "plan"}) {
      var locked = wrong.run("restore", verb, "--from-backup", "b");
      assertThat(locked.code()).isEqualTo(ExitCode.WRONG_KEY);
      assertThat(locked.err()).contains("cannot be opened", "nothing was written");
    }
    assertThat(shore.has("persistentvolumeclaims/shop/data")).isFalse();
    assertThat(folder.resolve("b/restores")).doesNotExist();
    var empty = without.run("restore", "create", "--from-backup", "b", "--restore-volumes=false");
    assertThat(empty.code()).as(empty.err()).isEqualTo(ExitCode.OK);
    assertThat(shore.has("pods/shop/db")).isTrue();
  }
}
