package dev.holdfast.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.engine.volume.PodMover;
import dev.holdfast.engine.volume.SharedMover;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How volumes are divided among mover pods, and the order in which blocks then come. */
@org.jspecify.annotations.NullUnmarked
@Timeout(30)
class MoverSharesTest {

  private final PodMover mover = new PodMover(null, null, MoverOptions.image("image"));
  private final List<List<String>> made = new ArrayList<>();

  private static VolumeTask task(ItemKey pod, String claim, boolean exclusive) {
    return new VolumeTask(
        pod,
        "uid",
        "node",
        claim,
        "main",
        "/data",
        true,
        false,
        "",
        claim,
        "uid-" + claim,
        exclusive,
        "pv-" + claim,
        null);
  }

  private static Block block(String namespace, String name, int claims, boolean exclusive) {
    ItemKey pod = new ItemKey(Relate.PODS, namespace, name);
    List<VolumeTask> tasks = new ArrayList<>();
    for (int i = 0; i < claims; i++) {
      tasks.add(task(pod, name + "-" + i, exclusive));
    }
    return new Block(
        List.of(new Block.Pod(pod, "uid", "main", List.of(), List.of(), tasks)), List.of());
  }

  /** The node is the first letter of the pod's name, the user the second. */
  private static ObjectNode user(ItemKey pod) {
    ObjectNode user = Json.MAPPER.createObjectNode();
    user.putObject("spec")
        .put("nodeName", pod.name().substring(0, 1))
        .putObject("securityContext")
        .put("runAsUser", pod.name().charAt(1) - '0');
    return user;
  }

  private MoverShares plan(int parallel, Block... blocks) {
    return new MoverShares(parallel)
        .plan(
            List.of(blocks),
            MoverSharesTest::user,
            mover::likeness,
            members -> {
              made.add(members.stream().map(each -> each.source().claim()).toList());
              return new SharedMover(mover, null, null, null, members);
            });
  }

  @Test
  void onlyWhatIsAlikeSharesAPod() {
    MoverShares shares =
        plan(
            1,
            block("shop", "x1a", 2, false),
            block("shop", "x2b", 1, false),
            block("shop", "y1c", 1, false),
            block("mall", "x1d", 1, false),
            block("shop", "x1e", 1, true),
            block("shop", "x1f", 1, false));
    assertThat(made)
        .containsExactly(
            List.of("x1a-0", "x1a-1", "x1f-0"),
            List.of("x2b-0"),
            List.of("y1c-0"),
            List.of("x1d-0"));
    assertThat(shares.of(block("shop", "x1e", 1, true))).isEmpty();
  }

  @Test
  void asManyPodsAsBlocksAreWorkedOn() {
    var _ =
        plan(
            2,
            block("shop", "x1a", 3, false),
            block("shop", "x1b", 1, false),
            block("shop", "x1c", 1, false),
            block("shop", "x1d", 1, false));
    assertThat(made)
        .containsExactly(List.of("x1a-0", "x1a-1", "x1a-2"), List.of("x1b-0", "x1c-0", "x1d-0"));
  }

  @Test
  void noPodHasTooMany() {
    Block[] blocks = new Block[40];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block("shop", "x1-" + i, i == 0 ? 60 : 5, false);
    }
    MoverShares shares = plan(2, blocks);
    assertThat(made).allMatch(each -> each.size() <= SharedMover.MOST);
    assertThat(made.stream().mapToInt(List::size).sum()).isEqualTo(60 + 39 * 5);
    assertThat(made).hasSizeLessThanOrEqualTo(13);
    assertThat(shares.of(blocks[0])).hasSize(3);
    assertThat(shares.of(blocks[1])).hasSize(1);
  }

  @Test
  void whoeverHasABlockHasWhatItNeedsToItself() throws Exception {
    Block first = block("shop", "x1a", 1, false);
    Block same = block("shop", "x1b", 1, false);
    Block other = block("shop", "x1c", 1, false);
    Block free = block("shop", "x1d", 1, false);
    var queue =
        new BlockQueue<>(
            List.of(first, same, other, free),
            block ->
                block.equals(free) ? Set.of() : block.equals(other) ? Set.of("2") : Set.of("1"));
    assertThat(queue.take()).isEqualTo(first);
    assertThat(queue.take()).isEqualTo(other);
    assertThat(queue.take()).isEqualTo(free);
    var waiting = CompletableFuture.supplyAsync(() -> take(queue));
    queue.done(other);
    assertThat(waiting).isNotDone();
    queue.done(first);
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo(same);
    assertThat(queue.take()).isNull();
  }

  @Test
  void aFailureEndsTheWaiting() throws Exception {
    Block first = block("shop", "x1a", 1, false);
    var queue = new BlockQueue<>(List.of(first, block("shop", "x1b", 1, false)), _ -> Set.of("1"));
    assertThat(queue.take()).isEqualTo(first);
    var waiting = CompletableFuture.supplyAsync(() -> take(queue) == null);
    queue.stop();
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
  }

  private static Block take(BlockQueue<String> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
