package dev.holdfast.repository.check;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Checks a repository whose index is not loaded yet, as restic's {@code check} does: the index, the
 * packs that it names, every tree of every snapshot, and if asked for every byte of packs. Goes on
 * after errors, and names the snapshots and files that they touch. Memory: the index, 150 bytes a
 * pack, 50 bytes a tree. The caller holds an exclusive lock, or accepts that what others write
 * meanwhile looks like damage.
 */
public final class RepositoryCheck {

  private final Repository repository;
  private final PackSubset subset;
  private final int threads;
  private final Findings findings;
  private final Losses losses;

  /**
   * @param threads that read packs at the same time; each needs some 10 MiB
   */
  public RepositoryCheck(
      Repository repository, PackSubset subset, int threads, CheckProgress progress) {
    this.repository = repository;
    this.subset = subset;
    this.threads = threads;
    this.findings = new Findings(progress);
    this.losses = new Losses(repository.index());
  }

  /** Checks the whole repository. */
  public CheckOutcome run(Operation op) {
    return run(op, null);
  }

  /**
   * Checks.
   *
   * @param wanted the snapshots whose trees and packs are checked; null for all, and for packs that
   *     no snapshot uses, too
   */
  public CheckOutcome run(Operation op, @Nullable Predicate<SavedSnapshot> wanted) {
    keys(op);
    List<SavedSnapshot> snapshots = snapshots(op, wanted);
    findings.step("load indexes");
    IndexCheck index = new IndexCheck(repository);
    index.run(op);
    judge(index);
    if (!index.damaged().isEmpty()) {
      // Whatever that index names would look lost.
      return findings.outcome(List.of());
    }
    findings.step("check all packs");
    Map<Id, Long> listed = listed(op);
    List<Id> suspects = compare(index.packs(), listed);
    findings.step("check snapshots, trees and blobs");
    findings.total(snapshots.size(), 0);
    StructureCheck structure = new StructureCheck(repository, findings, wanted != null);
    for (SavedSnapshot snapshot : snapshots) {
      structure.run(op, snapshot.tree());
      findings.advance(0);
    }
    suspects.addAll(structure.suspects());
    data(op, index.packs(), structure.usedPacks(), suspects.stream().distinct().toList());
    return findings.outcome(findings.errors() == 0 ? List.of() : affected(op, snapshots));
  }

  /** The one that opened the repository is good; another one's password may be in use elsewhere. */
  private void keys(Operation op) {
    for (Id id : Repository.names(op, repository.store(), RepositoryKeys.KEYS)) {
      try (InputStream in = repository.store().get(op, RepositoryKeys.KEYS + id)) {
        if (!Id.hash(in.readAllBytes()).equals(id)) {
          findings.error("key " + id + ": its content does not match its name");
        }
      } catch (Failure.Absent e) {
        // removed since it was listed
      } catch (IOException e) {
        findings.error("key " + id + " could not be read: " + e.getMessage());
      }
    }
  }

  private List<SavedSnapshot> snapshots(Operation op, @Nullable Predicate<SavedSnapshot> wanted) {
    Map<Id, SavedSnapshot> found = new TreeMap<>();
    op.forEach(
        Repository.names(op, repository.store(), RepositoryKeys.SNAPSHOTS).iterator(),
        8,
        id -> {
          try {
            SavedSnapshot saved = new SavedSnapshot(id, repository.snapshot(op, id));
            if (wanted == null || wanted.test(saved)) {
              synchronized (found) {
                found.put(id, saved);
              }
            }
          } catch (Failure.Corrupt e) {
            findings.brokenSnapshot(id, "snapshot " + id + ": " + e.getMessage());
          } catch (Failure.Absent e) {
            // forgotten since it was listed
          }
        });
    return List.copyOf(found.values());
  }

