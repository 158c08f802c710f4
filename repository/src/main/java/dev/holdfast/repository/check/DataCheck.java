package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.pack.PackedBlob;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads packs, several at a time: while one thread waits for its store, others hash and decrypt.
 * Packs in which something is wrong are read again, now with what the index says of them, to say
 * which blobs are lost.
 */
final class DataCheck {

  /** Suspects whose blobs are in memory at once. */
  private static final int BATCH = 64;

  /** Packs that could not be read at all, after which the store is taken for broken. */
  private static final int PATIENCE = 10;

  private final Repository repository;
  private final PackTable packs;
  private final Losses losses;
  private final Findings findings;
  private final int threads;
  private final AtomicInteger unreachable = new AtomicInteger();

  DataCheck(Repository repository, PackTable packs, Losses losses, Findings findings, int threads) {
    this.repository = repository;
    this.packs = packs;
    this.losses = losses;
    this.findings = findings;
    this.threads = threads;
  }

  /** Reads the packs; those that are not as they should be are returned, for {@link #blame}. */
  List<Id> read(Operation op, List<Id> names) {
    List<Id> suspects = new ArrayList<>();
    parallel(
        op,
        names,
        (check, pack) -> {
          PackTable.Entry expected = packs.get(pack);
          if (!check.quick(op, pack, expected).intact()) {
            synchronized (suspects) {
              suspects.add(pack);
            }
          }
          findings.advance(expected.size());
        });
    suspects.sort(null);
    return suspects;
  }

  /** Reads suspects again and reports what is wrong with each. */
  void blame(Operation op, List<Id> suspects) {
    for (int from = 0; from < suspects.size(); from += BATCH) {
      List<Id> batch = suspects.subList(from, Math.min(from + BATCH, suspects.size()));
      Map<Id, List<PackedBlob>> blobs = blobs(batch);
      parallel(
          op,
          batch,
          (check, pack) -> {
            List<PackedBlob> own = blobs.getOrDefault(pack, List.of());
            report(pack, check.thorough(op, pack, own, packs.get(pack).size()));
          });
    }
  }

  private void report(Id pack, PackCheck.Report report) {
    report.lost().forEach(blob -> losses.blob(pack, blob));
    if (findings.broken(pack)) {
      return; // its size was wrong, and that was said
    }
    if (report.intact()) {
      findings.error("pack " + pack + " was intact only when it was read a second time");
      return;
    }
    findings.brokenPack(
        pack,
        "pack "
            + pack
            + " contains "
            + report.errors().size()
            + " errors: "
            + String.join("; ", report.errors()));
  }

  private Map<Id, List<PackedBlob>> blobs(List<Id> batch) {
    Map<Id, List<PackedBlob>> blobs = new HashMap<>();
    batch.forEach(pack -> blobs.put(pack, new ArrayList<>()));
    repository
        .index()
        .forEach((BlobTable.Location copy) -> {
          List<PackedBlob> own = blobs.get(copy.pack());
          if (own != null) {
            own.add(copy.blob());
          }
        });
    blobs.values().forEach(own -> own.sort(Comparator.comparingInt(PackedBlob::offset)));
    return blobs;
  }

  /** What a worker does with a pack. */
  @FunctionalInterface
  private interface Work {
    void run(PackCheck check, Id pack);
  }

  /** The first failure that is not about a single pack stops all and is thrown. */
  private void parallel(Operation op, List<Id> names, Work work) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
    try (ExecutorService workers =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("check-", 0).factory())) {
      for (int i = 0; i < Math.min(threads, names.size()); i++) {
        workers.execute(() -> {
          try {
            PackCheck check = new PackCheck(repository);
            for (int at = next.getAndIncrement();
                at < names.size() && failed.get() == null;
                at = next.getAndIncrement()) {
              one(op, names.get(at), check, work);
            }
          } catch (Throwable e) {
            failed.compareAndSet(null, e); // else packs would pass that nobody has read
          }
        });
      }
    }
    Operation.rethrow(failed.get());
  }

  private void one(Operation op, Id pack, PackCheck check, Work work) {
    op.check();
    try {
      work.run(check, pack);
    } catch (Failure.Unreachable | Failure.Throttled e) {
      if (unreachable.incrementAndGet() > PATIENCE) {
        throw e;
      }
      findings.error("pack " + pack + " could not be read: " + e.getMessage());
    }
  }
}
