package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Json;
import dev.holdfast.repository.check.AffectedSnapshot;
import dev.holdfast.repository.check.CheckOutcome;

/**
 * A check in restic's shapes: errors as lines on standard error, a summary on standard output. Its
 * member {@code affected} is ours.
 */
final class CheckJson implements CheckWatcher {

  private final Session session;

  CheckJson(Session session) {
    this.session = session;
  }

  @Override
  public synchronized void error(String message) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    session.err().println(Json.string(json.put("message_type", "error").put("message", message)));
  }

  @Override
  public void finished(CheckOutcome outcome) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("message_type", "summary").put("num_errors", outcome.errors());
    if (outcome.brokenPacks().isEmpty()) {
      json.putNull("broken_packs");
    } else {
      ArrayNode packs = json.putArray("broken_packs");
      outcome.brokenPacks().forEach(pack -> packs.add(pack.toString()));
    }
    json.put("suggest_repair_index", outcome.repairIndex()).put("suggest_prune", outcome.prune());
    if (!outcome.affected().isEmpty()) {
      ArrayNode affected = json.putArray("affected");
      outcome.affected().forEach(one -> add(affected.addObject(), one));
    }
    session.out().println(Json.string(json));
  }

  private static void add(ObjectNode json, AffectedSnapshot affected) {
    json.put("snapshot", affected.snapshot().id().toString()).put("entries", affected.entries());
    ArrayNode paths = json.putArray("paths");
    affected.paths().forEach(paths::add);
  }
}
