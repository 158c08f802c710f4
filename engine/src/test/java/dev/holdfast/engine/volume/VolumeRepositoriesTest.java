package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.lock.Locks;
import dev.holdfast.repository.lock.ProcessHolder;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody prunes a repository that volumes are being saved into or restored from. */
@Tag("EBS-24")
class VolumeRepositoriesTest {

  private static final Repository.Identity US = new Repository.Identity("kelp", "shore");

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private VolumeRepositories repositories(boolean readOnly) {
    return new VolumeRepositories(
        namespace -> {
          DirectoryStore store = new DirectoryStore(folder.resolve(namespace));
          return readOnly
              ? new FaultyStore(store).on(FaultyStore.writes(), FaultyStore.denied())
              : store;
        },
        "kelp",
        US);
  }

  @Test
  void anOpenRepositoryIsLockedAgainstRemovalUntilItIsClosed() {
    Locks others;
    try (VolumeRepositories repositories = repositories(false)) {
      Repository repository = repositories.openOrInit(op, "shop");
      others =
          new Locks(
              Repository.open(op, new DirectoryStore(folder.resolve("shop")), "kelp"),
              new ProcessHolder(US),
              Locks.Timing.DEFAULT);
      assertThat(repositories.open(op, "shop")).isSameAs(repository);
      assertThat(others.list(op)).hasSize(1);
      assertThatThrownBy(() -> others.exclusive(op)).isInstanceOf(Failure.Locked.class);
      others.shared(op).close();
    }
    assertThat(others.list(op)).isEmpty();
    others.exclusive(op).close();
  }

  @Test
  void aPasswordCostsWhoGuessesIt() throws IOException {
    try (VolumeRepositories repositories = repositories(false)) {
      Repository made = repositories.openOrInit(op, "shop");
      Path key = folder.resolve("shop/keys/" + made.keyId());
      KeyFile file = KeyFile.read(Files.readAllBytes(key), "key");
      assertThat(new KeyFile.Cost(file.N(), file.r(), file.p())).isEqualTo(KeyFile.Cost.DEFAULT);
    }
  }

  /** One that nobody knows of would be refreshed as long as the process runs. */
  @Test
  void aRepositoryWhoseIndexNoMemoryIsLeftForIsNotKeptLocked() {
    try (VolumeRepositories writing = repositories(false)) {
      writing.openOrInit(op, "shop");
    }
    DirectoryStore store = new DirectoryStore(folder.resolve("shop"));
    FaultyStore faulty = new FaultyStore(store);
    faulty.on(
        call -> call.verb() == FaultyStore.Verb.LIST && call.key().startsWith("index/"),
        FaultyStore.outOfMemory());
    try (var repositories = new VolumeRepositories(_ -> faulty, "kelp", US)) {
      assertThatThrownBy(() -> repositories.open(op, "shop")).isInstanceOf(OutOfMemoryError.class);
      assertThat(store.list(op, "locks/").objects()).isEmpty();
    }
  }

  @Test
  void aLocationThatMayOnlyBeReadIsReadWithoutALock() {
    try (VolumeRepositories writing = repositories(false)) {
      writing.openOrInit(op, "shop");
    }
    try (VolumeRepositories reading = repositories(true)) {
      assertThat(reading.open(op, "shop").index().size()).isZero();
    }
  }

  @Test
  void whatWasSavedIsNotReliedOnIfNobodyCouldOpenTheRepository() throws IOException {
    try (VolumeRepositories repositories = repositories(false)) {
      Repository repository = repositories.openOrInit(op, "shop");
      Path key = folder.resolve("shop/keys/" + repository.keyId());
      Files.delete(key);
      var written = new VolumeRepositories.Written("shop", Id.hash(new byte[1]));
      assertThatThrownBy(() -> repositories.verify(op, Stream.of(written)))
          .isInstanceOf(Failure.Absent.class);
      Files.writeString(key, "{}");
      assertThatThrownBy(() -> repositories.verify(op, Stream.of(written)))
          .isInstanceOf(Failure.Corrupt.class);
    }
  }
}
