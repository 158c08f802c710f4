package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.PodMover;
import dev.holdfast.engine.volume.SharedMover;
import dev.holdfast.model.ItemKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which volumes of a backup go through the same mover pod: those of one namespace whose users are
 * on one node and agree in everything else that a mover's pod takes from them, such as user, groups
 * and tolerations. What a block needs of them it gets together, and there are as many pods as
 * blocks are worked on at a time, if there are so many blocks.
 */
final class MoverShares implements AutoCloseable {

  private final Map<VolumeTask, SharedMover> shares = new HashMap<>();
  private final int parallel;

  /**
   * @param parallel blocks that are worked on at a time
   */
  MoverShares(int parallel) {
    this.parallel = parallel;
  }

  /** A volume as a mover pod has it. */
  static PodMover.Source source(VolumeTask task, String claim) {
    return new PodMover.Source(
        task.pod().namespace(),
        task.pod().name(),
        task.container(),
        claim,
        task.path(),
        task.deviceFile());
  }

  /**
   * Divides the volumes of all blocks.
   *
   * @param users the pods of the backup
   * @param likeness what users must agree in, given a pod and the container that has the volume
   * @param make a mover pod
   */
  MoverShares plan(
      List<Block> blocks,
      Function<ItemKey, @Nullable ObjectNode> users,
      BiFunction<ObjectNode, String, String> likeness,
      Function<List<SharedMover.Member>, SharedMover> make) {
    Map<String, List<List<VolumeTask>>> alike = new LinkedHashMap<>();
    for (Block block : blocks) {
      Map<String, List<VolumeTask>> portions = new LinkedHashMap<>();
      for (Block.Pod pod : block.pods()) {
        ObjectNode user = users.apply(pod.key());
        for (VolumeTask task : pod.volumes()) {
          if (task.claim() != null && !task.exclusive() && user != null) {
            String key = task.pod().namespace() + " " + likeness.apply(user, task.container());
            portions.computeIfAbsent(key, _ -> new ArrayList<>()).add(task);
          }
        }
      }
      portions.forEach((key, tasks) ->
          alike.computeIfAbsent(key, _ -> new ArrayList<>()).addAll(portions(tasks)));
    }
    alike.values().forEach(portions -> divide(portions, make));
    return this;
  }

  private static List<List<VolumeTask>> portions(List<VolumeTask> tasks) {
    List<List<VolumeTask>> portions = new ArrayList<>();
    for (int from = 0; from < tasks.size(); from += SharedMover.MOST) {
      portions.add(tasks.subList(from, Math.min(tasks.size(), from + SharedMover.MOST)));
    }
    return portions;
  }

  /** Each block's volumes go where the fewest are, so that no pod has much more than others. */
  private void divide(
      List<List<VolumeTask>> portions, Function<List<SharedMover.Member>, SharedMover> make) {
    List<List<VolumeTask>> lots = new ArrayList<>();
    for (List<VolumeTask> portion : portions) {
      List<VolumeTask> least = lots.size() < parallel ? null : withRoom(lots, portion.size());
      if (least == null) {
        least = new ArrayList<>();
        lots.add(least);
      }
      least.addAll(portion);
    }
    for (List<VolumeTask> lot : lots) {
      SharedMover share = make.apply(lot.stream().map(MoverShares::member).toList());
      lot.forEach(task -> shares.put(task, share));
    }
  }

  private static @Nullable List<VolumeTask> withRoom(List<List<VolumeTask>> lots, int more) {
    return lots.stream()
        .min(Comparator.comparingInt(List::size))
        .filter(lot -> lot.size() + more <= SharedMover.MOST)
        .orElse(null);
  }

  private static SharedMover.Member member(VolumeTask task) {
    return new SharedMover.Member(source(task, String.valueOf(task.claim())), task.podUid());
  }

  /** The pod that saves a volume; null if it does not share one. */
  @Nullable SharedMover of(VolumeTask task) {
    return shares.get(task);
  }

  /** The pods that save a block's volumes. */
  Set<SharedMover> of(Block block) {
    Set<SharedMover> all = new LinkedHashSet<>();
    for (Block.Pod pod : block.pods()) {
      for (VolumeTask task : pod.volumes()) {
        SharedMover share = shares.get(task);
        if (share != null) {
          all.add(share);
        }
      }
    }
    return all;
  }

  /** Nothing of the block is to be saved any more. */
  void done(Block block) {
    for (Block.Pod pod : block.pods()) {
      for (VolumeTask task : pod.volumes()) {
        SharedMover share = shares.get(task);
        if (share != null) {
          share.leave(List.of(String.valueOf(task.claim())));
        }
      }
    }
  }

  @Override
  public void close() {
    shares.values().forEach(SharedMover::close);
  }
}
