package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Waits until new CustomResourceDefinitions are established and the API server serves them. */
final class Definitions {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final Cluster cluster;
  private final ResourceType type;
  private final Duration patience;

  Definitions(Cluster cluster, ResourceType type, Duration patience) {
    this.cluster = cluster;
    this.type = type;
    this.patience = patience;
  }

  /**
   * Waits for all of them together.
   *
   * @param names of definitions that exist
   * @param impatient receives a sentence for each that is not ready when patience ends
   * @return what the cluster serves now
   */
  Discovery await(
      Operation op, Collection<String> names, java.util.function.Consumer<String> impatient) {
    Instant end = op.now().plus(patience);
    List<String> waiting = new ArrayList<>(names);
    Duration pause = FIRST_PAUSE;
    while (true) {
      waiting.removeIf(name -> established(op, name));
      Discovery now = cluster.discover(op);
      boolean served =
          names.stream()
              .filter(name -> !waiting.contains(name))
              .allMatch(name -> now.find(GroupResource.parse(name)).isPresent());
      if (waiting.isEmpty() && served) {
        return now;
      }
      if (op.now().isAfter(end)) {
        waiting.forEach(name ->
            impatient.accept(
                "CustomResourceDefinition %s is not established after %d seconds"
                    .formatted(name, patience.toSeconds())));
        return now;
      }
      op.pause(pause);
      pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
    }
  }

  private boolean established(Operation op, String name) {
    ObjectNode definition = cluster.get(op, type, "", name).map(Target::tree).orElse(null);
    if (definition == null) {
      return false;
    }
    boolean established = false;
    boolean accepted = false;
    for (JsonNode condition : definition.path("status").path("conditions")) {
      boolean yes = condition.path("status").asText().equals("True");
      established |= yes && condition.path("type").asText().equals("Established");
      accepted |= yes && condition.path("type").asText().equals("NamesAccepted");
    }
    return established && accepted;
  }
}
