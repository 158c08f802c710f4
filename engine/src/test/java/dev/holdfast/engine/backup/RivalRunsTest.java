package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Claim;
import dev.holdfast.engine.Progress;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Fixtures;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.Credential;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.ObjectMeta;
import dev.holdfast.s3server.Gate;
import dev.holdfast.s3server.S3Server;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.DirectoryStore;
import dev.holdfast.store.Locations;
import dev.holdfast.store.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes that write one backup: never both, never half of each. */
@Tag("SF-1")
class RivalRunsTest {

  @TempDir Path folder;

  /**
   * On a real S3 server, which has conditional writes, and before which something stands that
   * refuses them as older stores do.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void ofRunsThatBeginTogetherOneAtMostWrites(boolean conditional) throws Exception {
    try (S3Server server = S3Server.start(S3Server.Options.MEMORY).bucket("rivals");
        Gate gate = Gate.before(server)) {
      var _ =
          gate.rule(asked ->
              !conditional && asked.startsWith("PUT /rivals/plugins/holdfast/probe-")
                  ? Gate.Verdict.error(501, "NotImplemented")
                  : Gate.Verdict.PASS);
      List<Throwable> failures = race(3, gate, server);
      try (ObjectStore store = open(gate, server)) {
        assertThat(store.capabilities().putIfAbsent()).isEqualTo(conditional);
        var stored = new StoredBackup(store, "shop");
        assertThat(failures)
            .hasSizeBetween(2, conditional ? 2 : 3)
            .allSatisfy(
                f -> assertThat(f).isInstanceOfAny(Failure.Locked.class, Failure.Conflict.class));
        if (failures.size() == 3) {
          assertThat(stored.keys()).as("all withdrew").isEmpty();
          var _ = run(store);
        }
        stored.checkWhole();
        assertThatThrownBy(() -> run(store)).isInstanceOf(Failure.Conflict.class);
      }
    }
  }

  private static List<Throwable> race(int runs, Gate gate, S3Server server) throws Exception {
    CyclicBarrier start = new CyclicBarrier(runs);
    List<Throwable> failures = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < runs; i++) {
        all.add(
            threads.submit(() -> {
              try (ObjectStore store = open(gate, server)) {
                start.await();
                return run(store);
              }
            }));
      }
      for (Future<?> one : all) {
        try {
          one.get();
        } catch (java.util.concurrent.ExecutionException e) {
          failures.add(e.getCause());
        }
      }
    }
    return failures;
  }

  private static BackupOutcome run(ObjectStore store) {
    return new BackupRun(
            new RecordedCluster(Fixtures.path("velero-cases/cluster")),
            store,
            BackupRunTest.options("shop", "{'includedNamespaces':['lighthouse']}"),
            Progress.SILENT)
        .run(Operation.start());
  }

  private static ObjectStore open(Gate gate, S3Server server) {
    String login =
        "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n"
            .formatted(server.accessKey(), server.secretKey());
    Credentials credentials = _ -> login.getBytes(StandardCharsets.UTF_8);
    return Locations.open(
        new BackupStorageLocation(
            BackupStorageLocation.API_VERSION,
            BackupStorageLocation.KIND,
            ObjectMeta.named("velero", "offsite"),
            new BackupStorageLocation.Spec(
                "aws",
                Map.of(
                    "region", "us-east-1",
                    "s3ForcePathStyle", "true",
                    "s3Url", gate.endpoint().toString()),
                new Credential("cloud", "cloud"),
                new ObjectStorage("rivals", null, null, null),
                null,
                null,
                null,
                null),
            null),
        credentials);
  }

  private static final class Hands extends Clock {
    private Instant now = Instant.parse("2026-11-21T03:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** A laptop that was closed for two hours in the middle of a backup. */
  @Test
  void aRunThatSleptDoesNotComeBackIntoWhatAnotherWrites() {
    DirectoryStore store = new DirectoryStore(folder.resolve("location"));
    BackupKeys keys = new BackupKeys("shop");
    Hands clock = new Hands();
    Operation op = Operation.start(clock, new SplittableRandom(1));
    try (RunClaim sleeper = RunClaim.take(op, store, keys, "test")) {
      clock.now = clock.now.plus(Duration.ofMinutes(50));
      sleeper.refresh();
      assertThatCode(sleeper::requireHeld).as("refreshed in time").doesNotThrowAnyException();

      clock.now = clock.now.plus(Duration.ofHours(2));
      byte[] before = new ClaimStore(op, store).get(keys.claim()).orElseThrow().body();
      sleeper.refresh();
      assertThat(new ClaimStore(op, store).get(keys.claim()).orElseThrow().body())
          .as("it does not come to life again")
          .isEqualTo(before);
      assertThatThrownBy(sleeper::requireFresh).isInstanceOf(Failure.Locked.class);
      assertThatThrownBy(sleeper::requireHeld).isInstanceOf(Failure.Locked.class);
      clock.now = Claim.read(before, "claim").lastRefresh();
      assertThatThrownBy(sleeper::requireFresh)
          .as("a clock that is set back does not help")
          .isInstanceOf(Failure.Locked.class);
    }
  }
}
