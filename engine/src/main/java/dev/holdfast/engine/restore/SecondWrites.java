package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.restore.Preparation.Ready;
import dev.holdfast.engine.restore.action.Transformed;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * What follows the one write of an item, where anything does: a status that is to be restored,
 * managed fields if a server-side apply owned some, an owner that came later. All are counted, and
 * may be done twice without harm.
 */
final class SecondWrites {

  /** An object may change between a look at it and the write. */
  private static final int TRIES = 6;

  private final Cluster cluster;
  private final RunMark mark;
  private final ExistingPolicy policy;
  private final LongAdder count = new LongAdder();

  SecondWrites(Cluster cluster, RunMark mark, ExistingPolicy policy) {
    this.cluster = cluster;
    this.mark = mark;
    this.policy = policy;
  }

  long count() {
    return count.sum();
  }

  /** Status and managed fields; what the server refuses is a warning. */
  void after(Operation op, Ready wanted, ObjectNode live, Outcome outcome, List<String> warnings) {
    Transformed item = wanted.item();
    try {
      if (item.status() != null) {
        status(op, wanted, live, item.status());
      }
      if (item.applied() && outcome == Outcome.CREATED) {
        ObjectNode patch = Json.MAPPER.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata");
        metadata.set("uid", live.path("metadata").path("uid"));
        metadata.set("managedFields", item.managedFields());
        patch(op, wanted, patch);
      }
    } catch (Failure.Denied e) {
      if (e.ofEverything()) {
        throw e;
      }
      warnings.add(wanted.target() + ": " + e.describe());
    } catch (Failure.Rejected | Failure.Absent | Failure.Conflict e) {
      warnings.add(wanted.target() + ": " + e.describe());
    }
  }

  /** Looks at the object and gives it the references that it lacks. */
  void link(Operation op, Ready wanted, ArrayNode links) {
    for (int attempt = 1; ; attempt++) {
      Optional<ObjectNode> live = get(op, wanted);
      if (live.isEmpty()) {
        return;
      }
      try {
        link(op, wanted, live.get(), links);
        return;
      } catch (Failure.Conflict e) {
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  /**
   * Gives the object the references that it lacks, beside those to other owners. What this restore
   * did not make stays as it is under the policy {@code none}.
   *
   * @throws Failure.Conflict if it changed meanwhile
   */
  void link(Operation op, Ready wanted, ObjectNode live, ArrayNode links) {
    boolean ours = policy != ExistingPolicy.NONE || mark.of(live).isPresent();
    if (!ours || Links.linked(live, links)) {
      return;
    }
    ObjectNode patch = Json.MAPPER.createObjectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.set("uid", live.path("metadata").path("uid"));
    metadata.set("resourceVersion", live.path("metadata").path("resourceVersion"));
    metadata.set("ownerReferences", Links.merged(live, links));
    patch(op, wanted, patch);
  }

  private void patch(Operation op, Ready wanted, ObjectNode patch) {
    count.increment();
    var _ =
        cluster.patch(
            op,
            wanted.type(),
            wanted.target().namespace(),
            wanted.target().name(),
            PatchType.MERGE,
            Json.bytes(patch),
            WriteOptions.NONE);
  }

  private Optional<ObjectNode> get(Operation op, Ready wanted) {
    return cluster
        .get(op, wanted.type(), wanted.target().namespace(), wanted.target().name())
        .map(Target::tree);
  }

  private void status(Operation op, Ready wanted, ObjectNode live, JsonNode status) {
    count.increment();
    ObjectNode item = live;
    for (int attempt = 1; ; attempt++) {
      ObjectNode body = item.deepCopy();
      body.set("status", status);
      try {
        var _ =
            cluster.updateStatus(
                op,
                wanted.type(),
                wanted.target().namespace(),
                wanted.target().name(),
                Json.bytes(body));
        return;
      } catch (Failure.Conflict e) {
        Optional<ObjectNode> now = get(op, wanted);
        if (now.isEmpty() || attempt == TRIES) {
          throw e;
        }
        item = now.get();
      }
    }
  }
}
