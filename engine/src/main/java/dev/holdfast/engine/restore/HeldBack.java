package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.restore.Preparation.Hopeless;
import dev.holdfast.engine.restore.Preparation.Prepared;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.model.ItemKey;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Keeps applications from starting on volumes that could not be filled: a database takes an empty
 * directory for its first start. What has replicas is created with none, and how many it had is
 * written on it, so that a later restore gives them back; whatever else uses such a claim, pods
 * first of all, is not created.
 */
final class HeldBack {

  private static final List<String> PODS =
      List.of("/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec");

  /** What helps where the backup has the content. */
  private static final String AGAIN = "restore again with --existing-volumes overwrite";

  /** What helps where it has not. */
  private static final String WITHOUT =
      "if it may start on an empty one, restore again with --restore-volumes=false";

  private final Set<ItemKey> claims;
  private final Set<ItemKey> empty;
  private final RunMark mark;

  /**
   * @param claims of the cluster: those whose content is not whole
   * @param empty more of them: those whose content cannot be had from the backup at all
   */
  HeldBack(Set<ItemKey> claims, Set<ItemKey> empty, RunMark mark) {
    this.claims = claims;
    this.empty = empty;
    this.mark = mark;
  }

  /** What may be created in its stead; the same if it uses none of the claims. */
  Prepared hold(Ready ready) {
    Optional<ItemKey> claim = claim(ready.target().namespace(), ready.item().item());
    if (claim.isEmpty()) {
      return ready;
    }
    String next = empty.contains(claim.get()) ? WITHOUT : AGAIN;
    return ClaimUsers.SCALED.contains(ready.target().type())
        ? stopped(ready, next)
        : new Hopeless(
            ready.number(),
            "not created: it would start on volume claim "
                + claim.get().name()
                + ", whose content was not restored; "
                + next);
  }

  /** A claim whose content is not whole and that an object's pods use. */
  Optional<ItemKey> claim(String namespace, JsonNode object) {
    return Stream.concat(claims.stream(), empty.stream())
        .filter(claim -> claim.namespace().equals(namespace))
        .filter(claim -> uses(object, claim.name()))
        .findFirst();
  }

  /** Whether pods that an object is, or makes, use a claim of its namespace. */
  static boolean uses(JsonNode item, String claim) {
    return PODS.stream().anyMatch(spec -> ClaimUsers.claims(item.at(spec)).contains(claim))
        || ClaimUsers.templated(item, claim);
  }

  private Ready stopped(Ready ready, String next) {
    ObjectNode item = ready.item().item().deepCopy();
    long replicas = item.at("/spec/replicas").asLong(1);
    if (replicas == 0) {
      return ready;
    }
    item.withObject("/spec").put("replicas", 0);
    item.withObject("/metadata/annotations")
        .put(Workloads.STOPPED, "%s %s %d".formatted(mark.run(), Workloads.CREATED, replicas));
    return new Ready(
        ready.number(),
        ready.type(),
        ready
            .item()
            .with(
                item,
                ready.target()
                    + " is restored with 0 replicas instead of "
                    + replicas
                    + ", because a volume of it is not whole: "
                    + next
                    + ", or give it back its replicas with kubectl scale"));
  }
}
