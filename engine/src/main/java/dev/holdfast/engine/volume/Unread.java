package dev.holdfast.engine.volume;

import dev.holdfast.repository.backup.BackupProgress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects what could not be read, and what changed while it was. */
final class Unread implements BackupProgress {

  private final BackupProgress next;
  private final List<String> entries = Collections.synchronizedList(new ArrayList<>());
  private final List<String> changed = Collections.synchronizedList(new ArrayList<>());

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

  @Override
  public void changed(String path, String how) {
    changed.add(path + ": " + how);
  }

  /** A few words; empty if all could be read. */
  String text() {
    return Complaints.of(List.copyOf(entries));
  }

  /** A few words; empty if nothing changed while it was read. */
  String changes() {
    return Complaints.of(List.copyOf(changed));
  }
}
