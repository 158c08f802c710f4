package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.restore.action.ItemTransform;
import dev.holdfast.model.Names;
import java.util.Optional;

/**
 * How an object says which run of which restore made it what it is: the label {@code
 * velero.io/restore-name}, and the annotation {@code holdfast.dev/restore-run} with the run and
 * what it did. A run that was killed thereby knows its own objects again, whatever its journal
 * missed.
 *
 * @param run a UUID, the same for all attempts of one restore
 */
record RunMark(String restore, String run) {

  static final String ANNOTATION = ItemTransform.RUN_ANNOTATION;

  /** Puts the mark on an object that is about to be written. */
  void put(ObjectNode item, Outcome outcome) {
    item.withObject("/metadata").withObject("/annotations").put(ANNOTATION, value(outcome));
  }

  String value(Outcome outcome) {
    return run + " " + outcome.text();
  }

  /** What this run did to an object of the cluster; empty if it did not touch it. */
  Optional<Outcome> of(JsonNode live) {
    JsonNode metadata = live.path("metadata");
    String label = metadata.path("labels").path(ItemTransform.RESTORE_LABEL).asText();
    String mark = metadata.path("annotations").path(ANNOTATION).asText();
    if (!label.equals(Names.toLabelValue(restore)) || !mark.startsWith(run + " ")) {
      return Optional.empty();
    }
    return Optional.of(Outcome.of(mark.substring(run.length() + 1)));
  }
}
