package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.engine.restore.RestoreInputs;
import dev.holdfast.engine.restore.RestoreOutcome;
import dev.holdfast.repository.tar.TarEntry;
import dev.holdfast.repository.tar.TarOutput;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawPath;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes with more than files and directories in them, and containers whose tar lies. */
@org.jspecify.annotations.NullUnmarked
@Timeout(180)
@Tag("EBS-24")
class SpecialFilesTest {

  @TempDir Path folder;
  private Town town;

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
  }

  @AfterEach
  void close() {
    town.close();
  }

  private void start(Shop shop) {
    town.apply(shop.yaml());
    town.ready("shop", "db-0");
  }

  private String in(String script) {
    return town.exec("shop", "db-0", script);
  }

  /** Where the node has the volume. */
  private Path volume() {
    String name =
        town.get("persistentvolumeclaims", "shop", "data-db-0")
            .orElseThrow()
            .at("/spec/volumeName")
            .asText();
    return Path.of(
        town.get("persistentvolumes", "", name).orElseThrow().at("/spec/local/path").asText());
  }

  private BackupOutcome backup(MoverOptions mover) {
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    try (VolumeRepositories repositories = town.repositories()) {
      BackupOptions options =
          town.options("first", spec, repositories)
              .volumes(VolumeOptions.into(repositories).mover(mover));
      return new BackupRun(town.cluster(), town.store(), options, Progress.SILENT).run(Town.op());
    }
  }

  private RestoreOutcome restore(MoverOptions mover) {
    return town.restore(
        Town.op(),
        "copy",
        "first",
        ",'namespaceMapping':{'shop':'copy'}",
        RestoreInputs.NONE,
        mover);
  }

  private static final String LOOK = "cd /data; stat -c '%n %F %a %t:%T' pipe device link table";

  /** A socket is somebody's who listens, and is made anew when he starts: it is not stored. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void devicesAndPipesComeBackAndSocketsDoNot(boolean mover) throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "Not root: no devices: skipped");
    start(Shop.PLAIN);
    in(
        "cd /data; mkfifo -m 620 pipe; mknod -m 604 device c 1 3; ln -s /etc/passwd link;"
            + " echo rows > table");
    String before = in(LOOK);
    try (MoverImage image = mover ? new MoverImage() : null;
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(volume().resolve("socket")));
      MoverOptions movers = image == null ? MoverOptions.NONE : image.options();
      BackupOutcome saved = backup(movers);
      assertThat(saved.results().errors().all()).isEmpty();
      assertThat(saved.results().warnings().all()).isEmpty();
      RestoreOutcome restored = restore(movers);
      assertThat(restored.results().errors().all()).isEmpty();
    }
    town.ready("copy", "db-0");
    assertThat(town.exec("copy", "db-0", LOOK)).isEqualTo(before);
    assertThat(town.exec("copy", "db-0", "ls /data")).isEqualTo("device\nlink\npipe\ntable\n");
  }

  /** Who may not make a device is told so, and the application does not start without it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Tag("EBS-34")
  void aDeviceThatMayNotBeMadeIsNamed(boolean mover) throws IOException, InterruptedException {
    assumeTrue("root".equals(System.getProperty("user.name")), "Not root: no devices: skipped");
    start(Shop.PLAIN.pod("securityContext: {runAsUser: 1234, fsGroup: 1234}"));
    in("echo rows > /data/table");
    String device = volume().resolve("device").toString();
    assertThat(new ProcessBuilder("mknod", device, "c", "1", "3").start().waitFor()).isZero();
    try (MoverImage image = mover ? new MoverImage() : null) {
      MoverOptions movers = image == null ? MoverOptions.NONE : image.options();
      assertThat(backup(movers).results().errors().all()).isEmpty();
      RestoreOutcome outcome = restore(movers);
      assertThat(outcome.results().errors().all())
          .anyMatch(each ->
              each.contains("content of volume claim shop/data-db-0 was not restored")
                  && each.contains("device")
                  && each.contains("not permitted"));
      assertThat(outcome.results().warnings().all())
          .anyMatch(each -> each.contains("restored with 0 replicas instead of 1"));
    }
    assertThat(town.get("pods", "copy", "db-0")).isEmpty();
  }

  private static TarEntry entry(String path, NodeType type, @Nullable String hardLink) {
    return new TarEntry(
        RawPath.of(path),
        type,
        0644,
        0,
        0,
        "",
        "",
        0,
        Instant.EPOCH,
        null,
        hardLink == null ? null : RawPath.of(hardLink),
        0,
        List.of());
  }

  private interface Content {
    void write(TarOutput tar) throws IOException;
  }

  /** A container whose tar says that it is GNU's, and sends what we want. */
  private void evil(Content content) throws IOException {
    start(Shop.PLAIN.container("env: [{name: PATH, value: '/data/.bin:/usr/bin:/bin'}]"));
    in(
        "mkdir /data/.bin; printf '#!/bin/sh\\n[ \"$1\" = --version ] && echo GNU tar || cat"
            + " /data/.bin/stream\\n' > /data/.bin/tar; chmod 755 /data/.bin/tar");
    try (OutputStream out = Files.newOutputStream(volume().resolve(".bin/stream"))) {
      TarOutput tar = new TarOutput(out);
      content.write(tar);
      tar.finish();
    }
  }

  private void refused(String why) {
    BackupOutcome outcome = backup(MoverOptions.NONE);
    assertThat(outcome.phase()).isEqualTo("PartiallyFailed");
    assertThat(outcome.results().errors().all())
        .singleElement()
        .asString()
        .contains("the data of volume data (claim data-db-0) of pod shop/db-0 is not in the backup")
        .contains(why);
    assertThat(town.store().list(Town.op(), "restic/shop/snapshots/").objects()).isEmpty();
  }

  @Test
  void aHardLinkOutOfTheVolumeIsRefused() throws IOException {
    evil(tar -> {
      tar.entry(entry("./table", NodeType.FILE, null));
      tar.entry(entry("./shadow", NodeType.FILE, "../../etc/shadow"));
    });
    refused("leads out of its directory: ../../etc/shadow");
  }

  @Test
  void aHardLinkToWhatDidNotComeIsRefused() throws IOException {
    evil(tar -> tar.entry(entry("./shadow", NodeType.FILE, "/etc/shadow")));
    refused("as a link to /etc/shadow, which did not come before");
  }

  @Test
  void aNameOutOfTheVolumeIsRefused() throws IOException {
    evil(tar -> tar.entry(entry("./../../etc/cron.d/evil", NodeType.FILE, null)));
    refused("leads out of its directory");
  }
}
