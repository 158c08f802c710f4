package dev.holdfast.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.ForwardingStore;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A repository is made once, wherever its making is interrupted and whoever makes it beside. */
class RepositoryInitTest {

  @TempDir Path folder;
  private final Operation op = Operation.start();

  private Repository init(ObjectStore store, String password) {
    return Repository.init(
        op, store, password, 2, KeyFile.Cost.WEAK, null, new Repository.Identity("kelp", "shore"));
  }

  @Test
  void aRunThatWasKilledIsFinishedByTheNext() throws IOException {
    boolean died = true;
    for (int calls = 0; died; calls++) {
      DirectoryStore place = new DirectoryStore(folder.resolve("after-" + calls));
      FaultyStore dying = new FaultyStore(place);
      dying.on(FaultyStore.after(calls), FaultyStore.kill());
      try {
        init(dying, "kelp");
        died = false;
      } catch (FaultyStore.Killed e) {
        init(place, "kelp");
      }
      String id = Repository.open(op, place, "kelp").config().id();
      assertThat(id).as("killed after %d calls", calls).isNotEmpty();
      try (var keys = Files.list(folder.resolve("after-" + calls).resolve("keys"))) {
        assertThat(keys).hasSize(1);
      }
      assertThatThrownBy(() -> init(place, "kelp")).isInstanceOf(Failure.Conflict.class);
    }
  }

  @Test
  void anotherPasswordDoesNotTakeOverWhatWasLeft() {
    DirectoryStore place = new DirectoryStore(folder);
    init(place, "kelp");
    place.delete(op, RepositoryKeys.CONFIG);
    assertThatThrownBy(() -> init(place, "wrack"))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("no config");
    init(place, "kelp");
    assertThat(Repository.open(op, place, "kelp").config().version()).isEqualTo(2);
  }

  @Test
  void theOneThatComesSecondLeavesNoKey() throws IOException {
    Path first = folder.resolve("first");
    DirectoryStore place = new DirectoryStore(folder.resolve("place"));
    init(new DirectoryStore(first), "wrack");
    ObjectStore late =
        new ForwardingStore(place) {
          @Override
          public boolean putIfAbsent(Operation op, String key, byte[] content) {
            copy(first, place);
            return super.putIfAbsent(op, key, content);
          }
        };
    assertThatThrownBy(() -> init(late, "kelp"))
        .isInstanceOf(Failure.Conflict.class)
        .hasMessageContaining("at the same time");
    try (var keys = Files.list(folder.resolve("place/keys"))) {
      assertThat(keys).hasSize(1);
    }
    assertThat(Repository.open(op, place, "wrack").config().version()).isEqualTo(2);
  }

  private void copy(Path from, DirectoryStore to) {
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        to.put(
            op,
            from.relativize(file).toString(),
            Files.readAllBytes(file),
            ObjectStore.PutOptions.NONE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + from, e);
    }
  }
}
