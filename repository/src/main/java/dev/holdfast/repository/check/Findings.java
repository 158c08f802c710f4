package dev.holdfast.repository.check;

import dev.holdfast.repository.Id;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Collects what is found, and tells of it. Thread-safe. */
final class Findings {

  private final CheckProgress progress;
  private final TreeSet<Id> brokenPacks = new TreeSet<>();
  private final List<Id> brokenSnapshots = new ArrayList<>();
  private int errors;
  private boolean repairIndex;
  private boolean prune;
  private boolean unindexed;
  private int orphans;

  Findings(CheckProgress progress) {
    this.progress = progress;
  }

  void step(String words) {
    progress.step(words);
  }

  void total(long items, long bytes) {
    progress.total(items, bytes);
  }

  void advance(long bytes) {
    progress.advance(1, bytes);
  }

  synchronized void error(String message) {
    errors++;
    progress.error(message);
  }

  synchronized void brokenPack(Id pack, String message) {
    brokenPacks.add(pack);
    error(message);
  }

  synchronized boolean broken(Id pack) {
    return brokenPacks.contains(pack);
  }

  synchronized void brokenSnapshot(Id snapshot, String message) {
    brokenSnapshots.add(snapshot);
    error(message);
  }

  synchronized void damagedIndex(String message) {
    repairIndex = true;
    error(message);
  }

  /** A tree needs a blob that no index has. */
  synchronized void unindexed(String message) {
    unindexed = true;
    error(message);
  }

  /** Packs that no index has: garbage, or just what an index that is lost named. */
  synchronized void orphans(int count) {
    orphans = count;
  }

  synchronized void suggestRepairIndex() {
    repairIndex = true;
  }

  synchronized void suggestPrune() {
    prune = true;
  }

  void hint(String message) {
    progress.hint(message);
  }

  synchronized int errors() {
    return errors;
  }

  synchronized CheckOutcome outcome(List<AffectedSnapshot> affected) {
    return new CheckOutcome(
        errors,
        List.copyOf(brokenPacks),
        brokenSnapshots,
        affected,
        repairIndex || (unindexed && orphans > 0),
        prune || orphans > 0);
  }
}
