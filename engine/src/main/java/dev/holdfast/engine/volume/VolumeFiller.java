package dev.holdfast.engine.volume;

import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.snapshot.RootTag;
import java.util.function.LongConsumer;

/** Writes the content of snapshots into volumes that a container mounts. */
public interface VolumeFiller {

  /**
   * Removes all files from a directory of a container, but for a {@code lost+found}.
   *
   * @throws dev.holdfast.model.Failure if something may be left
   */
  void empty(Operation op, ExecMover.Place target);

  /**
   * Puts the content of a snapshot into a directory of a container.
   *
   * @param progress told of bytes
   * @throws dev.holdfast.model.Failure if not all of it got there
   */
  void fill(
      Operation op, ExecMover.Place target, Repository repository, Id tree, LongConsumer progress);

  /**
   * Writes the content of a snapshot of a block device to a device of a container; what is beyond
   * that on a larger one stays.
   *
   * @param progress told of bytes
   * @throws dev.holdfast.model.Failure if not all of it got there
   */
  void device(
      Operation op, ExecMover.Place target, Repository repository, Id tree, LongConsumer progress);

  /**
   * Gives a directory of a container the owner, mode and, if it may, the time of the one that was
   * saved.
   *
   * @return why owner or mode could not be given; empty if they were
   */
  String dress(Operation op, ExecMover.Place target, RootTag root);
}
