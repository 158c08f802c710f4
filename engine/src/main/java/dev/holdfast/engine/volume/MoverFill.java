package dev.holdfast.engine.volume;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Execution;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.snapshot.RootTag;
import dev.holdfast.repository.tar.TreeTar;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Fills volumes through {@code holdfast mover} in a pod with its image: it needs neither sh nor tar
 * there, sets all attributes that the user of the pod may set, and names what it could not write.
 */
public final class MoverFill implements VolumeFiller {

  private final Cluster cluster;
  private final List<String> command;

  /**
   * @param command the program in the image, without {@code mover}
   */
  public MoverFill(Cluster cluster, List<String> command) {
    this.cluster = cluster;
    this.command = List.copyOf(command);
  }

  private Execution run(Operation op, ExecMover.Place place, boolean stdin, String what) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("mover", what, place.path()));
    return cluster.exec(op, place.request(words, stdin));
  }

  @Override
  public void empty(Operation op, ExecMover.Place target) {
    try (Execution execution = run(op, target, false, "--empty")) {
      proven(execution);
    }
  }

  @Override
  public void fill(
      Operation op, ExecMover.Place target, Repository repository, Id tree, LongConsumer progress) {
    try (Execution execution = run(op, target, true, "--fill")) {
      CommandInput.send(
          op,
          execution,
          in -> new TreeTar(repository, progress).write(op, tree, in),
          () -> proven(execution));
    }
  }

  @Override
  public void device(
      Operation op, ExecMover.Place target, Repository repository, Id tree, LongConsumer progress) {
    SavedDevice saved = new SavedDevice(op, repository, tree);
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("mover", "--write", String.valueOf(saved.size()), target.path()));
    try (Execution execution = cluster.exec(op, target.request(words, true))) {
      CommandInput.send(
          op, execution, in -> saved.write(op, in, progress), () -> proven(execution));
    }
  }

  @Override
  public String dress(Operation op, ExecMover.Place target, RootTag root) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("mover", "--dress", root.toString(), target.path()));
    try (Execution execution = cluster.exec(op, target.request(words, false))) {
      return execution.exit() == 0 ? "" : execution.errors().strip();
    } catch (Failure.Rejected e) {
      return e.describe();
    }
  }

  private static void proven(Execution execution) {
    int exit = execution.exit();
    if (exit != 0) {
      throw new Failure.Unreachable(
          "the mover ended with exit status " + exit + ": " + Complaints.of(execution.errors()),
          null,
          null);
    }
  }
}
