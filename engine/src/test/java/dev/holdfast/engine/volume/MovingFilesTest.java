package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.engine.Progress;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.backup.BackupRun;
import dev.holdfast.engine.backup.VolumeOptions;
import dev.holdfast.repository.Repository;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ObjectStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that grow, shrink and vanish while their volume is read. What was not the same at the end
 * as at the beginning is named, whoever read it; what else is in the volume is saved.
 */
@org.jspecify.annotations.NullUnmarked
@Timeout(180)
@Tag("EBS-32")
class MovingFilesTest {

  /** More than fits between whoever reads and whoever stores. */
  private static final int LARGE = 32 << 20;

  @TempDir Path folder;
  private Town town;
  private MoverImage image;

  /** In the order in which tar comes to them; a mover pod comes to them by name. */
  private List<String> files;

  @BeforeEach
  void open() {
    town = new Town(folder, 1);
  }

  @AfterEach
  void close() {
    town.close();
    if (image != null) {
      image.close();
    }
  }

  private void start(Shop shop) {
    town.apply(shop.yaml());
    town.ready("shop", "db-0");
    in("cd /data; for i in 1 2 3 4; do echo small > f$i; done");
    files = image == null ? in("ls -U /data").lines().toList() : List.of("f1", "f2", "f3", "f4");
    in("head -c " + large() + " /dev/urandom > /data/" + files.getFirst());
  }

  private int large() {
    return image == null ? LARGE : 3 * LARGE; // a mover reads up to 64 MiB ahead
  }

  private String in(String script) {
    return town.exec("shop", "db-0", script);
  }

  /** Backs up; when the large file is being read, the script runs in the container. */
  private BackupOutcome backup(String name, String script) {
    AtomicLong read = new AtomicLong();
    AtomicBoolean begun = new AtomicBoolean();
    Progress progress =
        new Progress() {
          private volatile boolean volumes;

          @Override
          public void phase(String name) {
            volumes = name.equals("volumes");
          }

          @Override
          public void advance(long items, long bytes) {
            if (volumes && read.addAndGet(bytes) > 1000 && begun.compareAndSet(false, true)) {
              in(script);
            }
          }
        };
    try (VolumeRepositories repositories = town.repositories()) {
      return backup(name, progress, repositories);
    }
  }

  private BackupOutcome backup(String name, Progress progress, VolumeRepositories repositories) {
    String spec = "{'includedNamespaces':['shop'],'defaultVolumesToFsBackup':true}";
    VolumeOptions volumes = VolumeOptions.into(repositories);
    var options =
        town.options(name, spec, repositories)
            .volumes(image == null ? volumes : volumes.mover(image.options()));
    return new BackupRun(town.cluster(), town.store(), options, progress).run(Town.op());
  }

  private String first() {
    return files.getFirst();
  }

  private String last() {
    return files.getLast();
  }

  private BackupOutcome growAndVanish() {
    return backup("first", "cd /data; rm %s; echo more >> %s".formatted(last(), first()));
  }

  private BackupOutcome shrink() {
    return backup("second", "truncate -s 1000 /data/" + first());
  }

  /** Complete but for what is named in its only warning. */
  private static void warned(BackupOutcome outcome, String... words) {
    assertThat(outcome.results().errors().all()).isEmpty();
    assertThat(outcome.phase()).isEqualTo("Completed");
    assertThat(outcome.results().warnings().all())
        .singleElement()
        .asString()
        .contains("of volume data (claim data-db-0) of pod shop/db-0 changed while they were read")
        .contains(words)
        .doesNotContain("\n");
  }

  /** The others are whole, and what vanished is not there. */
  private void comesBack(String backup) {
    String others = String.join(" ", files.subList(1, 3));
    assertThat(
            town.restore(Town.op(), backup, backup, ",'namespaceMapping':{'shop':'" + backup + "'}")
                .results()
                .errors()
                .all())
        .isEmpty();
    town.ready(backup, "db-0");
    assertThat(town.exec(backup, "db-0", "cd /data; cat " + others + "; ls " + last() + " || :"))
        .isEqualTo("small\nsmall\n");
  }

  @Test
  void readByTarOfGnu() {
    start(Shop.PLAIN);
    warned(
        growAndVanish(),
        "./" + first() + ": file changed as we read it",
        "./" + last() + ": File removed before we read it");
    comesBack("first");
    warned(shrink(), "./" + first() + ": File shrank by ", "padding with zeros");
  }

  /** It says nothing of files that grow, and its stream stops where a file shrinks. */
  @Test
  void readByTarOfBusybox() {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/busybox")), "There is no busybox: skipped");
    start(Shop.PLAIN.container("env: [{name: PATH, value: '/data/.bin:/usr/bin:/bin'}]"));
    in("mkdir /data/.bin; ln -s /usr/bin/busybox /data/.bin/tar");
    BackupOutcome vanished = growAndVanish();
    assertThat(vanished.phase()).isEqualTo("PartiallyFailed");
    assertThat(vanished.results().errors().all())
        .singleElement()
        .asString()
        .contains("files of volume data (claim data-db-0) of pod shop/db-0 could not be read")
        .contains(last() + ": No such file or directory");
    comesBack("first");
    assertThat(shrink().results().errors().all())
        .singleElement()
        .asString()
        .contains("the data of volume data (claim data-db-0) of pod shop/db-0 is not in the backup")
        .contains("tar ended with exit status 1 in the middle: tar: short read");
  }

  /** It reads several files at once: which of the small ones it has read is anybody's guess. */
  @Test
  void readByAMoverPod() {
    image = new MoverImage();
    start(Shop.PLAIN);
    warned(backup("first", "echo more >> /data/f1"), "/f1: it grew from " + large() + " to ");
    warned(shrink(), "/f1: it shrank from " + (large() + 5) + " to 1000 bytes");
  }

  /**
   * A mover that has listed a directory asks for the parent's tree of it before it looks at what is
   * in it; that is the first content that is read from the location.
   */
  @Test
  void vanishedBeforeAMoverPodLooks() {
    image = new MoverImage();
    town.apply(Shop.PLAIN.yaml());
    town.ready("shop", "db-0");
    files = List.of("f1", "f2", "f3", "f4");
    in("cd /data; for i in 1 2 3 4; do echo small > f$i; done");
    assertThat(backup("whole", ":").results().errors().all()).isEmpty();
    AtomicBoolean removed = new AtomicBoolean();
    BackupOutcome second;
    try (VolumeRepositories repositories =
        new VolumeRepositories(
            namespace ->
                watched(
                    new DirectoryStore(town.repository(namespace)),
                    () -> {
                      if (removed.compareAndSet(false, true)) {
                        in("rm /data/f4");
                      }
                    }),
            Town.PASSWORD,
            new Repository.Identity("somebody", "somewhere"))) {
      second = backup("first", Progress.SILENT, repositories);
    }
    warned(second, ": /f4: it vanished");
    comesBack("first");
  }

  /** Does something before content is read. */
  private static ObjectStore watched(ObjectStore store, Runnable before) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (_, method, arguments) -> {
              if (method.getName().equals("get") && arguments[1].toString().startsWith("data/")) {
                before.run();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