  private void judge(IndexCheck index) {
    boolean repeated = false;
    boolean mixed = false;
    for (Id pack : index.packs().names()) {
      PackTable.Entry entry = index.packs().get(pack);
      if (entry.differs()) {
        findings.brokenPack(pack, "pack " + pack + " has different data in indexes");
      } else if (entry.repeated()) {
        findings.hint("pack " + pack + " contained in several indexes");
        findings.suggestRepairIndex();
        repeated = true;
      }
      if (entry.mixed()) {
        findings.hint("pack " + pack.shortText() + " contains a mix of tree and data blobs");
        findings.suggestPrune();
        mixed = true;
      }
    }
    if (repeated) {
      findings.hint("Duplicate packs are non-critical: holdfast repo repair index corrects this.");
    }
    if (mixed) {
      findings.hint("Mixed packs are non-critical: holdfast repo prune corrects this.");
    }
    index
        .damaged()
        .forEach((id, why) -> findings.damagedIndex("error loading index " + id + ": " + why));
  }

  private Map<Id, Long> listed(Operation op) {
    Map<Id, Long> sizes = new HashMap<>();
    repository
        .store()
        .listAll(
            op,
            RepositoryKeys.PACKS,
            meta -> {
              String name = meta.key().substring(meta.key().lastIndexOf('/') + 1);
              if (Id.isHex(name)) {
                sizes.put(Id.parse(name), meta.size());
              }
            });
    return sizes;
  }

  /** Packs of the wrong size are returned, to be read. */
  private List<Id> compare(PackTable index, Map<Id, Long> listed) {
    List<Id> suspects = new ArrayList<>();
    for (Id pack : index.names()) {
      Long size = listed.remove(pack);
      long expected = index.get(pack).size();
      if (size == null) {
        losses.pack(pack);
        findings.brokenPack(pack, "pack " + pack + ": does not exist");
      } else if (size != expected) {
        suspects.add(pack);
        findings.brokenPack(
            pack,
            "pack " + pack + ": unexpected file size: got " + size + ", expected " + expected);
      }
    }
    if (!listed.isEmpty()) {
      findings.orphans(listed.size());
      if (findings.errors() == 0) {
        findings.hint(
            listed.size()
                + " additional files were found in the repo, which likely contain duplicate data."
                + " This is non-critical: holdfast repo prune corrects this.");
      }
    }
    return suspects;
  }

  private void data(Operation op, PackTable packs, @Nullable Set<Id> used, List<Id> suspects) {
    DataCheck data = new DataCheck(repository, packs, losses, findings, threads);
    List<Id> wanted = new ArrayList<>();
    for (Id pack : packs.names()) {
      if ((used == null || used.contains(pack)) && !losses.missing(pack)) {
        wanted.add(pack);
      }
    }
    List<Id> chosen = subset.select(wanted, pack -> packs.get(pack).size(), op.random());
    List<Id> damaged = new ArrayList<>(suspects);
    if (!(subset instanceof PackSubset.None)) {
      findings.step(words(wanted.size(), chosen.size(), used != null));
      findings.total(
          chosen.size(), chosen.stream().mapToLong(pack -> packs.get(pack).size()).sum());
      List<Id> unread = new ArrayList<>(chosen);
      unread.removeAll(Set.copyOf(suspects));
      damaged.addAll(data.read(op, unread));
    }
    data.blame(op, damaged);
  }

  private String words(int all, int chosen, boolean filtered) {
    String data = filtered ? "filtered data" : "data";
    return switch (subset) {
      case PackSubset.None() -> "";
      case PackSubset.All() -> "read all " + data;
      case PackSubset.Group(int number, int groups) ->
          "read group #%d of %d %s packs (out of total %d packs in %d groups)"
              .formatted(number, chosen, data, all, groups);
      case PackSubset.Percent(double percent) ->
          String.format(java.util.Locale.ROOT, "read %.1f%% of %s packs", percent, data);
      case PackSubset.Bytes(long bytes) -> "read " + bytes + " bytes of " + data + " packs";
    };
  }

  private List<AffectedSnapshot> affected(Operation op, List<SavedSnapshot> snapshots) {
    AffectedSearch search = new AffectedSearch(repository, losses);
    List<AffectedSnapshot> affected = new ArrayList<>();
    for (SavedSnapshot snapshot : snapshots) {
      search.of(op, snapshot).ifPresent(affected::add);
    }
    affected.sort(java.util.Comparator.comparing(one -> one.snapshot().time()));
    return affected;
  }
}
