package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.volume.PodMover.NotUsable;
import dev.holdfast.engine.volume.PodMover.Source;
import dev.holdfast.engine.volume.PodMover.Target;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One mover pod for several claims, started when the first of them is needed, and gone when the
 * last of them is saved. If it dies, only what it was saving fails, and the others get a new one.
 * If it does not run, because of one of the claims perhaps, each goes by itself. Thread-safe, but
 * one claim is saved at a time.
 */
public final class SharedMover implements AutoCloseable {

  /**
   * Claims of one pod. It takes two starts of a JVM, so that with so many they no longer count;
   * more would make it likelier that one of them keeps all from being mounted in time.
   */
  public static final int MOST = 25;

  private static final int LOOKERS = 8;

  private final PodMover movers;
  private final Cluster cluster;
  private final ResourceType pods;
  private final ResourceType claims;

  /** What is not saved yet, by claim. */
  private final Map<String, Member> left = new LinkedHashMap<>();

  private @Nullable RunningMover running;
  private @Nullable NotUsable refusal;

  /** Whether the last pod had more than one claim. */
  private boolean several;

  /** How long pods of single claims may still be waited for in vain, once the shared one was. */
  private Duration patience;

  /**
   * A claim.
   *
   * @param source of which the user is given
   * @param userUid the user's, when it was found that the claim may share a pod
   */
  public record Member(Source source, String userUid) {}

  /**
   * @param members claims of one namespace, whose {@link PodMover#likeness} is the same
   */
  public SharedMover(
      PodMover movers,
      Cluster cluster,
      ResourceType pods,
      ResourceType claims,
      List<Member> members) {
    this.movers = movers;
    this.cluster = cluster;
    this.pods = pods;
    this.claims = claims;
    this.patience = movers.options().patience();
    members.forEach(each -> left.put(each.source().claim(), each));
  }

  /** Sees to it that the pod runs, if it can; what keeps it from that is told by {@link #save}. */
  public synchronized void prepare(Operation op) {
    if (running != null || refusal != null) {
      return;
    }
    try {
      Map<String, ObjectNode> users = asBefore(op);
      List<Source> sources =
          left.values().stream()
              .map(Member::source)
              .filter(source -> users.containsKey(source.claim()))
              .toList();
      ObjectNode user = sources.isEmpty() ? null : users.get(sources.getFirst().claim());
      if (user != null) {
        several = sources.size() > 1;
        running = movers.start(op, user, sources, movers.options().patience());
      }
    } catch (NotUsable e) {
      refusal = e;
    } catch (Failure.Denied e) {
      refusal = new NotUsable(e.describe());
    }
  }

  /** Those whose user and claim are still as they were: the claim, and its user as it is now. */
  private Map<String, ObjectNode> asBefore(Operation op) {
    Map<String, ObjectNode> users = new ConcurrentHashMap<>();
    op.forEach(
        List.copyOf(left.values()).iterator(),
        LOOKERS,
        member -> {
          Source source = member.source();
          ObjectNode user = look(op, pods, source.namespace(), source.user());
          if (user != null
              && user.at("/metadata/uid").asText().equals(member.userUid())
              && mountable(op, source)) {
            users.put(source.claim(), user);
          }
        });
    return users;
  }

  /** A claim that is lost or on its way out would keep the pod waiting for ever. */
  private boolean mountable(Operation op, Source source) {
    try {
      ObjectNode claim = look(op, claims, source.namespace(), source.claim());
      return claim != null
          && claim.at("/status/phase").asText().equals("Bound")
          && !claim.at("/metadata").has("deletionTimestamp");
    } catch (Failure.Denied e) {
      return true; // the pod shows it
    }
  }

  private @Nullable ObjectNode look(
      Operation op, ResourceType type, String namespace, String name) {
    return cluster
        .get(op, type, namespace, name)
        .map(item -> Json.object(item.json(), name))
        .orElse(null);
  }

  /**
   * Saves one of the claims, which is then no longer one of them.
   *
   * @throws NotUsable if no pod can do it: another mover may
   * @throws Failure if it could not be saved; there is no snapshot
   */
  public synchronized ExecMover.Saved save(Operation op, String claim, Target target)
      throws NotUsable {
    Member member = left.get(claim);
    if (member == null) {
      throw new IllegalArgumentException("Claim " + claim + " is not one of this pod's");
    }
    Source source = member.source();
    try {
      prepare(op);
      if (running == null || !running.mounts(source)) {
        return alone(op, source, target);
      }
      try {
        return running.save(op, source, target);
      } catch (Failure e) {
        if (e instanceof Failure.Cancelled || !running.brokeIdle()) {
          throw e;
        }
      }
      stop();
      prepare(op);
      return running == null || !running.mounts(source)
          ? alone(op, source, target)
          : running.save(op, source, target);
    } catch (RuntimeException | Error e) {
      stop();
      throw e;
    } finally {
      left.remove(claim);
      if (left.isEmpty()) {
        stop();
      }
    }
  }

  /** By a pod of its own, while those that are waited for in vain are few. */
  private ExecMover.Saved alone(Operation op, Source source, Target target) throws NotUsable {
    NotUsable why = refusal;
    if (why != null && !(why.waiting() && several)) {
      throw why;
    }
    if (!mountable(op, source)) {
      throw new NotUsable("claim " + source.claim() + " is gone, lost or being deleted");
    }
    if (!patience.isPositive()) {
      throw new NotUsable("no pod of several claims ran, nor one of others of them alone");
    }
    Duration half = movers.options().patience().dividedBy(2);
    Duration now = half.compareTo(patience) < 0 ? half : patience;
    Instant start = op.now();
    try {
      return movers.save(op, source, target, now);
    } catch (NotUsable e) {
      patience = patience.minus(Duration.between(start, op.now()));
      throw e;
    }
  }

  /** Leaves out claims that will not be saved, and so removes the pod after the last one. */
  public synchronized void leave(Iterable<String> claimNames) {
    claimNames.forEach(left::remove);
    if (left.isEmpty()) {
      stop();
    }
  }

  private void stop() {
    if (running != null) {
      running.close();
      running = null;
    }
  }

  @Override
  public synchronized void close() {
    stop();
  }
}
