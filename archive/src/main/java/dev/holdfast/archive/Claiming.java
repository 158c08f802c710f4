package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a run makes sure that it is alone in writing a backup.
 *
 * <p>Where the store can put if absent, one put decides. Where it cannot, and where a dead run's
 * claim is in the way, the run writes a claim of its own name, waits until a rival's would be seen,
 * and lists: whoever sees another live claim withdraws. Two rivals may both withdraw; they never
 * both stay.
 */
public final class Claiming {

  /** How long the fallback waits between its own claim and the look at the others'. */
  public static final Duration PAUSE = Duration.ofSeconds(3);

  /** What the claim needs of a store. */
  public interface Store {
    boolean conditional();

    boolean putIfAbsent(String key, byte[] body);

    void put(String key, byte[] body);

    /** Empty if the key does not exist. */
    Optional<Seen> get(String key);

    /** Every object whose key starts with the prefix. */
    List<Seen> list(String prefix);

    void delete(String key);

    void pause(Duration time);
  }

  /** An object and when the store says it was written. */
  public record Seen(String key, byte[] body, Instant modified) {}

  /**
   * @param key the key that the holder refreshes
   * @param overDead whether a dead run left something here that is to be collected
   */
  public record Held(String key, Claim claim, boolean overDead) {}

  private final Store store;
  private final BackupKeys keys;

  public Claiming(Store store, BackupKeys keys) {
    this.store = store;
    this.keys = keys;
  }

  /**
   * Takes the claim.
   *
   * @throws Failure.Conflict if the backup exists
   * @throws Failure.Locked if another live run writes it
   */
  public Held take(Claim mine, Instant now) {
    refuseExisting();
    if (store.conditional()) {
      if (store.putIfAbsent(keys.claim(), mine.toBytes())) {
        return held(keys.claim(), mine, now);
      }
      Optional<Seen> other = store.get(keys.claim());
      if (other.isPresent() && !dead(other.get(), now)) {
        throw locked(other.get());
      }
    }
    return takeByListing(mine, now);
  }

  private Held takeByListing(Claim mine, Instant now) {
    String key = keys.claim(mine.run());
    store.put(key, mine.toBytes());
    store.pause(PAUSE);
    return held(key, mine, now);
  }

  /**
   * Looks at the other claims, also after a conditional put: a rival may hold one of its own name
   * because a dead claim, collected since, was in its way.
   */
  private Held held(String key, Claim mine, Instant now) {
    List<Seen> all = store.list(keys.claimPrefix());
    @Nullable Seen rival = rival(all, key, now);
    if (rival != null) {
      store.delete(key);
      throw locked(rival);
    }
    return withdrawIfFinishedMeanwhile(new Held(key, mine, all.size() > 1));
  }

  /** The first other claim that is alive, by the store's clock as our own object shows it. */
  static @Nullable Seen rival(List<Seen> all, String ownKey, Instant now) {
    Instant storeNow =
        all.stream().filter(s -> s.key().equals(ownKey)).map(Seen::modified).findAny().orElse(now);
    return all.stream()
        .filter(s -> !s.key().equals(ownKey))
        .filter(s -> !dead(s, storeNow))
        .findFirst()
        .orElse(null);
  }

  /**
   * A claim that cannot be read, or is a newer version's, counts as live until its object is old.
   */
  private static boolean dead(Seen seen, Instant now) {
    try {
      return Claim.read(seen.body(), seen.key()).dead(seen.modified(), now);
    } catch (Failure e) {
      return seen.modified().plus(Claim.DEAD_AFTER).isBefore(now);
    }
  }

  private Held withdrawIfFinishedMeanwhile(Held held) {
    if (store.get(keys.backupJson()).isPresent()) {
      store.delete(held.key());
      throw exists();
    }
    return held;
  }

  private void refuseExisting() {
    if (store.get(keys.backupJson()).isPresent()) {
      throw exists();
    }
  }

  private Failure exists() {
    return new Failure.Conflict(
        "Backup '" + keys.backup() + "' exists already in this location",
        "choose another name, or delete it first; the existing backup was not touched",
        null);
  }

  private Failure locked(Seen other) {
    String who;
    try {
      Claim claim = Claim.read(other.body(), other.key());
      who = claim.writer() + ", run " + claim.run() + ", last seen " + claim.refreshed();
    } catch (Failure e) {
      who = "somebody whose claim cannot be read, last seen " + other.modified();
    }
    return new Failure.Locked(
        "Backup '" + keys.backup() + "' is being written by " + who,
        "wait for it, or choose another name; a writer that is gone is taken for dead an hour after"
            + " it was last seen",
        null);
  }
}
