package dev.holdfast.engine.volume;

import dev.holdfast.repository.backup.BackupProgress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects what could not be read. */
final class Unread implements BackupProgress {

  /** So many are named in a message. */
  private static final int NAMED = 10;

  private final BackupProgress next;
  private final List<String> entries = Collections.synchronizedList(new ArrayList<>());

  /**
   * @param next hears of what is read
   */
  Unread(BackupProgress next) {
    this.next = next;
  }

  @Override
  public void read(long bytes) {
    next.read(bytes);
  }

  @Override
  public void failed(String path, String why) {
    entries.add(path + ": " + why);
  }

  /** A few words; empty if all could be read. */
  String text() {
    List<String> all = List.copyOf(entries);
    String head = String.join("; ", all.subList(0, Math.min(NAMED, all.size())));
    return all.size() <= NAMED ? head : head + " and " + (all.size() - NAMED) + " more";
  }
}
