package dev.holdfast.engine.backup;

import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Claim;
import dev.holdfast.archive.Claiming;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * This run's claim on the backup's name: taken before anything is written, refreshed in the
 * background until it is closed, looked at again before the backup is made to exist.
 */
final class RunClaim implements AutoCloseable {

  private final Operation op;
  private final ObjectStore store;
  private final BackupKeys keys;
  private final String key;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Claim claim;
  private volatile boolean lost;

  private RunClaim(Operation op, ObjectStore store, BackupKeys keys, Claiming.Held held) {
    this.op = op;
    this.store = store;
    this.keys = keys;
    this.key = held.key();
    this.claim = held.claim();
  }

  /**
   * @param writer {@code holdfast/VERSION}
   * @throws Failure.Conflict if the backup exists
   * @throws Failure.Locked if another live run writes it
   */
  static RunClaim take(Operation op, ObjectStore store, BackupKeys keys, String writer) {
    String run = new UUID(op.random().nextLong(), op.random().nextLong()).toString();
    Claim mine = Claim.create(run, writer + " pid " + ProcessHandle.current().pid(), op.now());
    var held = new Claiming(new ClaimStore(op, store), keys).take(mine, op.now());
    var claim = new RunClaim(op, store, keys, held);
    if (held.overDead()) {
      claim.deleteAllButClaim(op);
    }
    Thread.ofVirtual().name("claim " + keys.backup()).start(claim::keepFresh);
    return claim;
  }

  String run() {
    return claim.run();
  }

  private void keepFresh() {
    try {
      while (!closed.await(Claim.REFRESH_EVERY.toSeconds(), TimeUnit.SECONDS)) {
        refresh();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Once others may have taken this claim for dead it is never refreshed again: a machine that
   * slept for hours must not come back into a backup that somebody else has written meanwhile.
   */
  void refresh() {
    if (claim.lapsed(op.now())) {
      lost = true;
    }
    if (lost) {
      return;
    }
    Claim fresh = claim.refreshed(op.now());
    try {
      store.put(op, key, fresh.toBytes(), ObjectStore.PutOptions.NONE);
      if (claim.lapsed(op.now())) {
        lost = true; // it slept on the way
        store.delete(op, key);
        return;
      }
      claim = fresh;
    } catch (RuntimeException | Error e) {
      // Tried again next time; if it fails for too long, requireFresh() ends the run.
    }
  }

  /**
   * Returns if nobody can have taken this claim for dead.
   *
   * @throws Failure.Locked otherwise
   */
  void requireFresh() {
    if (lost || claim.lapsed(op.now())) {
      throw new Failure.Locked(
          "The claim on backup '" + keys.backup() + "' could not be refreshed for too long",
          "another run may be writing this backup now; nothing more was written, start again with"
              + " another name",
          null);
    }
  }

  /**
   * Returns if the stored claim is still this run's.
   *
   * @throws Failure.Locked otherwise
   */
  void requireHeld() {
    requireFresh();
    var seen = new ClaimStore(op, store).get(key);
    if (seen.isEmpty() || !Claim.read(seen.get().body(), key).run().equals(claim.run())) {
      throw new Failure.Locked(
          "Another run has taken over backup '" + keys.backup() + "'",
          "this run ends without making the backup exist",
          null);
    }
  }

  /** Deletes all that this run wrote, the claim last, unless the backup exists by now. */
  void withdraw(Operation cleanup) {
    if (store.head(cleanup, keys.backupJson()).isEmpty()) {
      deleteAllButClaim(cleanup);
      store.delete(cleanup, key);
    }
  }

  private void deleteAllButClaim(Operation cleanup) {
    List<String> left = new ArrayList<>();
    store.listAll(cleanup, keys.root(), meta -> left.add(meta.key()));
    left.remove(key);
    left.forEach(other -> store.delete(cleanup, other));
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
