package dev.holdfast.repository.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.SavedRepository;
import dev.holdfast.repository.check.CheckOutcome;
import dev.holdfast.repository.check.PackSubset;
import dev.holdfast.store.fault.FaultyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every verb that writes, killed before each of its store operations, on a disk that fills at each
 * write, and on a store that fails at random: what was complete stays readable, and a repeat
 * finishes the work. restic's check agrees on a sample, with {@code -Psoak} every time.
 */
@Tag("EMF-4")
@Tag("EBS-24")
class VerbFaultsTest {

  private static final boolean SOAK = Boolean.getBoolean("holdfast.soak");

  /** After how many kills restic is asked. */
  private static final int SAMPLE = SOAK ? 1 : 12;

  @TempDir Path folder;
  private int copies;

  /** A verb and the repository that it works on copies of. */
  private record Prepared(Verb verb, SavedRepository start) {}

  private interface Trial {
    void on(Prepared prepared) throws Exception;
  }

  private Stream<DynamicTest> ofEachVerb(Trial trial) {
    return Verbs.all().entrySet().stream()
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.getKey(),
                () -> {
                  Path home = Files.createTempDirectory(folder, "verb");
                  trial.on(new Prepared(entry.getValue(), entry.getValue().prepare(home)));
                }));
  }

  @TestFactory
  Stream<DynamicTest> killedAtEveryOperation() {
    return ofEachVerb(prepared -> {
      boolean killed = true;
      for (int calls = 0; killed; calls++) {
        int last = calls;
        killed =
            stopped(
                prepared,
                store -> store.on(FaultyStore.after(last), FaultyStore.kill()),
                calls % SAMPLE == 0);
        assertThat(calls).isLessThan(1000);
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> aDiskThatIsFullFromAnyWriteOn() {
    return ofEachVerb(prepared -> {
      boolean full = true;
      for (int room = 0; full; room++) {
        int limit = room;
        int[] writes = new int[1];
        // What is removed needs no room.
        full =
            stopped(
                prepared,
                store ->
                    store.on(
                        call ->
                            call.writes()
                                && call.verb() != FaultyStore.Verb.DELETE
                                && writes[0]++ >= limit,
                        FaultyStore.full()),
                SOAK);
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> aStoreThatFailsAtRandom() {
    return ofEachVerb(
        prepared -> Seeded.check(4, random -> stopped(prepared, atRandom(random), false)));
  }

  /** Whatever thread runs out of it: nothing hangs, and nothing is called done that is not. */
  @TestFactory
  Stream<DynamicTest> aProcessThatRunsOutOfMemory() {
    return ofEachVerb(prepared -> {
      SavedRepository copy = prepared.start().copyTo(folder.resolve("copy-" + copies++));
      FaultyStore counting = new FaultyStore(copy.store);
      prepared.verb().run(copy, counting);
      int calls = counting.calls().size();
      Seeded.check(
          SOAK ? calls : 6,
          random -> {
            long number = 1L + random.nextInt(calls);
            stopped(
                prepared,
                store -> store.on(FaultyStore.nth(number), FaultyStore.outOfMemory()),
                false);
          });
    });
  }

  /** Of a snapshot that was there before, nothing more is lost, whether the verb refuses or not. */
  @TestFactory
  Stream<DynamicTest> aDamagedFileLosesNothingElse() {
    return ofEachVerb(prepared ->
        Seeded.check(
            3,
            random -> {
              SavedRepository copy = prepared.start().copyTo(folder.resolve("copy-" + copies++));
              String what = damage(copy, random);
              Map<Id, Set<String>> before = lacking(prepared.verb(), copy);
              try {
                prepared.verb().run(copy, copy.store);
              } catch (Failure e) {
                assertThat(e.getMessage()).isNotEmpty();
              }
              lacking(prepared.verb(), copy)
                  .forEach((id, paths) -> {
                    if (before.containsKey(id)) {
                      assertThat(before.get(id)).as(what).containsAll(paths);
                    }
                  });
            }));
  }

  private static String damage(SavedRepository at, RandomGenerator random) throws IOException {
    Path file =
        Seeded.pick(random, at.files(Seeded.pick(random, List.of("index", "snapshots", "data"))));
    byte[] bytes = Files.readAllBytes(file);
    int where = random.nextInt(bytes.length);
    if (random.nextBoolean()) {
      SavedRepository.flip(file, where, random.nextInt(8));
      return "byte " + where + " of " + bytes.length + " changed in " + file;
    }
    SavedRepository.write(file, Arrays.copyOf(bytes, where));
    return file + " cut to " + where + " of " + bytes.length + " bytes";
  }

  /** What each snapshot lacks, nothing for one that is whole; empty where no index tells. */
  private static Map<Id, Set<String>> lacking(Verb verb, SavedRepository at) {
    Repository repository = Repository.open(at.op, at.store, verb.password(at));
    CheckOutcome outcome = at.check(repository, new PackSubset.All()).outcome();
    Map<Id, Set<String>> lacking = new HashMap<>();
    if (outcome.intact() || !outcome.affected().isEmpty() || !outcome.brokenPacks().isEmpty()) {
      for (Id id : Repository.names(at.op, at.store, RepositoryKeys.SNAPSHOTS)) {
        lacking.put(id, new HashSet<>());
      }
    }
    outcome.affected().forEach(one -> lacking.put(one.snapshot().id(), new HashSet<>(one.paths())));
    return lacking;
  }

  private static Consumer<FaultyStore> atRandom(RandomGenerator random) {
    int often = 4 + random.nextInt(30);
    return store ->
        store
            .on(call -> random.nextInt(often) == 0, FaultyStore.unreachable())
            .on(call -> random.nextInt(often) == 0, FaultyStore.loseAnswer())
            .on(call -> random.nextInt(often) == 0, FaultyStore.breakAfter(random.nextInt(500)));
  }

  /**
   * One run of the verb on a copy with faults, then one without.
   *
   * @return whether the faults stopped it
   */
  private boolean stopped(Prepared prepared, Consumer<FaultyStore> faults, boolean askRestic)
      throws Exception {
    Verb verb = prepared.verb();
    SavedRepository copy = prepared.start().copyTo(folder.resolve("copy-" + copies++));
    FaultyStore store = new FaultyStore(copy.store);
    faults.accept(store);
    try {
      verb.run(copy, store);
    } catch (RuntimeException | OutOfMemoryError e) {
      assertThat(injected(e)).as("%s", e).isTrue();
      verb.whenStopped(copy);
      if (askRestic) {
        resticAgrees(verb, copy);
      }
      verb.run(copy, copy.store);
      verb.whenDone(copy);
      if (askRestic) {
        resticAgrees(verb, copy);
      }
      return true;
    }
    verb.whenDone(copy);
    return false;
  }

  /** Our failures say what happened; a kill is none, and may have crossed a thread. */
  private static boolean injected(Throwable e) {
    return e instanceof Failure
        || e instanceof FaultyStore.Killed
        || e instanceof OutOfMemoryError // as it was, whatever thread met it
        || killed(e);
  }

  private static boolean killed(Throwable e) {
    return e.getCause() instanceof FaultyStore.Killed
        || (e.getCause() != null && killed(e.getCause()));
  }

  /** Not about what was lost before: about whether all is well now. */
  private void resticAgrees(Verb verb, SavedRepository copy) throws Exception {
    if (!Restic.installed()) {
      return;
    }
    String password = verb.password(copy);
    Repository repository = Repository.open(copy.op, copy.store, password);
    boolean intact = copy.check(repository, new PackSubset.None()).outcome().intact();
    Restic.Answer answer =
        new Restic(copy.place, password, folder).run(folder, "check", "--no-lock");
    assertThat(answer.status() == 0).as(answer.out()).isEqualTo(intact);
  }
}
